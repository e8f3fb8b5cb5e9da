/** The service of A2A 0.3 beside that of 1.0, as it stands on the wire (issue 4, deliver 1). */
import {
  ExtendedAgentCardNotConfiguredError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
} from "@a2a-js/sdk/errors";
import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";

import { eventIdOf } from "../../../../src/a2a/grpc/event-id.ts";
import { field, messageOf } from "../../../../src/a2a/grpc/protobuf.ts";
import { OverloadError } from "../../../../src/a2a/server/handler.ts";
import { MAX_JSON_DEPTH } from "../../../../src/base/limits.ts";
import { serveAgent } from "../../../../src/compose/serve-agent.ts";
import { stage } from "../harness.ts";
import { agentCard, eventsOf, taskEvent, taskOf, wordEvent } from "../http/scripted-handler.ts";
import { Caller, LegacyCaller, type LegacyMethodName, type Words } from "./harness.ts";
import { GrpcServers } from "./server.ts";

const servers = new GrpcServers();
afterEach(() => servers.close());

/** A client of 0.3 names no version. */
const PLAIN: Words = {};
const said = (...content: readonly object[]) => ({
  request: { messageId: "m1", contextId: "", taskId: "", role: 1, content, metadata: { operation: "x" }, extensions: [] },
});
const TEXT = { part: { $case: "text", value: "hi" } };
const CONFIG_NAME = "tasks/t1/pushNotificationConfigs/c1";
const CONFIG = { name: CONFIG_NAME, pushNotificationConfig: { id: "c1", url: "https://here.example/hook" } };
const NEW_CONFIG = {
  name: "",
  pushNotificationConfig: { id: "", url: "https://here.example/hook", token: "s", authentication: undefined },
};

describe("operations", () => {
  test.each<[LegacyMethodName, object, string, object, unknown]>([
    [
      "sendMessage",
      said(TEXT),
      "sendMessage",
      { message: { messageId: "m1", metadata: { operation: "x" } } },
      { payload: { $case: "task" } },
    ],
    ["getTask", { name: "tasks/t1", historyLength: 3 }, "getTask", { id: "t1", historyLength: 3 }, { id: "t1", status: { state: 3 } }],
    [
      "getTask",
      { name: "tasks/t1" },
      "getTask",
      { id: "t1", historyLength: undefined },
      { status: { timestamp: "2026-01-01T00:00:00.000Z" } },
    ],
    ["cancelTask", { name: "tasks/t1" }, "cancelTask", { id: "t1" }, { id: "t1" }],
    ["getAgentCard", {}, "extendedCard", {}, { name: "extended" }],
    [
      "createTaskPushNotificationConfig",
      { parent: "tasks/t1", configId: "c1", config: NEW_CONFIG },
      "createPushConfig",
      { taskId: "t1", id: "c1", url: "https://here.example/hook", token: "s" },
      CONFIG,
    ],
    ["getTaskPushNotificationConfig", { name: CONFIG_NAME }, "getPushConfig", { taskId: "t1", id: "c1" }, CONFIG],
    [
      "listTaskPushNotificationConfig",
      { parent: "tasks/t1", pageSize: 2, pageToken: "p" },
      "listPushConfigs",
      { taskId: "t1", pageSize: 2, pageToken: "p" },
      { configs: [CONFIG] },
    ],
    ["deleteTaskPushNotificationConfig", { name: CONFIG_NAME }, "deletePushConfig", { taskId: "t1", id: "c1" }, {}],
  ])("%s is performed with what was asked, in the words of 1.0", async (name, request, operation, params, message) => {
    const { legacy, handler } = await servers.serve({ card: { supportedInterfaces: [] } });
    expect(await legacy.ask(name, request, PLAIN)).toMatchObject({ code: 0, message });
    const [asked] = handler.asked;
    expect(asked).toMatchObject({ operation, context: { caller: { name: "anonymous", tenant: "default" }, version: "0.3" } });
    if (operation !== "extendedCard") expect(asked?.params).toMatchObject(params);
  });

  test("parts of every kind arrive as they were given, and come back so", async () => {
    const { legacy, handler } = await servers.serve();
    const parts = [
      TEXT,
      { part: { $case: "data", value: { data: { a: [1, null, { b: "c" }] } } } },
      { part: { $case: "file", value: { file: { $case: "fileWithBytes", value: Buffer.from([0, 1, 2]) }, mimeType: "a/b" } } },
      { part: { $case: "file", value: { file: { $case: "fileWithUri", value: "https://x.example/y" }, mimeType: "" } } },
    ];
    let task = taskOf("");
    handler.sendMessage = async ({ message }) => (task = { ...task, history: message === undefined ? [] : [message] });
    const answer = await legacy.ask("sendMessage", said(...parts), PLAIN);
    expect(task.history[0]?.parts.map(({ content }) => content)).toEqual([
      { $case: "text", value: "hi" },
      { $case: "data", value: { a: [1, null, { b: "c" }] } },
      { $case: "raw", value: Buffer.from([0, 1, 2]) },
      { $case: "url", value: "https://x.example/y" },
    ]);
    expect(answer.message).toMatchObject({ payload: { value: { history: [{ role: 1, content: parts }] } } });
  });

  test("who does not say that it waits is answered at once", async () => {
    const { legacy, handler } = await servers.serve();
    const asked: unknown[] = [];
    handler.sendMessage = async ({ configuration }) => {
      asked.push(configuration?.returnImmediately, configuration?.historyLength);
      return taskOf("");
    };
    const configuration = { acceptedOutputModes: [], pushNotification: undefined, historyLength: 0 };
    for (const blocking of [true, false])
      await legacy.ask("sendMessage", { ...said(TEXT), configuration: { ...configuration, blocking } }, PLAIN);
    expect(asked).toEqual([false, undefined, true, undefined]);
  });

  test("a page of push configs says where the next one begins, as over HTTP+JSON", async () => {
    const { legacy, handler, url } = await servers.serve();
    handler.listPushConfigs = async () => ({ configs: [], nextPageToken: "next" });
    const overGrpc = await legacy.ask("listTaskPushNotificationConfig", { parent: "tasks/t1", pageSize: 1 }, PLAIN);
    const overHttp = await fetch(`${url}/v1/tasks/t1/pushNotificationConfigs?pageSize=1`);
    expect([overGrpc.message, await overHttp.json()]).toEqual([
      { configs: [], nextPageToken: "next" },
      { configs: [], nextPageToken: "next" },
    ]);
  });

  test("a direct answer is a message", async () => {
    const { legacy, handler } = await servers.serve();
    const { event } = wordEvent(null, "Hello.");
    handler.sendMessage = async () => (event.payload?.$case === "message" ? event.payload.value : taskOf(""));
    expect(await legacy.ask("sendMessage", said(TEXT), PLAIN)).toMatchObject({
      message: { payload: { $case: "msg", value: { role: 2, content: [{ part: { value: "Hello." } }] } } },
    });
  });

  test.each<[LegacyMethodName, object, string]>([
    ["sendStreamingMessage", said(TEXT), "sendStreamingMessage"],
    ["taskSubscription", { name: "tasks/t1" }, "subscribeToTask"],
  ])("%s is a stream of events with their ids, taken up after the last one that the reader has", async (name, request, operation) => {
    const { legacy, handler } = await servers.serve({ events: () => eventsOf([taskEvent("1.0", "a"), wordEvent(null, "b")]) });
    const stream = legacy.open(name, request, { "last-event-id": "12.3" });
    const [first, second, end] = [await stream.bytes(), await stream.bytes(), await stream.bytes()];
    expect([first, second].map((bytes) => eventIdOf(bytes ?? Buffer.alloc(0)))).toEqual(["1.0", null]);
    expect(end).toBe(null);
    expect(await stream.status).toMatchObject({ code: 0 });
    expect(await legacy.open(name, request, PLAIN).all()).toMatchObject([{ payload: { $case: "task" } }, { payload: { $case: "msg" } }]);
    expect(handler.asked).toMatchObject([
      { operation, after: "12.3", context: { version: "0.3" } },
      { operation, after: null },
    ]);
  });
});

describe("what is not taken", () => {
  test.each([
    [new TaskNotFoundError(), status.NOT_FOUND, "TASK_NOT_FOUND"],
    [new TaskNotCancelableError(), status.FAILED_PRECONDITION, "TASK_NOT_CANCELABLE"],
    [new PushNotificationNotSupportedError(), status.FAILED_PRECONDITION, "PUSH_NOTIFICATION_NOT_SUPPORTED"],
    [new UnsupportedOperationError(), status.FAILED_PRECONDITION, "UNSUPPORTED_OPERATION"],
    [new ExtendedAgentCardNotConfiguredError(), status.FAILED_PRECONDITION, "EXTENDED_AGENT_CARD_NOT_CONFIGURED"],
    [new RequestMalformedError(), status.INVALID_ARGUMENT, "INVALID_PARAMS"],
  ])("%s has its status, and says why, for requests and for streams", async (error, code, reason) => {
    const work = () => {
      throw error;
    };
    const { legacy } = await servers.serve({ work });
    const told = { code, details: error.message, info: { info: { reason } } };
    expect(await legacy.ask("getTask", { name: "tasks/t1" }, PLAIN)).toMatchObject(told);
    expect(await legacy.open("taskSubscription", { name: "tasks/t1" }, PLAIN).status).toMatchObject(told);
  });

  test("no room says when to come again, and the words of an exception stay here", async () => {
    const errors = [new OverloadError("Ten tasks are at work."), new Error("password=hunter2")];
    const work = () => {
      throw errors.shift() ?? new Error("There were two.");
    };
    const { legacy, logged } = await servers.serve({ work });
    expect(await legacy.ask("sendMessage", said(TEXT), PLAIN)).toMatchObject({ code: status.UNAVAILABLE, info: { retryAfterMs: 1_000 } });
    const broken = await legacy.ask("sendMessage", said(TEXT), PLAIN);
    expect([broken.code, broken.details.includes("hunter2"), logged.join().includes("hunter2")]).toEqual([status.INTERNAL, false, true]);
  });

  test.each<[LegacyMethodName, object, string]>([
    ["getTask", { name: "t1" }, "name"],
    ["getTask", { name: "tasks/" }, "name"],
    ["cancelTask", { name: "tasks/a/b" }, "name"],
    ["getTaskPushNotificationConfig", { name: "tasks/t1" }, "name"],
    ["listTaskPushNotificationConfig", { parent: "" }, "parent"],
    ["createTaskPushNotificationConfig", { parent: "tasks/t1" }, "pushNotificationConfig"],
    ["sendMessage", said({}), "message.parts[0]"],
    ["sendMessage", said({ part: { $case: "file", value: { file: undefined, mimeType: "" } } }), "message.parts[0].file"],
  ])("%s with %j names the field, and nothing is performed", async (name, request, wrong) => {
    const { legacy, handler } = await servers.serve();
    expect(await legacy.ask(name, request, PLAIN)).toMatchObject({
      code: status.INVALID_ARGUMENT,
      info: { info: { reason: "INVALID_PARAMS" }, violations: [{ field: wrong }] },
    });
    expect(handler.asked).toEqual([]);
  });

  test("bytes that are no message, no UTF-8, or cut off are refused", async () => {
    const { legacy, handler } = await servers.serve();
    const name = field(1, "tasks/t1");
    for (const bytes of [
      Buffer.from("<html>"),
      field(1, Buffer.from([0xc3, 0x28])),
      name.subarray(0, -1),
      messageOf(name, Buffer.from([0x80])),
    ])
      expect(await legacy.askBytes("getTask", bytes, PLAIN)).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(handler.asked).toEqual([]);
  });

  test("values that are too deep, or whose key is __proto__, are refused and not lost", async () => {
    const { legacy, handler } = await servers.serve();
    let deep: unknown = 1;
    for (let level = 0; level < MAX_JSON_DEPTH; level += 1) deep = [deep];
    expect(await legacy.ask("sendMessage", said({ part: { $case: "data", value: { data: { deep } } } }), PLAIN)).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining("too deeply"),
    });
    // The SDK would lose the key when it writes: metadata with one entry, by hand.
    const entry = messageOf(field(1, "__proto__"), field(2, field(3, "x")));
    expect(await legacy.askBytes("sendMessage", field(3, field(1, entry)), PLAIN)).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining("__proto__"),
    });
    expect(handler.asked).toEqual([]);
  });

  test("a request that is too large is refused as over 1.0", async () => {
    const { legacy } = await servers.serve({}, { limits: { requestBytes: 1_000 } });
    const large = said({ part: { $case: "text", value: "x".repeat(2_000) } });
    expect(await legacy.ask("sendMessage", large, PLAIN)).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });
});

describe("who asks, and how", () => {
  test("without good credentials nothing is performed, not even a stream", async () => {
    const { legacy, handler } = await servers.serve({}, { auth: { callers: [{ name: "ada", token: "a", tenants: ["acme"] }] } });
    for (const words of [PLAIN, { authorization: "Bearer b" }] as readonly Words[]) {
      expect(await legacy.ask("getTask", { name: "tasks/t1" }, words)).toMatchObject({ code: status.UNAUTHENTICATED });
      expect(await legacy.ask("getAgentCard", {}, words)).toMatchObject({ code: status.UNAUTHENTICATED });
      expect(await legacy.open("sendStreamingMessage", said(TEXT), words).status).toMatchObject({ code: status.UNAUTHENTICATED });
    }
    expect(handler.asked).toEqual([]);
    expect(await legacy.ask("getTask", { name: "tasks/t1" }, { authorization: "Bearer a" })).toMatchObject({ code: 0 });
    expect(handler.asked).toMatchObject([{ context: { caller: { name: "ada", tenant: "acme" } } }]);
  });

  test("both versions share the rate of a caller", async () => {
    const { caller, legacy } = await servers.serve({}, { limits: { rate: { perSecond: 0.01, burst: 2 } } });
    expect(await caller.ask("getTask", { id: "t1" })).toMatchObject({ code: 0 });
    expect(await legacy.ask("getTask", { name: "tasks/t1" }, PLAIN)).toMatchObject({ code: 0 });
    expect(await legacy.ask("getTask", { name: "tasks/t1" }, PLAIN)).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  test("no version is 0.3, and another one is refused", async () => {
    const { legacy } = await servers.serve();
    const codeFor = async (words: Words) => (await legacy.ask("getTask", { name: "tasks/t1" }, words)).code;
    for (const version of ["0.3", "0.3.0"]) expect(await codeFor({ "a2a-version": version })).toBe(0);
    const refused = await legacy.ask("getTask", { name: "tasks/t1" }, { "a2a-version": "1.0" });
    expect(refused).toMatchObject({
      code: status.FAILED_PRECONDITION,
      info: { info: { reason: "VERSION_NOT_SUPPORTED", metadata: { supportedVersions: "0.3" } } },
    });
  });

  test("an extension that the card requires must be named; those that are active are told, as 0.3 names them", async () => {
    const extensions = [{ uri: "urn:must", required: true, description: "", params: undefined }];
    const { legacy } = await servers.serve({ card: { capabilities: { ...agentCard().capabilities, extensions } } });
    expect(await legacy.ask("getTask", { name: "tasks/t1" }, PLAIN)).toMatchObject({
      code: status.FAILED_PRECONDITION,
      info: { info: { reason: "EXTENSION_SUPPORT_REQUIRED" } },
    });
    const answer = await legacy.ask("getTask", { name: "tasks/t1" }, { "x-a2a-extensions": "urn:other, urn:must" });
    expect(answer.headers.get("x-a2a-extensions")).toEqual(["urn:must"]);
  });
});

describe("the card", () => {
  const offeredBy = async (options: { readonly legacy?: boolean }) => {
    const served = await serveAgent(stage().agent, { grpc: {}, log: () => undefined, drainMs: 50, ...options });
    const card = (await (await fetch(served.cardUrl)).json()) as {
      readonly additionalInterfaces?: unknown;
      readonly supportedInterfaces: readonly { readonly protocolBinding: string; readonly protocolVersion: string; readonly url: string }[];
    };
    return { served, card, target: served.grpcUrl ?? "" };
  };

  test("names the port for both versions", async () => {
    const { served, card, target } = await offeredBy({});
    const over = card.supportedInterfaces.filter(({ protocolBinding }) => protocolBinding === "GRPC");
    expect(over).toMatchObject([
      { url: target, protocolVersion: "1.0" },
      { url: target, protocolVersion: "0.3" },
    ]);
    expect(card.additionalInterfaces).toContainEqual({ url: target, transport: "GRPC" });
    await served.close();
  });

  test("tells a known caller more, and nobody else", async () => {
    const extendedCard = () => ({ description: "More." });
    const served = await serveAgent(stage().agent, { grpc: {}, log: () => undefined, drainMs: 50, token: "t", extendedCard });
    const legacy = new LegacyCaller(served.grpcUrl ?? "");
    expect(await legacy.ask("getAgentCard", {}, { authorization: "Bearer t" })).toMatchObject({
      code: 0,
      message: {
        protocolVersion: "0.3.0",
        description: "More.",
        supportsAuthenticatedExtendedCard: true,
        additionalInterfaces: expect.arrayContaining([{ url: served.grpcUrl, transport: "GRPC" }]),
        securitySchemes: { bearer: { scheme: { $case: "httpAuthSecurityScheme", value: { scheme: "Bearer" } } } },
        security: [{ schemes: { bearer: { list: ["caller"] } } }],
      },
    });
    expect(await legacy.ask("getAgentCard", {}, PLAIN)).toMatchObject({ code: status.UNAUTHENTICATED });
    legacy.close();
    await served.close();
  });

  test("where 0.3 is switched off, names it for 1.0 only, and there is no such service", async () => {
    const { served, card, target } = await offeredBy({ legacy: false });
    expect(card.supportedInterfaces.map(({ protocolVersion }) => protocolVersion)).toEqual(["1.0", "1.0", "1.0"]);
    const [legacy, caller] = [new LegacyCaller(target), new Caller(target)];
    expect(await legacy.ask("getTask", { name: "tasks/t1" }, PLAIN)).toMatchObject({ code: status.UNIMPLEMENTED });
    expect(await caller.ask("getTask", { id: "none" })).toMatchObject({ code: status.NOT_FOUND });
    for (const one of [legacy, caller]) one.close();
    await served.close();
  });
});
