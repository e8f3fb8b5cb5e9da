import { describe, expect, it } from "vitest";

import { REQUEST_SHAPES, violationsOf } from "../../../src/a2a/wire/request-shape.ts";
import type { JsonObject } from "../../../src/base/json.ts";

const fieldsOf = (name: keyof typeof REQUEST_SHAPES, request: JsonObject) =>
  violationsOf(REQUEST_SHAPES[name], request).map(({ field }) => field);
const send = (part: JsonObject): JsonObject => ({ message: { messageId: "m", role: "ROLE_USER", parts: [part] } });

describe("a request", () => {
  it.each([
    ["a task by its id", "GetTask", { id: "t", historyLength: 0 }],
    ["numbers as texts", "GetTask", { id: "t", historyLength: "12" }],
    ["names as the proto has them", "ListTasks", { context_id: "c", page_size: 5, include_artifacts: true }],
    ["null for nothing", "ListTasks", { contextId: null, status: null, pageSize: null }],
    ["a state by its number", "ListTasks", { status: 2 }],
    ["an instant with an offset", "ListTasks", { statusTimestampAfter: "2026-01-31T10:00:00.123+01:00" }],
    ["fields that nobody knows", "CancelTask", { id: "t", newField: { a: 1 } }],
    ["any data", "SendMessage", send({ data: [1, { a: null }] })],
    ["bytes in either alphabet", "SendMessage", send({ raw: "_-8=", filename: "a", mediaType: "text/plain" })],
    ["no bytes", "SendMessage", send({ raw: "" })],
    ["two and three letters of bytes without padding", "SendMessage", { message: { parts: [{ raw: "AA" }, { raw: "AAAAAAA" }] } }],
    ["less padding than there could be", "SendMessage", send({ raw: "AA=" })],
    ["one content and nulls", "SendMessage", send({ text: "a", url: null })],
  ] as const)("with %s is of the right form", (_what, name, request) => {
    expect(violationsOf(REQUEST_SHAPES[name], request)).toEqual([]);
  });

  it.each([
    ["a text that is an object", "SendMessage", send({ text: {} }), ["message.parts[0].text"]],
    ["two contents", "SendMessage", send({ text: "a", url: "b" }), ["message.parts[0]"]],
    ["bytes that are none", "SendMessage", send({ raw: "a b" }), ["message.parts[0].raw"]],
    ["a letter that is no byte", "SendMessage", send({ raw: "A" }), ["message.parts[0].raw"]],
    ["a letter and padding", "SendMessage", send({ raw: "A==" }), ["message.parts[0].raw"]],
    ["a letter too many", "SendMessage", send({ raw: "AAAAA=" }), ["message.parts[0].raw"]],
    ["metadata that is an array", "SendMessage", { metadata: [] }, ["metadata"]],
    ["parts that are one part", "SendMessage", { message: { parts: {} } }, ["message.parts"]],
    ["a part that is a text", "SendMessage", { message: { parts: ["a"] } }, ["message.parts[0]"]],
    ["a message that is a list", "SendMessage", { message: [] }, ["message"]],
    ["a role of nobody", "SendMessage", { message: { role: "ROLE_KING" } }, ["message.role"]],
    ["a number for a mode", "SendMessage", { configuration: { acceptedOutputModes: ["a", 1] } }, ["configuration.acceptedOutputModes[1]"]],
    ["a flag in words", "SendMessage", { configuration: { returnImmediately: "yes" } }, ["configuration.returnImmediately"]],
    ["a number that is none", "GetTask", { id: 7, history_length: "x" }, ["id", "historyLength"]],
    ["a number with a fraction", "GetTask", { historyLength: 1.5 }, ["historyLength"]],
    ["a number beyond int32", "GetTask", { historyLength: 2 ** 31 }, ["historyLength"]],
    ["a state that is none", "ListTasks", { status: "WORKING" }, ["status"]],
    ["a state of no number", "ListTasks", { status: 9 }, ["status"]],
    ["a day for an instant", "ListTasks", { statusTimestampAfter: "2026-01-31" }, ["statusTimestampAfter"]],
    ["an instant that never was", "ListTasks", { statusTimestampAfter: "2026-13-31T10:00:00Z" }, ["statusTimestampAfter"]],
    ["credentials that are a text", "PushConfig", { authentication: "Bearer" }, ["authentication"]],
  ] as const)("with %s is told where", (_what, name, request, fields) => {
    expect(fieldsOf(name, request)).toEqual(fields);
  });

  it("is not told more than a person reads", () => {
    const parts = Array.from({ length: 1_000 }, () => ({ text: 1 }));
    expect(fieldsOf("SendMessage", { message: { parts } })).toHaveLength(10);
  });
});
