/** Requests of every kind of nonsense, and requests that are nearly right, for servers of A2A over HTTP. */
import * as fc from "fast-check";

export type RandomRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string | null;
};

/** Known to the server that is asked: what mutated requests may name. */
export type KnownIds = { readonly completed: string; readonly asking: string };

const MESSAGE = {
  messageId: "m-1",
  role: "ROLE_USER",
  parts: [{ text: "hi" }, { data: { n: 1 } }, { raw: "AAEC", mediaType: "image/png" }, { url: "https://here.example/a" }],
  metadata: { operation: "echo", skill: "echo", ttl_ms: 1000, hop_count: 1 },
  extensions: ["urn:x"],
  referenceTaskIds: [],
};
const LEGACY_MESSAGE = {
  kind: "message",
  messageId: "m-2",
  role: "user",
  parts: [{ kind: "text", text: "hi" }],
  metadata: { operation: "echo" },
};
const HOOK = { id: "c1", url: "https://hooks.example/in", token: "t", authentication: { scheme: "Bearer", credentials: "s" } };

/** Requests that a server takes, as parameters of JSON-RPC and as bodies. */
function validParams({ completed, asking }: KnownIds): readonly (readonly [method: string, params: object])[] {
  return [
    [
      "SendMessage",
      { message: MESSAGE, configuration: { historyLength: 3, returnImmediately: true, acceptedOutputModes: ["text/plain"] } },
    ],
    ["SendMessage", { message: { ...MESSAGE, taskId: asking, metadata: { question_id: "q_1" } } }],
    ["SendStreamingMessage", { message: MESSAGE, configuration: { taskPushNotificationConfig: HOOK } }],
    ["GetTask", { id: completed, historyLength: 2 }],
    [
      "ListTasks",
      {
        contextId: "c",
        status: "TASK_STATE_COMPLETED",
        pageSize: 5,
        pageToken: "",
        statusTimestampAfter: "2026-01-01T00:00:00Z",
        includeArtifacts: true,
      },
    ],
    ["CancelTask", { id: completed, metadata: { reason: "x" } }],
    ["SubscribeToTask", { id: asking }],
    ["CreateTaskPushNotificationConfig", { taskId: asking, ...HOOK }],
    ["GetTaskPushNotificationConfig", { taskId: asking, id: "c1" }],
    ["ListTaskPushNotificationConfigs", { taskId: asking, pageSize: 2, pageToken: "" }],
    ["DeleteTaskPushNotificationConfig", { taskId: asking, id: "c1" }],
    ["GetExtendedAgentCard", {}],
    ["message/send", { message: LEGACY_MESSAGE, configuration: { blocking: true, historyLength: 2 } }],
    ["message/stream", { message: LEGACY_MESSAGE }],
    ["tasks/get", { id: completed, historyLength: 1 }],
    ["tasks/cancel", { id: completed }],
    ["tasks/resubscribe", { id: asking }],
    ["tasks/pushNotificationConfig/set", { taskId: asking, pushNotificationConfig: HOOK }],
    ["tasks/pushNotificationConfig/get", { id: asking, pushNotificationConfigId: "c1" }],
    ["agent/getAuthenticatedExtendedCard", {}],
  ];
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const strange: fc.Arbitrary<Json> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
  fc.constantFrom<Json>(
    "",
    null,
    -1,
    1e308,
    2 ** 53,
    "\u0000",
    "__proto__",
    "constructor",
    "../..",
    "ROLE_AGENT",
    "TASK_STATE_WORKING",
    "\ud800",
    [],
    {},
  ),
  fc.nat({ max: 200_000 }).map((length) => "x".repeat(length)),
);

/** The value with something in it taken away, changed, or put where nobody expects it. */
function mutated(value: unknown, seed: readonly number[], gift: Json): unknown {
  const [first = 0, ...rest] = seed;
  if (rest.length === 0 || typeof value !== "object" || value === null) return first % 3 === 0 ? undefined : gift;
  const keys = Object.keys(value);
  const key = first % 5 === 0 ? `k${first}` : (keys[first % Math.max(1, keys.length)] ?? "x");
  const entry = (value as { readonly [name: string]: unknown })[key];
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === key ? mutated(item, rest, gift) : (item as unknown)));
  return { ...value, [key]: mutated(entry, rest, gift) };
}

const mutation = fc.record({ seed: fc.array(fc.nat(60), { minLength: 1, maxLength: 5 }), gift: strange });

const nonsense: fc.Arbitrary<string> = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc.string({ maxLength: 200 }),
  fc.nat({ max: 30_000 }).map((depth) => "[".repeat(depth)),
  fc.nat({ max: 30_000 }).map((depth) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`),
);

const version = fc.oneof(
  { weight: 4, arbitrary: fc.constant("1.0") },
  { weight: 2, arbitrary: fc.constantFrom("1.0.1", "0.3", "0.3", "2.0", "", "x") },
);
const token = fc.string({ unit: fc.constantFrom(...Array.from("abcXYZ019 ;,=/.:_-*\"'(){}")), maxLength: 60 });
const strangeHeaders = fc.record(
  {
    "a2a-version": version,
    "content-type": fc.constantFrom(
      "application/json",
      "application/json",
      "application/a2a+json",
      "application/json; charset=latin1",
      "text/plain",
      "",
    ),
    "a2a-extensions": token,
    "last-event-id": fc.oneof(fc.constantFrom("0.0", "1.0", "999999.1", "-1.0", "1.0.0"), token),
    authorization: fc.oneof(fc.constant("Bearer x"), token),
    traceparent: fc.oneof(fc.constant("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), token),
    accept: fc.constantFrom("text/event-stream", "text/html", "*/*"),
    "if-none-match": token,
    "if-modified-since": token,
    "content-encoding": fc.constantFrom("identity", "gzip", "x"),
  },
  { requiredKeys: ["content-type"] },
);
/** Mostly those of a client that means well: what they let through is looked at further. */
const headers: fc.Arbitrary<RandomRequest["headers"]> = fc.oneof(
  { weight: 5, arbitrary: version.map((spoken) => ({ "content-type": "application/json", "a2a-version": spoken })) },
  { weight: 1, arbitrary: strangeHeaders },
);

/** Paths of HTTP+JSON in both versions, of cards, and of nothing. */
function paths({ completed, asking }: KnownIds): fc.Arbitrary<string> {
  const id = fc.oneof(fc.constantFrom(completed, asking, "none", "..", "%2e%2e", "%00", "a".repeat(3_000), "%zz", "%ff"), fc.webSegment());
  const prefix = fc.constantFrom("", "", "", "/acme", "/agents/target", "/workflows/report", "/v1", "/agents/target/v1", "/../x", "//");
  const tail = fc.oneof(
    fc.constantFrom(
      "/message:send",
      "/message:stream",
      "/tasks",
      "/extendedAgentCard",
      "/.well-known/agent-card.json",
      "/.well-known/agent.json",
      "/",
      "",
      "/card",
    ),
    fc
      .tuple(id, fc.constantFrom("", ":cancel", ":subscribe", ":fly", "/pushNotificationConfigs", "/pushNotificationConfigs/c1"))
      .map(([task, end]) => `/tasks/${task}${end}`),
    fc.webPath(),
  );
  const query = fc.oneof(
    fc.constant(""),
    fc.constantFrom(
      "?pageSize=5",
      "?pageSize=x",
      "?status=TASK_STATE_FAILED",
      "?historyLength=-1",
      "?tenant=..",
      "?A2A-Version=1.0",
      "?A2A-Version=%00",
      "?a=%zz",
    ),
    fc.webQueryParameters().map((text) => `?${text}`),
  );
  return fc.tuple(prefix, tail, query).map((parts) => parts.join(""));
}

export function randomRequest(known: KnownIds): fc.Arbitrary<RandomRequest> {
  const valid = validParams(known);
  const params = fc.tuple(fc.nat(valid.length - 1), fc.option(mutation, { freq: 4 }), fc.nat()).map(([index, change, number]) => {
    const [method, given] = valid[index] ?? ["GetTask", {}];
    // An id of its own, so that most messages make a task.
    const fresh = JSON.parse(JSON.stringify(given).replace(/"m-[12]"/, `"m-${number}"`)) as object;
    return [method, change === null ? fresh : mutated(fresh, change.seed, change.gift)] as const;
  });
  const envelope = fc.tuple(params, fc.option(mutation, { freq: 2 })).map(([[method, given], change]) => {
    const whole = { jsonrpc: "2.0", id: 1, method, params: given };
    return JSON.stringify(change === null ? whole : mutated(whole, change.seed, change.gift)) ?? "";
  });
  const overRpc = fc.record({
    method: fc.constant("POST"),
    path: fc.constantFrom("/", "", "/agents/target", "/workflows/report/", "/?tenant=x"),
    headers,
    body: fc.oneof({ weight: 4, arbitrary: envelope }, { weight: 1, arbitrary: nonsense }),
  });
  const right = params.map(([operation, given]) => ({ ...placeOf(operation, known), given }));
  const nearlyRight = fc.tuple(right, headers).map(([{ method, path, given }, sent]): RandomRequest => {
    return { method, path, headers: sent, body: method === "POST" ? (JSON.stringify(given) ?? "") : null };
  });
  const anything = fc.record({
    method: fc.constantFrom("GET", "GET", "POST", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD"),
    path: paths(known),
    headers,
    body: fc.option(nonsense, { freq: 4 }),
  });
  return fc.oneof({ weight: 3, arbitrary: overRpc }, { weight: 3, arbitrary: nearlyRight }, { weight: 2, arbitrary: anything });
}

/** Where HTTP+JSON has an operation, in the version that its name is of. */
function placeOf(operation: string, { completed, asking }: KnownIds): { readonly method: string; readonly path: string } {
  const [method = "GET", path = "/"] = PLACES[operation] ?? [];
  return { method, path: path.replace("{done}", completed).replace("{task}", asking) };
}

const PLACES: { readonly [operation: string]: readonly [method: string, path: string] } = {
  SendMessage: ["POST", "/message:send"],
  SendStreamingMessage: ["POST", "/message:stream"],
  GetTask: ["GET", "/tasks/{done}?historyLength=2"],
  ListTasks: ["GET", "/tasks?pageSize=2&includeArtifacts=true"],
  CancelTask: ["POST", "/tasks/{done}:cancel"],
  SubscribeToTask: ["GET", "/tasks/{task}:subscribe"],
  CreateTaskPushNotificationConfig: ["POST", "/tasks/{task}/pushNotificationConfigs"],
  GetTaskPushNotificationConfig: ["GET", "/tasks/{task}/pushNotificationConfigs/c1"],
  ListTaskPushNotificationConfigs: ["GET", "/tasks/{task}/pushNotificationConfigs"],
  DeleteTaskPushNotificationConfig: ["DELETE", "/tasks/{task}/pushNotificationConfigs/c1"],
  GetExtendedAgentCard: ["GET", "/extendedAgentCard"],
  "message/send": ["POST", "/v1/message:send"],
  "message/stream": ["POST", "/v1/message:stream"],
  "tasks/get": ["GET", "/v1/tasks/{done}"],
  "tasks/cancel": ["POST", "/v1/tasks/{done}:cancel"],
  "tasks/resubscribe": ["GET", "/v1/tasks/{task}:subscribe"],
  "tasks/pushNotificationConfig/set": ["POST", "/v1/tasks/{task}/pushNotificationConfigs"],
  "tasks/pushNotificationConfig/get": ["GET", "/v1/tasks/{task}/pushNotificationConfigs/c1"],
  "agent/getAuthenticatedExtendedCard": ["GET", "/v1/card"],
};
