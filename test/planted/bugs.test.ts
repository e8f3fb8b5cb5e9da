import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { BUGS } from "./bugs.ts";
import { ROOT } from "../support/source-files.ts";

describe("planted bugs", () => {
  it("stand where their text is found exactly once, so that none has rotted", () => {
    const wrong = BUGS.filter(({ file, text }) => readFileSync(`${ROOT}/${file}`, "utf8").split(text).length !== 2);
    expect(wrong.map(({ id, file }) => `${id} in ${file}`)).toEqual([]);
  });

  it("are many, each with a name of its own", () => {
    expect(BUGS.length).toBeGreaterThanOrEqual(25);
    expect(new Set(BUGS.map(({ id }) => id)).size).toBe(BUGS.length);
  });
});
