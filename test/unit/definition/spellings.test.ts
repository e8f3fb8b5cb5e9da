import { describe, expect, it } from "vitest";

import { parseExpression } from "../../../src/definition/expression/parse.ts";

describe("an expression in another language's spelling", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["a = b", "In CEL, equal is ==, and not equal is !=."],
    ["a === b", "In CEL, equal is ==, and not equal is !=."],
    ["a !== b", "In CEL, equal is ==, and not equal is !=."],
    ["a == b and c", "In CEL, and is &&."],
    ["a & b", "In CEL, and is &&."],
    ["a or b", "In CEL, or is ||."],
    ["a | b", "In CEL, or is ||."],
    ["not a", "In CEL, not is !: for example !input.urgent."],
    ["a?.b", 'What may be missing is read with .?: for example input.?note.orValue("none").'],
    ["a ?? b", 'What may be missing is read with .?: for example input.?note.orValue("none").'],
    ["a.map(x => x)", "In CEL, a macro names its variable: for example rows.filter(row, row.amount > 3)."],
    ["a ==", "Expressions are CEL: for example steps.plan.output.count > 3 && input.urgent."],
    ["a b", "Expressions are CEL: for example steps.plan.output.count > 3 && input.urgent."],
  ];
  it.each(cases)("%s is told how CEL has it", (source, help) => {
    const parsed = parseExpression(source);
    expect(parsed.ok ? null : parsed.error).toMatchObject({ code: "T1201", help });
  });
});
