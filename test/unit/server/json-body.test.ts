import { assert, constantFrom, jsonValue, nat, property, string } from "fast-check";
import { describe, expect, it } from "vitest";

import { MAX_JSON_DEPTH, MAX_REQUEST_VALUES } from "../../../src/base/limits.ts";
import { parseJson } from "../../../src/server/http/json-body.ts";

describe("a body", () => {
  it("is what JSON.parse makes of it, whatever its texts hold", () => {
    const isSame = (value: unknown, indent: number): boolean => {
      const text = JSON.stringify(value, null, indent);
      const parsed = parseJson(text);
      return text.includes("__proto__") || (parsed.kind === "json" && JSON.stringify(parsed.value, null, indent) === text);
    };
    expect(() => assert(property(jsonValue({ depthSize: "large" }), nat({ max: 3 }), isSame))).not.toThrow();
  });

  it("is not JSON when JSON.parse says so, and is never thrown back", () => {
    const unit = constantFrom("{", "}", "[", "]", ",", ":", '"', "\\", "0", " ", "a");
    const isJudged = (text: string): boolean => ["json", "notJson"].includes(parseJson(text).kind);
    expect(() => assert(property(string({ unit }), isJudged))).not.toThrow();
  });

  it.each([
    ["as deep as may be", "[".repeat(MAX_JSON_DEPTH) + "]".repeat(MAX_JSON_DEPTH), "json"],
    ["deeper", "[".repeat(MAX_JSON_DEPTH + 1) + "]".repeat(MAX_JSON_DEPTH + 1), "refused"],
    ["with as many values as may be", `[${"0,".repeat(MAX_REQUEST_VALUES - 2)}0]`, "json"],
    ["with more", `[${"0,".repeat(MAX_REQUEST_VALUES)}0]`, "refused"],
    ["wide and never deep", `[${"[],".repeat(1_000)}0]`, "json"],
    ["with a text that never ends", '["\\"', "notJson"],
    ["with a key that is the prototype, deep inside", '[{"a":[{"__proto__":1}]}]', "refused"],
    ["with the same in escapes", String.raw`{"\u005f\u005fproto\u005f\u005f":1}`, "refused"],
    ["with the same as a value", '{"a":"__proto__"}', "json"],
  ])("%s is judged before it is used", (_what, text, kind) => {
    expect(parseJson(text).kind).toBe(kind);
  });
});
