/** What an agent's data may be before it becomes ours. */
import { describe, expect, it } from "vitest";

import type { Part } from "@a2a-js/sdk";
import { dataOf, metadataObject } from "../../../src/a2a/wire/wire.ts";

function data(text: string): Part {
  const value: unknown = JSON.parse(text);
  return { content: { $case: "data", value }, metadata: undefined, filename: "", mediaType: "application/json" };
}

describe("data from the wire", () => {
  it("with a number too large for JSON is refused, so that a run sees the same live and in its history", () => {
    const values = dataOf([data('{ "x": [1e999] }'), data("-1e999"), data('{ "x": [1e300, null] }')]);
    expect(values).toEqual(["[a number is too large]", "[a number is too large]", { x: [1e300, null] }]);
    expect(JSON.parse(JSON.stringify(values))).toEqual(values);
    expect(metadataObject({ usage: { tokens: JSON.parse("1e999") as number } }, "usage")).toBeUndefined();
  });

  it("that is nested too deeply is refused", () => {
    expect(dataOf([data("[".repeat(1_000) + "]".repeat(1_000))])).toEqual(["[nested too deeply]"]);
  });
});
