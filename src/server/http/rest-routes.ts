/** Which operation a method and a path name (A2A 11.3, and the annotations of `a2a.proto`). Pure. */
import type { StreamName, UnaryName } from "./operations.ts";

export type RestRoute = {
  readonly operation: UnaryName | StreamName;
  /** Parameters that stand in the path. */
  readonly params: { readonly [name: string]: string };
};

/** The operation at a path below the agent's; null when there is none. `tenant` may stand before all paths. */
export function matchRoute(method: string, path: string): RestRoute | null {
  const segments = path.split("/").slice(1);
  const route = match(method, segments);
  if (route !== null) return route;
  const [tenant = "", ...rest] = segments;
  const below = tenant === "" ? null : match(method, rest);
  return below === null ? null : { ...below, params: { ...below.params, tenant: decoded(tenant) } };
}

function match(method: string, [first, second, third, fourth, ...more]: readonly string[]): RestRoute | null {
  if (more.length > 0) return null;
  if (second === undefined) return matchTop(`${method} ${first}`);
  if (first !== "tasks" || second === "") return null;
  if (third === undefined) return matchTask(method, second);
  return third === "pushNotificationConfigs" ? matchPush(method, decoded(second), fourth) : null;
}

function matchTop(named: string): RestRoute | null {
  const operation = TOP.get(named);
  return operation === undefined ? null : { operation, params: {} };
}

const TOP: ReadonlyMap<string, RestRoute["operation"]> = new Map([
  ["POST message:send", "SendMessage"],
  ["POST message:stream", "SendStreamingMessage"],
  ["GET tasks", "ListTasks"],
  ["GET extendedAgentCard", "GetExtendedAgentCard"],
]);

function matchTask(method: string, segment: string): RestRoute | null {
  // An id may hold a colon itself.
  const [, id = "", verb = ""] = /^(.+):([a-z]+)$/.exec(segment) ?? [];
  const operation = ON_TASK.get(`${method} ${verb}`);
  if (operation !== undefined) return { operation, params: { id: decoded(id) } };
  return method === "GET" ? { operation: "GetTask", params: { id: decoded(segment) } } : null;
}

const ON_TASK: ReadonlyMap<string, RestRoute["operation"]> = new Map([
  ["POST cancel", "CancelTask"],
  // GET in the specification's data model, POST in its text: both are served.
  ["GET subscribe", "SubscribeToTask"],
  ["POST subscribe", "SubscribeToTask"],
]);

function matchPush(method: string, taskId: string, config: string | undefined): RestRoute | null {
  if (config === undefined) {
    if (method === "POST") return { operation: "CreateTaskPushNotificationConfig", params: { taskId } };
    return method === "GET" ? { operation: "ListTaskPushNotificationConfigs", params: { taskId } } : null;
  }
  const params = { taskId, id: decoded(config) };
  if (config === "") return null;
  if (method === "GET") return { operation: "GetTaskPushNotificationConfig", params };
  return method === "DELETE" ? { operation: "DeleteTaskPushNotificationConfig", params } : null;
}

/** A segment that is no text in UTF-8 is taken as it is, and names nothing. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
