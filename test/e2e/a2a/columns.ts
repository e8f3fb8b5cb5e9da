/**
 * The bindings of A2A as columns of one table: each takes an operation with its parameters as JSON, and
 * says what came of it in the same words (A2A 5.1). Another binding is another column.
 */
import { overGrpc } from "./grpc/column.ts";
import { eventsIn, HEADERS } from "./http/harness.ts";

type Params = { readonly [name: string]: unknown };

/** A row's request. */
export type Request = {
  readonly operation: string;
  readonly params: Params;
  /** Service parameters; version 1.0 when absent. */
  readonly service?: { readonly [name: string]: string };
};

/** What came of it: an error by the binding's own code, or what the operation gave, streams as their events. */
export type Outcome =
  | { readonly kind: "error"; readonly code: number | string; readonly reason: string; readonly fields: readonly string[] }
  | { readonly kind: "result"; readonly result: unknown }
  | { readonly kind: "events"; readonly events: readonly { readonly id: string | undefined; readonly event: unknown }[] };

export type Column = {
  readonly name: "JSON-RPC" | "HTTP+JSON" | "gRPC";
  /** `onEvent` is called as the events of a stream come. */
  readonly call: (url: string, request: Request, onEvent?: () => void) => Promise<Outcome>;
};

/** The codes of A2A 5.4 (v1.0.1), and those of the bindings themselves: by the reason of the ErrorInfo. */
export const CODES: { readonly [reason: string]: { readonly [name in Column["name"]]: number | string } } = {
  TASK_NOT_FOUND: { "JSON-RPC": -32001, "HTTP+JSON": 404, gRPC: "NOT_FOUND" },
  TASK_NOT_CANCELABLE: { "JSON-RPC": -32002, "HTTP+JSON": 400, gRPC: "FAILED_PRECONDITION" },
  PUSH_NOTIFICATION_NOT_SUPPORTED: { "JSON-RPC": -32003, "HTTP+JSON": 400, gRPC: "FAILED_PRECONDITION" },
  UNSUPPORTED_OPERATION: { "JSON-RPC": -32004, "HTTP+JSON": 400, gRPC: "FAILED_PRECONDITION" },
  CONTENT_TYPE_NOT_SUPPORTED: { "JSON-RPC": -32005, "HTTP+JSON": 400, gRPC: "INVALID_ARGUMENT" },
  INVALID_AGENT_RESPONSE: { "JSON-RPC": -32006, "HTTP+JSON": 500, gRPC: "INTERNAL" },
  EXTENDED_AGENT_CARD_NOT_CONFIGURED: { "JSON-RPC": -32007, "HTTP+JSON": 400, gRPC: "FAILED_PRECONDITION" },
  EXTENSION_SUPPORT_REQUIRED: { "JSON-RPC": -32008, "HTTP+JSON": 400, gRPC: "FAILED_PRECONDITION" },
  VERSION_NOT_SUPPORTED: { "JSON-RPC": -32009, "HTTP+JSON": 400, gRPC: "FAILED_PRECONDITION" },
  INVALID_PARAMS: { "JSON-RPC": -32602, "HTTP+JSON": 400, gRPC: "INVALID_ARGUMENT" },
  INTERNAL_ERROR: { "JSON-RPC": -32603, "HTTP+JSON": 500, gRPC: "INTERNAL" },
};

type Detail = { readonly "@type": string; readonly reason?: string; readonly fieldViolations?: readonly { readonly field: string }[] };

function errorOf(code: number | string, details: readonly Detail[]): Outcome {
  const fields = details.flatMap(({ fieldViolations = [] }) => fieldViolations.map(({ field }) => field));
  return { kind: "error", code, reason: details.find(({ reason }) => reason !== undefined)?.reason ?? "", fields };
}

const isStream = ({ headers }: Response): boolean => headers.get("content-type")?.startsWith("text/event-stream") === true;

async function eventsOf(answer: Response, toEvent: (data: unknown) => unknown, onEvent: () => void): Promise<Outcome> {
  const events = [];
  for await (const { id, data } of eventsIn(answer)) {
    if (data === undefined) continue;
    events.push({ id, event: toEvent(data) });
    onEvent();
  }
  return { kind: "events", events };
}

const nobody = (): void => undefined;

const overJsonRpc: Column["call"] = async (url, { operation, params, service = {} }, onEvent = nobody) => {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: operation, params });
  const answer = await fetch(url, { method: "POST", headers: { ...HEADERS, ...service }, body });
  if (isStream(answer)) return eventsOf(answer, (data) => (data as { readonly result: unknown }).result, onEvent);
  const { error, result } = (await answer.json()) as {
    readonly error?: { readonly code: number; readonly data?: readonly Detail[] };
    readonly result?: unknown;
  };
  return error === undefined ? { kind: "result", result } : errorOf(error.code, error.data ?? []);
};

/** Where an operation is: `{id}` and the like are taken from the parameters. */
const PATHS: { readonly [operation: string]: readonly [method: string, path: string] } = {
  SendMessage: ["POST", "/message:send"],
  SendStreamingMessage: ["POST", "/message:stream"],
  GetTask: ["GET", "/tasks/{id}"],
  ListTasks: ["GET", "/tasks"],
  CancelTask: ["POST", "/tasks/{id}:cancel"],
  SubscribeToTask: ["GET", "/tasks/{id}:subscribe"],
  CreateTaskPushNotificationConfig: ["POST", "/tasks/{taskId}/pushNotificationConfigs"],
  GetTaskPushNotificationConfig: ["GET", "/tasks/{taskId}/pushNotificationConfigs/{id}"],
  ListTaskPushNotificationConfigs: ["GET", "/tasks/{taskId}/pushNotificationConfigs"],
  DeleteTaskPushNotificationConfig: ["DELETE", "/tasks/{taskId}/pushNotificationConfigs/{id}"],
  GetExtendedAgentCard: ["GET", "/extendedAgentCard"],
};

const overRest: Column["call"] = async (url, { operation, params, service = {} }, onEvent = nobody) => {
  const [method, path] = PATHS[operation] ?? ["GET", "/"];
  const named = new Set<string>();
  const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => {
    named.add(name);
    return encodeURIComponent(String(params[name]));
  });
  const rest = Object.entries(params).filter(([name]) => !named.has(name));
  const query = new URLSearchParams(rest.map(([name, value]): [string, string] => [name, String(value)]));
  const answer = await fetch(method === "POST" ? url + filled : `${url}${filled}?${query.toString()}`, {
    method,
    headers: { ...HEADERS, ...service },
    ...(method === "POST" ? { body: JSON.stringify(Object.fromEntries(rest)) } : {}),
  });
  if (isStream(answer)) return eventsOf(answer, (data) => data, onEvent);
  const body = (await answer.json()) as { readonly error?: { readonly code: number; readonly details: readonly Detail[] } };
  return body.error === undefined ? { kind: "result", result: body } : errorOf(body.error.code, body.error.details);
};

export const COLUMNS: readonly Column[] = [
  { name: "JSON-RPC", call: overJsonRpc },
  { name: "HTTP+JSON", call: overRest },
  { name: "gRPC", call: overGrpc },
];
