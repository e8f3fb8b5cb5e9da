/** One table for all bindings: the same request has the same outcome, whatever carries it (A2A 5.1). */
import { randomUUID } from "node:crypto";

import {
  ContentTypeNotSupportedError,
  ExtendedAgentCardNotConfiguredError,
  ExtensionSupportRequiredError,
  InvalidAgentResponseError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
  VersionNotSupportedError,
} from "@a2a-js/sdk/errors";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { type ServedAgent, serveAgent, type ServeOptions } from "../../../src/compose/serve-agent.ts";
import { CODES, type Column, COLUMNS, type Outcome, type Request } from "./columns.ts";
import { gate, type Stage, stage } from "./harness.ts";
import { saying, Servers } from "./http/harness.ts";

type Params = { readonly [name: string]: unknown };
/** `fields`: the fields that the error names. */
type Row = {
  readonly what: string;
  readonly operation: string;
  readonly params: Params;
  readonly reason: string;
  readonly fields: readonly string[];
};

function row(what: string, operation: string, params: Params, ...[reason, ...fields]: readonly [string, ...string[]]): Row {
  return { what, operation, params, reason, fields };
}

/** Protocol Buffers have no words for a number that is none: such a request cannot be made. */
function canBeSaidInBytes({ fields: [field = ""] }: Row): boolean {
  return ["", "tenant", "status"].includes(field);
}

/** The tasks that rows name: `$completed` and so on. */
const names = ["completed", "working", "asking"] as const;
type Known = { readonly [name in (typeof names)[number]]: string };

const messageOf = (operation: string, more: object = {}) => ({
  messageId: randomUUID(),
  role: "ROLE_USER",
  parts: [{ data: { n: 1 } }],
  metadata: { operation },
  ...more,
});
const sending = (more: object, configuration = {}) => ({ message: messageOf("double", more), configuration });

const REFUSED: readonly Row[] = [
  row("a task that is none", "GetTask", { id: "none" }, "TASK_NOT_FOUND"),
  row("a cancel of no task", "CancelTask", { id: "none" }, "TASK_NOT_FOUND"),
  row("a subscription to no task", "SubscribeToTask", { id: "none" }, "TASK_NOT_FOUND"),
  row("a message to no task", "SendMessage", sending({ taskId: "none" }), "TASK_NOT_FOUND"),
  row("a stream to no task", "SendStreamingMessage", sending({ taskId: "none" }), "TASK_NOT_FOUND"),
  row("a cancel of a task that is over", "CancelTask", { id: "$completed" }, "TASK_NOT_CANCELABLE"),
  row("a subscription to a task that is over", "SubscribeToTask", { id: "$completed" }, "UNSUPPORTED_OPERATION"),
  row("a message to a task that is over", "SendMessage", sending({ taskId: "$completed" }), "UNSUPPORTED_OPERATION"),
  row("a message to a task that is worked on", "SendMessage", sending({ taskId: "$working" }), "UNSUPPORTED_OPERATION"),
  row("a message in another context than its task", "SendMessage", sending({ taskId: "$asking", contextId: "other" }), "INVALID_PARAMS"),
  row("no message", "SendMessage", {}, "INVALID_PARAMS"),
  row("a message without id", "SendMessage", sending({ messageId: "" }), "INVALID_PARAMS"),
  row("a message without parts", "SendMessage", sending({ parts: [] }), "INVALID_PARAMS"),
  row("a message with an empty part", "SendMessage", sending({ parts: [{}] }), "INVALID_PARAMS"),
  row("a message without role", "SendMessage", sending({ role: undefined }), "INVALID_PARAMS"),
  row("a message of an agent", "SendMessage", sending({ role: "ROLE_AGENT" }), "INVALID_PARAMS"),
  row("a message of nobody", "SendMessage", sending({ role: "ROLE_KING" }), "INVALID_PARAMS", "message.role"),
  row("a text that is none", "SendMessage", sending({ parts: [{ text: {} }] }), "INVALID_PARAMS", "message.parts[0].text"),
  row("a part of two contents", "SendMessage", sending({ parts: [{ text: "a", url: "b" }] }), "INVALID_PARAMS", "message.parts[0]"),
  row("a skill that is none", "SendMessage", sending({ metadata: { operation: "fly" } }), "INVALID_PARAMS"),
  row("a history of minus five", "SendMessage", sending({}, { historyLength: -5 }), "INVALID_PARAMS"),
  row("a history of minus five of a task", "GetTask", { id: "$completed", historyLength: -5 }, "INVALID_PARAMS"),
  row("a history that is no number", "GetTask", { id: "$completed", historyLength: "all" }, "INVALID_PARAMS", "historyLength"),
  row("a page of no size", "ListTasks", { pageSize: 0 }, "INVALID_PARAMS"),
  row("a page that is too large", "ListTasks", { pageSize: 101 }, "INVALID_PARAMS"),
  row("a page of many", "ListTasks", { pageSize: "many" }, "INVALID_PARAMS", "pageSize"),
  row("a page token of somebody else", "ListTasks", { pageToken: "x" }, "INVALID_PARAMS"),
  row("a forged page token", "ListTasks", { pageToken: Buffer.from('[1,5,"garbage"]').toString("base64url") }, "INVALID_PARAMS"),
  row("a state that is none", "ListTasks", { status: "WORKING" }, "INVALID_PARAMS", "status"),
  row("an instant that is none", "ListTasks", { statusTimestampAfter: "yesterday" }, "INVALID_PARAMS", "statusTimestampAfter"),
  row("artifacts perhaps", "ListTasks", { includeArtifacts: "perhaps" }, "INVALID_PARAMS", "includeArtifacts"),
  row("a tenant that can be none", "GetTask", { id: "$completed", tenant: "../x" }, "INVALID_PARAMS", "tenant"),
  row("a task of another tenant", "GetTask", { id: "$completed", tenant: "other" }, "TASK_NOT_FOUND"),
  row("a webhook for no task", "CreateTaskPushNotificationConfig", { taskId: "none", url: "https://here.example" }, "TASK_NOT_FOUND"),
  row("a webhook that is none", "GetTaskPushNotificationConfig", { taskId: "$working", id: "none" }, "TASK_NOT_FOUND"),
  row("the webhooks of no task", "ListTaskPushNotificationConfigs", { taskId: "none" }, "TASK_NOT_FOUND"),
  row("a deletion for no task", "DeleteTaskPushNotificationConfig", { taskId: "none", id: "x" }, "TASK_NOT_FOUND"),
];

const ANSWERED: readonly (readonly [what: string, operation: string, params: Params, result: object])[] = [
  [
    "a message",
    "SendMessage",
    sending({}),
    { task: { status: { state: "TASK_STATE_COMPLETED" }, artifacts: [{ parts: [{ data: { n: 2 } }] }] } },
  ],
  ["a question", "SendMessage", { message: messageOf("question") }, { task: { status: { state: "TASK_STATE_INPUT_REQUIRED" } } }],
  ["a task", "GetTask", { id: "$completed", historyLength: 0 }, { id: "$completed", status: { state: "TASK_STATE_COMPLETED" } }],
  [
    "a list",
    "ListTasks",
    { status: "TASK_STATE_COMPLETED", pageSize: 1 },
    { pageSize: 1, tasks: [{ status: { state: "TASK_STATE_COMPLETED" } }] },
  ],
  ["an empty list", "ListTasks", { contextId: "nowhere" }, { tasks: [], nextPageToken: "", pageSize: 50, totalSize: 0 }],
];

/** Rows may name tasks that were made beforehand. */
function filled<Value>(value: Value, known: Known): Value {
  const text = JSON.stringify(value).replace(/\$(completed|working|asking)/g, (_all, name: keyof Known) => known[name]);
  return JSON.parse(text) as Value;
}

describe.each(COLUMNS)("an agent over $name", ({ name, call }: Column) => {
  let here: Stage;
  let served: ServedAgent;
  let known: Known;
  beforeAll(async () => {
    here = stage();
    served = await serveAgent(here.agent, { log: () => undefined, drainMs: 50, grpc: {} });
    const begin = async (operation: string): Promise<string> => {
      const configuration = { returnImmediately: operation === "slow" };
      const outcome = await call(served.url, { operation: "SendMessage", params: { message: messageOf(operation), configuration } });
      return outcome.kind === "result" ? (outcome.result as { readonly task: { readonly id: string } }).task.id : "";
    };
    known = { completed: await begin("double"), working: await begin("slow"), asking: await begin("question") };
  });
  afterAll(async () => {
    here.release.open();
    await served.close();
  });

  test.each(REFUSED.filter((one) => name !== "gRPC" || canBeSaidInBytes(one)))(
    "$what is refused by $operation",
    async ({ operation, params, reason, fields }) => {
      const outcome = await call(served.url, { operation, params: filled(params, known) });
      expect(outcome).toEqual({ kind: "error", code: CODES[reason]?.[name], reason, fields });
    },
  );

  test.each(ANSWERED)("%s is answered by %s", async (_what, operation, params, result) => {
    const outcome = await call(served.url, filled<Request>({ operation, params }, known));
    expect(outcome).toMatchObject({ kind: "result", result: filled(result, known) });
  });

  test.each([
    ["2.0", "GetTask"],
    ["", "SendMessage"],
    ["0.3", "SubscribeToTask"],
  ])("version %j is not supported by %s", async (version, operation) => {
    const outcome = await call(served.url, { operation, params: { id: "x" }, service: { "a2a-version": version } });
    expect(outcome).toMatchObject({ kind: "error", code: CODES["VERSION_NOT_SUPPORTED"]?.[name], reason: "VERSION_NOT_SUPPORTED" });
  });
});

describe("streams", () => {
  const open: ServedAgent[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((served) => served.close()));
  });
  const serve = async (options: ServeOptions = {}) => {
    const here = stage();
    const served = await serveAgent(here.agent, { log: () => undefined, drainMs: 50, grpc: {}, ...options });
    open.push(served);
    return { here, url: served.url };
  };
  /** What differs between two tasks that are worked on in the same way. */
  const alike = (outcome: Outcome): unknown => {
    const text = JSON.stringify(outcome.kind === "events" ? outcome.events : outcome);
    const untimed = text.replace(/"processing_time(?:_ms)?":(?:"[^"]*"|\d+)/g, '"":0');
    return JSON.parse(untimed.replace(/task_[0-9a-f-]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, "…"));
  };

  test("the same message gives the same events in the same order, over each binding", async () => {
    const told = await Promise.all(
      COLUMNS.map(async ({ call }) => {
        const { url } = await serve();
        return alike(await call(url, { operation: "SendStreamingMessage", params: sending({ contextId: "here" }) }));
      }),
    );
    expect(told[0]).toMatchObject([{ event: {} }]);
    for (const other of told.slice(1)) expect(other).toEqual(told[0]);
  });

  test("subscribers of one task over different bindings are told the same, with the same ids", async () => {
    const { here, url } = await serve();
    const [binding] = COLUMNS;
    if (binding === undefined) throw new Error("There is a binding.");
    const params = { message: messageOf("slow"), configuration: { returnImmediately: true } };
    const begun = await binding.call(url, { operation: "SendMessage", params });
    const { id } = (begun as { readonly result: { readonly task: { readonly id: string } } }).result.task;
    await here.started.opened;
    const firsts: Promise<void>[] = [];
    const following = COLUMNS.map(({ call }) => {
      const first = gate();
      firsts.push(first.opened);
      return call(url, { operation: "SubscribeToTask", params: { id } }, () => first.open());
    });
    await Promise.all(firsts);
    here.release.open();
    const told = (await Promise.all(following)).map((outcome) => (outcome.kind === "events" ? outcome.events : []));
    // The first is the task as it was when each came.
    const [one = [], ...others] = told.map((events) => events.slice(1));
    expect(one).not.toEqual([]);
    for (const other of others) expect(other).toEqual(one);
  });
});

describe.each(COLUMNS)("what a handler says, over $name", ({ name, call }: Column) => {
  const servers = new Servers();
  afterEach(() => servers.close());

  const KINDS = [
    [TaskNotFoundError, "TASK_NOT_FOUND"],
    [TaskNotCancelableError, "TASK_NOT_CANCELABLE"],
    [PushNotificationNotSupportedError, "PUSH_NOTIFICATION_NOT_SUPPORTED"],
    [UnsupportedOperationError, "UNSUPPORTED_OPERATION"],
    [ContentTypeNotSupportedError, "CONTENT_TYPE_NOT_SUPPORTED"],
    [InvalidAgentResponseError, "INVALID_AGENT_RESPONSE"],
    [ExtendedAgentCardNotConfiguredError, "EXTENDED_AGENT_CARD_NOT_CONFIGURED"],
    [ExtensionSupportRequiredError, "EXTENSION_SUPPORT_REQUIRED"],
    [VersionNotSupportedError, "VERSION_NOT_SUPPORTED"],
    [RequestMalformedError, "INVALID_PARAMS"],
  ] as const;

  test.each(KINDS)("%o has the code that the protocol has for %s, for calls and for streams", async (Kind, reason) => {
    const work = () => {
      throw new Kind("Not so.");
    };
    const { url } = await servers.serve({ work }, { grpc: {} });
    for (const operation of ["SendMessage", "SendStreamingMessage"]) {
      const outcome = await call(url, { operation, params: saying("hi") });
      expect(outcome).toEqual({ kind: "error", code: CODES[reason]?.[name], reason, fields: [] });
    }
  });

  test("anything else is an internal error", async () => {
    const work = () => {
      throw new TypeError("x is not a function");
    };
    const { url } = await servers.serve({ work }, { grpc: {} });
    const outcome = await call(url, { operation: "GetTask", params: { id: "x" } });
    expect(outcome).toEqual({ kind: "error", code: CODES["INTERNAL_ERROR"]?.[name], reason: "INTERNAL_ERROR", fields: [] });
  });
});
