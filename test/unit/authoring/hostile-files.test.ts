/**
 * Files and expressions that nobody means well with: examples with pieces cut out, repeated and replaced.
 * Whatever they say, the answer is a definition or problems with codes, soon; never an exception.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { loadText } from "../../../src/authoring/file/load-file.ts";
import { compile } from "../../../src/definition/compile.ts";
import { compileExpression } from "../../../src/definition/expression/expression.ts";
import { ROOT } from "../../support/source-files.ts";
import { publishFigures } from "../../support/trust-figures.ts";
import { scopeOf } from "../definition/scope.ts";

const isLong = (process.env["TUTTI_SWEEP"] ?? "small") !== "small";
/** In all, besides: what is bounded is the time. */
const LIMIT_MS = isLong ? 15_000 : 2_000;
/** For one file or expression, on a loaded machine. */
const SLOW_MS = 2_000;
const BOUNDS = { numRuns: 1_000_000, interruptAfterTimeLimit: LIMIT_MS, markInterruptAsFailure: false };

const EXAMPLES = join(ROOT, "examples");
const FILES = readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".tutti.yaml"))
  .map((name) => readFileSync(join(EXAMPLES, name), "utf8"));
const WORDS =
  "__proto__ constructor &a *a <<: *a !!js/function !!binary ${{ }} needs: each: null ~ 1e400 -0 .nan \u0000 \ud800 \u202e [[ {{ ]] --- ... ? | > % @ ` 0x7fffffffffffffff steps: loop: max: 1000000000 \t".split(
    " ",
  );
const OPERATORS =
  "( ) [ ] { } . , ? : + - * / % ! && || == != < > in has size map filter matches input steps 1 -9223372036854775808 0u 'a' \"b\" r'c' b'd' null true x @ \\".split(
    " ",
  );

type Edit = { readonly at: number; readonly length: number; readonly text: string };

const edits = (words: readonly string[]): fc.Arbitrary<readonly Edit[]> =>
  fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat(40),
      text: fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 12 }), fc.constantFrom("[".repeat(2_000), "a: ".repeat(500), "")),
    }),
    { minLength: 1, maxLength: 6 },
  );

function applied(text: string, changes: readonly Edit[]): string {
  return changes.reduce((now, { at, length, text: put }) => {
    const place = Math.floor(at * now.length);
    return now.slice(0, place) + put + now.slice(place + length);
  }, text);
}

describe("hostile files", () => {
  it("a damaged workflow file is a definition or problems with codes, soon", { timeout: LIMIT_MS + 30_000 }, () => {
    let [count, taken, slowestMs] = [0, 0, 0];
    fc.assert(
      fc.property(fc.constantFrom(...FILES), edits(WORDS), (file, changes) => {
        const beganAt = performance.now();
        const loaded = loadText(applied(file, changes), "hostile.tutti.yaml");
        if (loaded.ok) compile(loaded.value);
        else for (const { code } of loaded.error) expect(code).toMatch(/^T1\d{3}$/);
        count += 1;
        taken += loaded.ok ? 1 : 0;
        slowestMs = Math.max(slowestMs, performance.now() - beganAt);
      }),
      BOUNDS,
    );
    publishFigures("file-fuzz", { files: count, taken, thrown: 0, slowestMs: Math.round(slowestMs) });
    expect(slowestMs).toBeLessThan(SLOW_MS);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it("a damaged expression is a value or a failure, soon", { timeout: LIMIT_MS + 30_000 }, () => {
    let [count, evaluated, slowestMs] = [0, 0, 0];
    const scope = scopeOf({ items: [1, 2, 3], text: "abc" });
    const soup = fc.array(fc.constantFrom(...OPERATORS), { maxLength: 40 }).map((words) => words.join(" "));
    const known = fc.tuple(
      fc.constantFrom("size(input.items.map(x, x * 2)) > 1 ? input.text : 'b'", "input.text.matches('^(a+)+$')"),
      edits(OPERATORS),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          soup,
          known.map(([text, changes]) => applied(text, changes)),
        ),
        (source) => {
          const beganAt = performance.now();
          const compiled = compileExpression(source);
          if (compiled.ok) evaluated += compiled.value.evaluate(scope).ok ? 1 : 0;
          count += 1;
          slowestMs = Math.max(slowestMs, performance.now() - beganAt);
        },
      ),
      BOUNDS,
    );
    publishFigures("expression-fuzz", { expressions: count, evaluated, thrown: 0, slowestMs: Math.round(slowestMs) });
    expect(slowestMs).toBeLessThan(SLOW_MS);
    expect(evaluated).toBeGreaterThan(0);
  });
});
