/** Assertions that read a history: they work with every test runner, which shows what they throw. */
import { AssertionError } from "node:assert";

import type { Json } from "../base/json.ts";
import type { Definition } from "../definition/definition.ts";
import type { Fact } from "../scheduler/index.ts";
import { attemptsOf, dagOf, factsOf, orderOf, spanOf, type WithHistory } from "./history.ts";
import { differences } from "./matches.ts";

/** A place in an order: a path, or several in any order. */
export type Stage = string | readonly string[];

/** Each of these was over before the next one began. */
export function expectOrder(from: WithHistory, stages: readonly Stage[]): void {
  const problem = orderProblem(from, stages);
  if (problem !== null) fail(problem, stages, orderOf(from));
}

/** How often each of these subtasks was given to an agent. */
export function expectAttempts(from: WithHistory, attempts: { readonly [path: string]: number }): void {
  const actual = Object.fromEntries(Object.keys(attempts).map((path) => [path, attemptsOf(from, path)]));
  const wrong = Object.keys(attempts).filter((path) => actual[path] !== attempts[path]);
  if (wrong.length === 0) return;
  fail(wrong.map((path) => `${path} had ${counted(actual[path] ?? 0)}, not ${attempts[path]}.`).join(" "), attempts, actual);
}

/** Exactly these nodes and edges, in any order. */
export function expectDag(
  of: Definition | { readonly definition: Definition },
  nodes: readonly string[],
  edges: readonly (readonly [from: string, to: string])[],
): void {
  const actual = dagOf("definition" in of ? of.definition : of);
  const shown = (pairs: readonly (readonly [string, string])[]) => pairs.map(([from, to]) => `${from} -> ${to}`).toSorted();
  const expectedDag = { nodes: [...nodes].toSorted(), edges: shown(edges) };
  const actualDag = { nodes: [...actual.nodes].toSorted(), edges: shown(actual.edges) };
  const sentences = [...comparison("node", expectedDag.nodes, actualDag.nodes), ...comparison("edge", expectedDag.edges, actualDag.edges)];
  if (sentences.length > 0) fail(sentences.join(" "), expectedDag, actualDag);
}

/** The run completed with exactly this output. */
export function expectOutput(from: WithHistory, output: Json): void {
  const end = factsOf(from).findLast(isEnd);
  if (end?.kind !== "runCompleted") return fail(`The run did not complete: ${endInWords(end)}.`, output, end ?? null);
  const [first] = differences(end.output, output, true);
  if (first === undefined) return;
  const place = first.path === "" ? "The output" : `The output at ${first.path}`;
  fail(`${place} is ${short(first.actual)}, not ${short(first.expected)}.`, output, end.output);
}

/** Why stages were not in order; null when they were. */
export function orderProblem(from: WithHistory, stages: readonly Stage[]): string | null {
  let earlier: { readonly path: string; readonly end: number | null } | null = null;
  for (const stage of stages) {
    const spans = [stage].flat().map((path) => ({ path, span: spanOf(from, path) }));
    const missing = spans.find(({ span }) => span === null);
    if (missing !== undefined) return `${missing.path} never began.`;
    for (const { path, span } of spans) {
      if (earlier !== null && (earlier.end === null || earlier.end > (span?.begin ?? 0)))
        return `${path} began before ${earlier.path} was over.`;
    }
    const last = spans.toSorted((left, right) => rank(left.span?.end) - rank(right.span?.end)).at(-1);
    earlier = last === undefined ? earlier : { path: last.path, end: last.span?.end ?? null };
  }
  return null;
}

/** A value on one line, cut to what a person reads. */
export function short(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length <= SHORT ? text : `${text.slice(0, SHORT - 1)}…`;
}

const SHORT = 200;

function rank(end: number | null | undefined): number {
  return end ?? Number.POSITIVE_INFINITY;
}

function isEnd(fact: Fact): boolean {
  return fact.kind === "runCompleted" || fact.kind === "runFailed" || fact.kind === "runCanceled";
}

function endInWords(end: Fact | undefined): string {
  if (end?.kind === "runFailed") return `it failed with ${end.failure.code}: ${end.failure.message.replace(/\.$/, "")}`;
  return end?.kind === "runCanceled" ? `it was canceled: ${end.reason}` : "it is not over";
}

function comparison(what: string, expected: readonly string[], actual: readonly string[]): readonly string[] {
  const missing = expected.filter((item) => !actual.includes(item));
  const extra = actual.filter((item) => !expected.includes(item));
  return [...missing.map((item) => `The ${what} ${item} is missing.`), ...extra.map((item) => `The ${what} ${item} is not wanted.`)];
}

function counted(attempts: number): string {
  return `${attempts} attempt${attempts === 1 ? "" : "s"}`;
}

function fail(message: string, expected: unknown, actual: unknown): never {
  throw new AssertionError({ message, expected, actual, operator: "expect" });
}
