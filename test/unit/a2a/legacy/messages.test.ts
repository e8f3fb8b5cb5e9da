/** What A2A 1.0 says in the words of 0.3, in both of its forms, and back again. */
import { StreamResponse, Task } from "@a2a-js/sdk";
import { describe, expect, test } from "vitest";

import { fromLegacyEvent, fromLegacyPushConfig, fromLegacySendRequest, fromLegacyTask } from "../../../../src/a2a/legacy/from-legacy.ts";
import { type LegacyForm, STATES } from "../../../../src/a2a/legacy/legacy.ts";
import { toLegacyEvent, toLegacyPushConfig, toLegacySendRequest, toLegacyTask } from "../../../../src/a2a/legacy/to-legacy.ts";
import { InvalidFieldsError } from "../../../../src/a2a/wire/invalid-fields.ts";
import type { Json, JsonObject } from "../../../../src/base/json.ts";

const FORMS: readonly LegacyForm[] = ["schema", "proto"];
const MESSAGE: JsonObject = { messageId: "m1", contextId: "c1", taskId: "t1", role: "ROLE_USER", parts: [{ text: "Hello." }] };
const TASK: JsonObject = {
  id: "t1",
  contextId: "c1",
  status: { state: "TASK_STATE_CANCELED", message: { ...MESSAGE, role: "ROLE_AGENT" }, timestamp: "2026-01-05T08:00:00.000Z" },
  artifacts: [{ artifactId: "a1", name: "sum", description: "d", parts: [{ data: { sum: 3 } }], metadata: { k: [1] } }],
  history: [MESSAGE],
  metadata: { k: "v" },
};
const UPDATE: JsonObject = { taskId: "t1", contextId: "c1", status: { state: "TASK_STATE_WORKING" }, metadata: { k: 1 } };
const CHUNK: JsonObject = {
  taskId: "t1",
  contextId: "c1",
  artifact: { artifactId: "a1", parts: [{ text: "x" }] },
  append: true,
  lastChunk: true,
};

describe.each(FORMS)("in the form of %s", (form) => {
  test.each([
    ["a task", { task: TASK }],
    ["a message", { message: MESSAGE }],
    ["a status update", { statusUpdate: UPDATE }],
    ["an artifact update", { artifactUpdate: CHUNK }],
  ])("%s comes back as it was", (_what, event: JsonObject) => {
    expect(fromLegacyEvent(toLegacyEvent(event, form))).toEqual(event);
    // The SDK's decoder of 1.0 understands it.
    expect(StreamResponse.toJSON(StreamResponse.fromJSON(fromLegacyEvent(toLegacyEvent(event, form))))).toEqual(event);
  });

  test.each(STATES.map(({ current }) => current))("the state %s comes back as it was", (state) => {
    const task: JsonObject = { id: "t1", contextId: "c1", status: { state } };
    expect(fromLegacyTask(toLegacyTask(task, form))).toEqual(task);
  });

  test("a push config comes back as it was", () => {
    const config = {
      id: "p1",
      taskId: "t1",
      url: "https://x.example/hook",
      token: "t",
      authentication: { scheme: "Bearer", credentials: "c" },
    };
    expect(fromLegacyPushConfig(toLegacyPushConfig(config, form))).toEqual(config);
  });

  test.each([true, false])("a request comes back as it was, returning immediately: %s", (returnImmediately) => {
    const push = { id: "p1", url: "https://x.example/hook" };
    const configuration = { acceptedOutputModes: ["text/plain"], historyLength: 3, returnImmediately, taskPushNotificationConfig: push };
    const request = { message: MESSAGE, configuration, metadata: { k: 1 } };
    expect(fromLegacySendRequest(toLegacySendRequest(request, form), form)).toEqual(request);
  });

  test.each<readonly [string, JsonObject]>([
    ["text", { text: "" }],
    ["bytes", { raw: "PHN2Zy8+", mediaType: "image/svg+xml" }],
    ["an address", { url: "https://x.example/a.pdf", mediaType: "application/pdf" }],
    ["data", { data: { a: [1, null, { b: true }] } }],
  ])("a part with %s comes back as it was", (_what, part) => {
    const event = { message: { ...MESSAGE, parts: [part] } };
    expect(fromLegacyEvent(toLegacyEvent(event, form))).toEqual(event);
  });
});

const partTo = (form: LegacyForm, part: JsonObject): Json | undefined => {
  const told = toLegacyEvent({ message: { ...MESSAGE, parts: [part] } }, form);
  const inner = (form === "schema" ? told : told["message"]) as { readonly parts?: readonly Json[]; readonly content?: readonly Json[] };
  return (inner.parts ?? inner.content)?.[0];
};

describe("what 0.3 says in another way", () => {
  test.each<readonly [JsonObject, Json, Json]>([
    [{ text: "x", mediaType: "text/plain" }, { kind: "text", text: "x" }, { text: "x" }],
    [
      { text: "# x", mediaType: "text/markdown", filename: "a.md", metadata: { k: 1 } },
      { kind: "text", text: "# x", metadata: { k: 1, mimeType: "text/markdown", name: "a.md" } },
      { text: "# x" },
    ],
    [
      { raw: "AA==", mediaType: "image/png", filename: "a.png", metadata: { k: 1 } },
      { kind: "file", file: { bytes: "AA==", mimeType: "image/png", name: "a.png" }, metadata: { k: 1 } },
      { file: { fileWithBytes: "AA==", mimeType: "image/png" } },
    ],
    [{ url: "https://x.example" }, { kind: "file", file: { uri: "https://x.example" } }, { file: { fileWithUri: "https://x.example" } }],
    [{ data: { a: 1 }, mediaType: "application/json" }, { kind: "data", data: { a: 1 } }, { data: { data: { a: 1 } } }],
    [{ data: [1] }, { kind: "data", data: { value: [1] }, metadata: { data_part_compat: true } }, { data: { data: { value: [1] } } }],
    [{ data: null }, { kind: "data", data: { value: null }, metadata: { data_part_compat: true } }, { data: { data: { value: null } } }],
  ])("the part %j", (part, schema, proto) => {
    expect([partTo("schema", part), partTo("proto", part)]).toEqual([schema, proto]);
  });

  test("a value that is no object comes back unwrapped", () => {
    const event = { message: { ...MESSAGE, parts: [{ data: [1, 2], metadata: { k: 1 } }, { data: null }] } };
    expect(fromLegacyEvent(toLegacyEvent(event, "schema"))).toEqual(event);
  });

  test.each([
    ["TASK_STATE_SUBMITTED", false],
    ["TASK_STATE_WORKING", false],
    ["TASK_STATE_AUTH_REQUIRED", false],
    ["TASK_STATE_INPUT_REQUIRED", true],
    ["TASK_STATE_COMPLETED", true],
    ["TASK_STATE_FAILED", true],
    ["TASK_STATE_REJECTED", true],
    ["TASK_STATE_CANCELED", true],
  ])("an update to %s is final: %s, as the stream ends there", (state, final) => {
    const { final: said } = toLegacyEvent({ statusUpdate: { ...UPDATE, status: { state } } }, "schema");
    expect(said).toBe(final);
  });

  test("only JSON Schema's form knows references; the protocol buffers have no place for them", () => {
    const event = { message: { ...MESSAGE, referenceTaskIds: ["t0"], extensions: ["urn:x"] } };
    expect(toLegacyEvent(event, "schema")).toEqual({
      kind: "message",
      messageId: "m1",
      contextId: "c1",
      taskId: "t1",
      role: "user",
      parts: [{ kind: "text", text: "Hello." }],
      extensions: ["urn:x"],
      referenceTaskIds: ["t0"],
    });
    expect(toLegacyEvent(event, "proto")).toEqual({
      message: { messageId: "m1", contextId: "c1", taskId: "t1", role: "ROLE_USER", content: [{ text: "Hello." }], extensions: ["urn:x"] },
    });
  });

  test("protocol buffers say nothing where they mean 0 or false, and names with underscores", () => {
    const request = { request: { message_id: "m1", role: "ROLE_USER", content: [{ file: { file_with_uri: "u", mime_type: "t" } }] } };
    expect(fromLegacySendRequest({ ...request, configuration: { history_length: 0 } }, "proto")).toEqual({
      message: { messageId: "m1", role: "ROLE_USER", parts: [{ url: "u", mediaType: "t" }] },
      configuration: { returnImmediately: true },
    });
    expect(fromLegacySendRequest({ message: MESSAGE, configuration: {} }, "schema")).toMatchObject({
      configuration: { returnImmediately: false },
    });
  });

  test("of several schemes the first is taken, and a config without an id is the task's own", () => {
    const authentication = { schemes: ["Bearer", "Basic"] };
    expect(fromLegacyPushConfig({ taskId: "t1", pushNotificationConfig: { url: "u", id: "", authentication } })).toEqual({
      taskId: "t1",
      id: "t1",
      url: "u",
      authentication: { scheme: "Bearer" },
    });
  });
});

describe("what nobody can read", () => {
  const messageWith = (...parts: readonly Json[]) => ({ message: { messageId: "m1", role: "user", parts } });

  test.each<readonly [string, Json, string]>([
    ["of an unknown kind", { kind: "video", text: "x" }, "message.parts[1]"],
    ["without a content", {}, "message.parts[1]"],
    ["of a kind that it is not", { kind: "text", data: {} }, "message.parts[1]"],
    ["that is a file of nothing", { kind: "file", file: { name: "x" } }, "message.parts[1].file"],
    ["that is two files", { kind: "file", file: { uri: "x", bytes: "" } }, "message.parts[1].file"],
    ["that is a file of text", { kind: "file", file: "x" }, "message.parts[1]"],
  ])("a part %s is refused where it stands", (_what, part, field) => {
    const read = () => fromLegacySendRequest(messageWith({ kind: "text", text: "a" }, part), "schema");
    expect(read).toThrow(InvalidFieldsError);
    expect(read).toThrow(field);
  });

  test("an event of no known kind is refused", () => {
    expect(() => fromLegacyEvent({ kind: "dream" })).toThrow(InvalidFieldsError);
    expect(() => fromLegacyEvent({})).toThrow(InvalidFieldsError);
    expect(() => fromLegacyPushConfig({ taskId: "t1" })).toThrow(/pushNotificationConfig must be an object/);
  });

  test("anything else is passed on to those who check the form of 1.0", () => {
    const odd = { message: { messageId: 7, role: "boss", parts: "x", metadata: [] }, configuration: "x", metadata: 1 };
    expect(fromLegacySendRequest(odd, "schema")).toEqual(odd);
    expect(fromLegacyTask({ id: "t1", status: "x", history: [1], artifacts: {} })).toEqual({
      id: "t1",
      status: "x",
      history: [1],
      artifacts: {},
    });
    expect(Task.fromJSON(fromLegacyTask({ id: "t1", status: { state: "dreaming" } })).status?.state).toBe(-1);
  });
});
