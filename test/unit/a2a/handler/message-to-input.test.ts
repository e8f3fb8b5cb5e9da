import { type Part, Role } from "@a2a-js/sdk";
import { describe, expect, it } from "vitest";

import { messageToInput, textFieldOf } from "../../../../src/a2a/server/message-to-input.ts";
import { dataPart, message, textPart } from "../../../../src/a2a/wire/wire.ts";
import { workflowFromObject } from "../../../../src/authoring/file/workflow-from-object.ts";
import { MAX_FILES, MAX_INLINE_FILE_BYTES } from "../../../../src/base/limits.ts";
import type { JsonObject } from "../../../../src/base/json.ts";

const TEXT = { type: "string" };
const NUMBER = { type: "number" };

function inputOf(input: JsonObject | null, ...parts: readonly Part[]) {
  const definition = workflowFromObject({
    tutti: "1.0",
    name: "given",
    version: "1.0.0",
    ...(input === null ? {} : { input }),
    steps: { done: { set: { "a.b": 1 } } },
  });
  const said = message({ id: "m-1", role: Role.ROLE_USER, parts, contextId: "", taskId: "" });
  return messageToInput(definition, said, { receivedAt: 0, keepFile: async (content) => `hash-${content.length}` });
}

const schemaOf = (properties: JsonObject, required: readonly string[] = []): JsonObject => ({ type: "object", properties, required });

function file(name: string, size: number): Part {
  return { content: { $case: "raw", value: Buffer.alloc(size) }, metadata: undefined, filename: name, mediaType: "text/csv" };
}

describe("the text of a message", () => {
  it.each([
    ["the only text that is needed", schemaOf({ topic: TEXT, text: TEXT }, ["topic"]), "topic"],
    ["a field that is there for it, when several texts are needed", schemaOf({ a: TEXT, goal: TEXT }, ["a", "goal"]), "goal"],
    ["the only text that there is", schemaOf({ n: NUMBER, note: { type: ["string", "null"] } }), "note"],
    ["nothing, when several could be meant", schemaOf({ a: TEXT, b: TEXT }), null],
    ["nothing, when no field is a text", schemaOf({ n: NUMBER }), null],
    ["`text`, when there is no schema", null, "text"],
  ])("is %s", (_what, schema, field) => {
    expect(textFieldOf(schema)).toBe(field);
  });

  it("is the whole input where that is a text", async () => {
    expect(await inputOf(TEXT, textPart("Peace"))).toBe("Peace");
  });

  it("does not replace what the data says, and is no reason to refuse it", async () => {
    const schema = schemaOf({ goal: TEXT, n: NUMBER });
    expect(await inputOf(schema, textPart("Please."), dataPart({ goal: "Peace" }))).toEqual({ goal: "Peace" });
    expect(await inputOf(schemaOf({ n: NUMBER }), textPart("Please."), dataPart({ n: 1 }))).toEqual({ n: 1 });
  });

  it("is read as data where only data fits, and refused with what is expected where it is none", async () => {
    expect(await inputOf(schemaOf({ n: NUMBER }), textPart(' {"n": 1}'))).toEqual({ n: 1 });
    for (const words of ["one", "{one}", "[1]"])
      await expect(inputOf(schemaOf({ n: NUMBER }), textPart(words))).rejects.toMatchObject({
        message: expect.stringContaining('no place for a text alone; give its input as a data part. Its input must fit {"type":"object"'),
        metadata: { input_schema: expect.stringContaining('"n"') },
      });
  });
});

describe("the data of a message", () => {
  it("is the input as it is", async () => {
    expect(await inputOf(null, dataPart([1, 2]))).toEqual([1, 2]);
    expect(await inputOf(null, dataPart(null))).toBe(null);
  });

  it("in several parts is put together, and no key may be there twice", async () => {
    expect(await inputOf(null, dataPart({ a: 1 }), dataPart({ b: 2 }), textPart("both"))).toEqual({ a: 1, b: 2, text: "both" });
    await expect(inputOf(null, dataPart({ a: 1 }), dataPart({ a: 2 }))).rejects.toThrow('Two data parts of the message have "a"');
    await expect(inputOf(null, dataPart({ a: 1 }), dataPart(2))).rejects.toThrow("must be an object");
  });

  it("that does not fit is refused with every problem", async () => {
    await expect(inputOf(schemaOf({ a: NUMBER, b: NUMBER }, ["a", "b"]), dataPart({ a: "x" }))).rejects.toMatchObject({
      metadata: { workflow: "given", problems: expect.stringMatching(/a.*b|b.*a/) },
    });
  });
});

describe("the files of a message", () => {
  it("are kept by reference, as a list or one alone, and an address stays one", async () => {
    const url: Part = { content: { $case: "url", value: "https://example.com/b" }, metadata: undefined, filename: "", mediaType: "" };
    const first = { payload: "hash-3", bytes: 3, name: "a.csv", mediaType: "text/csv" };
    expect(await inputOf(null, file("a.csv", 3), url)).toEqual({
      files: [first, { url: "https://example.com/b", name: "file-2", mediaType: "application/octet-stream" }],
    });
    expect(await inputOf(schemaOf({ file: {} }), file("a.csv", 3))).toEqual({ file: first });
  });

  it("that have no place, are too many or too large, are refused", async () => {
    const one = file("a", 1);
    await expect(inputOf(schemaOf({ n: NUMBER }), one)).rejects.toThrow("no place for the files");
    await expect(inputOf(schemaOf({ file: {} }), one, one)).rejects.toThrow("no place for the files");
    await expect(inputOf(schemaOf({ files: {} }), textPart('{"files": []}'), one)).rejects.toThrow("no place for the files");
    await expect(inputOf(null, ...Array.from({ length: MAX_FILES + 1 }, () => one))).rejects.toThrow(`it may have ${MAX_FILES}`);
    await expect(inputOf(null, file("a", MAX_INLINE_FILE_BYTES + 1))).rejects.toThrow("give a URL");
  });
});
