import { describe, expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import { compareDefinitions, comparisonText, differenceText } from "../../../src/definition/difference.ts";
import { fingerprintOf } from "../../../src/definition/fingerprint.ts";
import type { JsonObject } from "../../../src/base/json.ts";

function report(step: JsonObject, rest: JsonObject = {}): Definition {
  return workflowFromObject({ name: "report", version: "1.0.0", steps: { write: { capability: "write", ...step } }, ...rest });
}

function textsOf(before: Definition, after: Definition): readonly string[] {
  return compareDefinitions(before, after).differences.map(differenceText);
}

describe("the difference of two definitions", () => {
  it("is empty exactly when they have one fingerprint; where agents lead is left out", () => {
    const here: Definition = { ...report({}), agents: { writer: { kind: "local", name: "a" } } };
    const there: Definition = { ...report({}), agents: { writer: { kind: "local", name: "b" } } };
    expect(fingerprintOf(here)).toBe(fingerprintOf(there));
    expect(compareDefinitions(here, there)).toEqual({ differences: [], isWhole: true });
  });

  it("names the path of each change, of what was added, and of what is gone", () => {
    const before = report({ timeout: "5m", with: { "odd key": [1, 2] } });
    const after = report({ timeout: "10m", with: { "odd key": [1], new: true } });
    expect(textsOf(before, after)).toEqual([
      'steps.write.with["odd key"][1]: removed 2',
      "steps.write.with.new: added true",
      "steps.write.timeoutMs: 300000 → 600000",
    ]);
  });

  it("tells a value from another kind of value, and null from absent", () => {
    expect(textsOf(report({ with: { a: null, b: [] } }), report({ with: { a: 0, b: {} } }))).toEqual([
      "steps.write.with.a: null → 0",
      "steps.write.with.b: [] → {}",
    ]);
    expect(textsOf(report({ with: {} }), report({ with: { a: null } }))).toEqual(["steps.write.with.a: added null"]);
  });

  it("is bounded, and says that there is more", () => {
    const many = (offset: number) => Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, index + offset]));
    const comparison = compareDefinitions(report({ with: many(0) }), report({ with: many(1) }), 2);
    expect(comparison).toMatchObject({ isWhole: false, differences: [{ path: "steps.write.with.k0" }, { path: "steps.write.with.k1" }] });
    expect(comparisonText(comparison, 1)).toBe("steps.write.with.k0: 0 → 1; and more");
    const exact = compareDefinitions(report({ with: { a: 1 } }), report({ with: { a: 2 } }), 1);
    expect(exact).toMatchObject({ isWhole: true, differences: [{ kind: "changed" }] });
  });

  it("cuts long values, and a name of the prototype is a name like others", () => {
    const [text = ""] = textsOf(report({ with: { a: "x".repeat(500) } }), report({ with: { a: "y" } }));
    expect(text.length).toBeLessThan(120);
    expect(textsOf(report({ with: {} }), report({ with: { toString: 1 } }))).toEqual(["steps.write.with.toString: added 1"]);
  });
});
