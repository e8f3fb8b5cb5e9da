import type { Json } from "../base/json.ts";
import { formatDuration } from "../base/duration.ts";
import type { DocumentPath } from "../definition/problem.ts";
import { orderProblem, short } from "./expectations.ts";
import { differences, holds } from "./matches.ts";
import type { Expectations, ExpectKey, Mismatch } from "./scenario.ts";
import type { TestRun } from "./test-run.ts";

/** Everything that did not become as a scenario says. */
export function mismatchesOf(run: TestRun, expect: Expectations): readonly Mismatch[] {
  const add = mismatchAt(expect);
  return [
    ...checkEnd(run, expect, add),
    ...checkOutput(run, expect, add),
    ...checkCounts("attempts", expect.attempts, (path) => run.attempts(path), add),
    ...checkCounts("calls", expect.calls, (agent) => run.calls(agent).length, add),
    ...checkOrder(run, expect, add),
    ...checkList("skipped", expect.skipped, run.skipped(), add),
    ...checkList(
      "questions",
      expect.questions,
      run.questions().map(({ path }) => path),
      add,
    ),
    ...checkFacts(run, expect, add),
    ...checkTime(run, expect, add),
  ];
}

type Add = (
  key: ExpectKey,
  path: DocumentPath,
  message: string,
  values?: { readonly expected?: Json | undefined; readonly actual?: Json | undefined },
) => Mismatch;

function mismatchAt(expect: Expectations): Add {
  return (key, path, message, { expected, actual } = {}) => ({
    what: [key, ...path].join("/"),
    line: expect.lineOf([key, ...path]),
    message,
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual }),
  });
}

function checkEnd(run: TestRun, expect: Expectations, add: Add): readonly Mismatch[] {
  const { result } = run;
  const status = result.status === "open" ? run.status : result.status;
  if (status !== expect.status) {
    const why = result.status === "failed" ? `: ${result.failure.code} ${result.failure.message}` : "";
    const open = run.questions().map(({ path, prompt }) => `${path} asks "${prompt}"`);
    return [add("status", [], `The run is ${status}, not ${expect.status}${why}${open.length === 0 ? "" : `: ${open.join("; ")}`}`)];
  }
  if (expect.failure === undefined || result.status !== "failed") return [];
  return inWords("failure", "The failure", differences({ ...result.failure }, expect.failure), add);
}

function checkOutput(run: TestRun, { output, exactly }: Expectations, add: Add): readonly Mismatch[] {
  if (run.result.status !== "completed") return [];
  const actual = run.result.output;
  return [
    ...(output === undefined ? [] : inWords("output", "The output", differences(actual, output), add)),
    ...(exactly === undefined ? [] : inWords("exactly", "The output", differences(actual, exactly, true), add)),
  ];
}

function inWords(key: ExpectKey, what: string, found: ReturnType<typeof differences>, add: Add): readonly Mismatch[] {
  return found.map(({ path, expected, actual }) => {
    const parts = path.split("/").slice(1);
    const where = path === "" ? what : `${what} at ${path}`;
    return add(key, parts, `${where} differs.`, { expected, actual });
  });
}

function checkCounts(
  key: "attempts" | "calls",
  wanted: { readonly [name: string]: number } | undefined,
  count: (name: string) => number,
  add: Add,
): readonly Mismatch[] {
  return Object.entries(wanted ?? {}).flatMap(([name, expected]) => {
    const actual = count(name);
    return actual === expected
      ? []
      : [add(key, [name], `${name} has ${actual} ${actual === 1 ? key.slice(0, -1) : key}, not ${expected}.`, { expected, actual })];
  });
}

function checkOrder(run: TestRun, { order }: Expectations, add: Add): readonly Mismatch[] {
  const found = order === undefined ? null : orderProblem(run, order);
  if (order === undefined || found === null) return [];
  const expected = order.map((stage) => (typeof stage === "string" ? stage : [...stage]));
  return [add("order", [], found, { expected, actual: run.order() })];
}

function checkList(
  key: "skipped" | "questions",
  wanted: readonly string[] | undefined,
  actual: readonly string[],
  add: Add,
): readonly Mismatch[] {
  if (wanted === undefined || short([...wanted].toSorted()) === short([...actual].toSorted())) return [];
  const what = key === "skipped" ? "Skipped" : "Asked and not answered";
  return [
    add(key, [], `${what}: ${actual.join(", ") || "nothing"}; expected: ${wanted.join(", ") || "nothing"}.`, { expected: wanted, actual }),
  ];
}

/** Each in a fact after the one before it. */
function checkFacts({ history }: TestRun, { facts = [] }: Expectations, add: Add): readonly Mismatch[] {
  let next = 0;
  for (const [index, wanted] of facts.entries()) {
    const found = history.findIndex((fact, place) => place >= next && holds(fact, wanted));
    if (found === -1)
      return [add("facts", [index], `${index === 0 ? "No" : "After the one before, no"} fact of the history holds ${short(wanted)}.`)];
    next = found + 1;
  }
  return [];
}

function checkTime(run: TestRun, { withinMs }: Expectations, add: Add): readonly Mismatch[] {
  if (withinMs === undefined || run.elapsedMs <= withinMs) return [];
  return [add("within", [], `The run took ${formatDuration(run.elapsedMs)}, not at most ${formatDuration(withinMs)}.`)];
}
