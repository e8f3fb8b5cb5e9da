/** Reads one step that is wrong, and what is said about it. */
import { expect, it } from "vitest";

import { loadText } from "../../../src/authoring/file/load-file.ts";

/** The step `x` begins at column 6 of line 5, beside a step `before`. */
export function problems(step: string, agents?: readonly string[]): readonly string[] {
  const text = `tutti: "1.0"\nname: w\nsteps:\n  before: { capability: c }\n  x: ${step}\n`;
  const loaded = loadText(text, "w.yaml", agents === undefined ? {} : { agents });
  if (loaded.ok) throw new Error("It loads.");
  return loaded.error.map(
    (found) => `${found.code} ${found.line}:${found.column} ${found.length} ${found.message}${found.help === null ? "" : ` ${found.help}`}`,
  );
}

export type Case = readonly [title: string, step: string, found: readonly string[]];

/** A title, the step, and everything that is wrong with it. */
export function mistakes(cases: readonly Case[]): void {
  it.each(cases)("%s", (_, step, found) => {
    expect(problems(step)).toEqual(found);
  });
}
