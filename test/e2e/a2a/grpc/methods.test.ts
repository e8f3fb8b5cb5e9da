import { type Message, Role } from "@a2a-js/sdk";
import {
  ContentTypeNotSupportedError,
  ExtendedAgentCardNotConfiguredError,
  InvalidAgentResponseError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
} from "@a2a-js/sdk/errors";
import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";

import { OverloadError } from "../../../../src/a2a/server/handler.ts";
import { InvalidFieldsError } from "../../../../src/a2a/wire/invalid-fields.ts";
import { message as messageOf, textPart } from "../../../../src/a2a/wire/wire.ts";
import { agentCard, eventsOf, taskEvent } from "../http/scripted-handler.ts";
import { type MethodName, VERSION, type Words } from "./harness.ts";
import { GrpcServers } from "./server.ts";

const servers = new GrpcServers();
afterEach(() => servers.close());

const saying = (text: string): { readonly message: Message } => ({
  message: messageOf({ id: "m1", role: Role.ROLE_USER, parts: [textPart(text)], contextId: "", taskId: "" }),
});

describe("operations", () => {
  test.each<[MethodName, object, string, unknown]>([
    ["sendMessage", saying("hi"), "sendMessage", { payload: { $case: "task", value: { id: "t1" } } }],
    ["getTask", { id: "t1", historyLength: 3 }, "getTask", { id: "t1", status: { timestamp: "2026-01-01T00:00:00.000Z" } }],
    ["listTasks", { contextId: "c", status: 2, pageSize: 5 }, "listTasks", { tasks: [{ id: "t1" }], totalSize: 1, pageSize: 50 }],
    ["cancelTask", { id: "t1", metadata: { why: "enough" } }, "cancelTask", { id: "t1" }],
    ["getExtendedAgentCard", {}, "extendedCard", { name: "extended" }],
    ["createTaskPushNotificationConfig", { taskId: "t1", url: "https://here.example/hook" }, "createPushConfig", { id: "c1" }],
    ["getTaskPushNotificationConfig", { taskId: "t1", id: "c1" }, "getPushConfig", { id: "c1" }],
    ["listTaskPushNotificationConfigs", { taskId: "t1", pageSize: 2 }, "listPushConfigs", { configs: [{ id: "c1" }] }],
    ["deleteTaskPushNotificationConfig", { taskId: "t1", id: "c1" }, "deletePushConfig", {}],
  ])("%s is performed with what was asked, for the tenant that it names", async (name, request, operation, message) => {
    const { caller, handler } = await servers.serve();
    expect(await caller.ask(name, { ...request, tenant: "acme" })).toMatchObject({ code: 0, message });
    expect(handler.asked).toMatchObject([{ operation, params: request, context: { caller: { name: "anonymous", tenant: "acme" } } }]);
  });

  test("a direct answer is a message", async () => {
    const { caller, handler } = await servers.serve();
    handler.sendMessage = () => Promise.resolve(saying("hello").message);
    expect(await caller.ask("sendMessage", saying("hi"))).toMatchObject({ message: { payload: { $case: "message" } } });
  });

  test.each<[MethodName, string]>([
    ["sendStreamingMessage", "sendStreamingMessage"],
    ["subscribeToTask", "subscribeToTask"],
  ])("%s is a stream", async (name, operation) => {
    const { caller, handler } = await servers.serve({ events: () => eventsOf([taskEvent("1.0", "a"), taskEvent(null, "b")]) });
    const stream = caller.open(name, { ...(name === "subscribeToTask" ? { id: "t1" } : saying("hi")), tenant: "acme" });
    expect(await stream.all()).toMatchObject([{ payload: { $case: "task" } }, { payload: { $case: "task" } }]);
    expect(await stream.status).toMatchObject({ code: 0 });
    expect(handler.asked).toMatchObject([{ operation, after: null, context: { caller: { tenant: "acme" } } }]);
  });
});

describe("errors", () => {
  const info = (reason: string) => ({ info: { reason, domain: "a2a-protocol.org" } });

  test.each([
    [new TaskNotFoundError(), status.NOT_FOUND, "TASK_NOT_FOUND"],
    [new TaskNotCancelableError(), status.FAILED_PRECONDITION, "TASK_NOT_CANCELABLE"],
    [new PushNotificationNotSupportedError(), status.FAILED_PRECONDITION, "PUSH_NOTIFICATION_NOT_SUPPORTED"],
    [new UnsupportedOperationError(), status.FAILED_PRECONDITION, "UNSUPPORTED_OPERATION"],
    [new ContentTypeNotSupportedError(), status.INVALID_ARGUMENT, "CONTENT_TYPE_NOT_SUPPORTED"],
    [new InvalidAgentResponseError(), status.INTERNAL, "INVALID_AGENT_RESPONSE"],
    [new ExtendedAgentCardNotConfiguredError(), status.FAILED_PRECONDITION, "EXTENDED_AGENT_CARD_NOT_CONFIGURED"],
    [new RequestMalformedError(), status.INVALID_ARGUMENT, "INVALID_PARAMS"],
  ])("%s has its status, and says why, for requests and for streams", async (error, code, reason) => {
    const work = () => {
      throw error;
    };
    const { caller, logged } = await servers.serve({ work });
    expect(await caller.ask("getTask", { id: "t1" })).toMatchObject({ code, details: error.message, info: info(reason) });
    const stream = caller.open("subscribeToTask", { id: "t1" });
    expect(await stream.all()).toEqual([]);
    expect(await stream.status).toMatchObject({ code, info: info(reason) });
    expect(logged).toEqual([]);
  });

  test("what an error says besides travels with it, and the fields that are wrong", async () => {
    const errors = [
      new TaskNotFoundError({ message: "None.", metadata: { task_id: "t1" } }),
      new InvalidFieldsError([{ field: "pageSize", description: "must be a whole number" }]),
    ];
    const work = () => {
      throw errors.shift() ?? new Error("There were two.");
    };
    const { caller } = await servers.serve({ work });
    expect(await caller.ask("getTask", {})).toMatchObject({ info: { info: { metadata: { task_id: "t1" } }, violations: [] } });
    const violations = [{ field: "pageSize", description: "must be a whole number" }];
    expect(await caller.ask("getTask", {})).toMatchObject({
      code: status.INVALID_ARGUMENT,
      info: { ...info("INVALID_PARAMS"), violations },
    });
  });

  test("the words of an exception stay here, also under way in a stream", async () => {
    const events = () =>
      (async function* () {
        yield taskEvent("1.0", "a");
        throw new Error("password=hunter2");
      })();
    const { caller, handler, logged } = await servers.serve({ events });
    const stream = caller.open("subscribeToTask", { id: "t1" });
    expect(await stream.all()).toHaveLength(1);
    const broken = await stream.status;
    handler.getTask = () => Promise.reject(new Error("password=hunter2"));
    const answers = [broken, await caller.ask("getTask", {})];
    expect(answers).toMatchObject([{ code: status.INTERNAL }, { code: status.INTERNAL }]);
    expect(JSON.stringify(answers)).not.toContain("hunter2");
    expect(logged.filter((line) => line.includes("hunter2"))).toHaveLength(2);
  });

  test("no room now says when to come again", async () => {
    const work = () => {
      throw new OverloadError("Ten tasks are at work.");
    };
    const { caller } = await servers.serve({ work });
    expect(await caller.ask("sendMessage", saying("hi"))).toMatchObject({
      code: status.UNAVAILABLE,
      details: "Ten tasks are at work.",
      info: { retryAfterMs: 1_000 },
    });
  });

  test("half a character and a long sentence in an error break no call", async () => {
    const work = () => {
      throw new TaskNotFoundError({ message: `There is no task \ud83d${"é".repeat(5_000)}`, metadata: { task_id: "x".repeat(9_000) } });
    };
    const { caller } = await servers.serve({ work });
    const answer = await caller.ask("getTask", {});
    expect(answer.code).toBe(status.NOT_FOUND);
    expect(answer.details).toHaveLength(300);
  });
});

describe("what comes beside the message", () => {
  test("the version is asked for, and another one is refused", async () => {
    const { caller, handler } = await servers.serve();
    for (const version of ["1.0", "1.0.1"])
      expect(await caller.ask("getTask", { id: "x" }, { "a2a-version": version })).toMatchObject({ code: 0 });
    const refused = {
      code: status.FAILED_PRECONDITION,
      info: { info: { reason: "VERSION_NOT_SUPPORTED", metadata: { supportedVersions: "1.0" } } },
    };
    for (const words of [{}, { "a2a-version": "0.3" }, { "a2a-version": "2.0" }] as readonly Words[]) {
      expect(await caller.ask("getTask", { id: "x" }, words)).toMatchObject(refused);
      expect(await caller.open("subscribeToTask", { id: "x" }, words).status).toMatchObject(refused);
    }
    expect(handler.asked).toHaveLength(2);
  });

  test("an extension that the card requires must be named; those that are active are told", async () => {
    const extension = (uri: string, required: boolean) => ({ uri, required, description: "", params: undefined });
    const capabilities = { ...agentCard().capabilities, extensions: [extension("urn:must", true), extension("urn:may", false)] };
    const { caller } = await servers.serve({ card: { capabilities } });
    expect(await caller.ask("getTask", { id: "x" })).toMatchObject({
      code: status.FAILED_PRECONDITION,
      info: { info: { reason: "EXTENSION_SUPPORT_REQUIRED" } },
    });
    const words = { ...VERSION, "a2a-extensions": "urn:other, urn:must ,urn:may" };
    const answers = [await caller.ask("getTask", { id: "x" }, words), await caller.open("subscribeToTask", { id: "x" }, words).status];
    expect(answers.map(({ headers }) => headers.get("a2a-extensions"))).toEqual([["urn:must, urn:may"], ["urn:must, urn:may"]]);
  });

  test("a trace and the place in a stream go on", async () => {
    const { caller, handler } = await servers.serve();
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for (const words of [
      { traceparent, "last-event-id": "12.3" },
      { traceparent: "x", "last-event-id": "1; drop" },
    ])
      await caller.open("subscribeToTask", { id: "t1" }, { ...VERSION, ...words }).all();
    expect(handler.asked).toMatchObject([
      { after: "12.3", context: { traceparent } },
      { after: null, context: { traceparent: null } },
    ]);
  });
});
