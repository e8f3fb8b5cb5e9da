/** Reads a draft, runs it in a context of its own with a time limit, and says what it is worth. */
import { createContext, Script } from "node:vm";

import type { Finding, Spec } from "./spec.ts";

/** What a review is made of; together 1. Bugs weigh most. */
const WEIGHTS = { tests: 0.7, style: 0.2, performance: 0.1 };
const TIME_LIMIT_MS = 1000;
const LONG_INPUT = "Some words, again and again. ".repeat(4000);

export type Review = { readonly quality_score: number; readonly passed: string; readonly feedback: readonly Finding[] };

export function reviewOf(code: string, spec: Spec): Review {
  const loaded = load(code, spec.name);
  if (typeof loaded === "string")
    return { quality_score: 0, passed: `0 of ${spec.examples.length}`, feedback: [{ kind: "bug", rule: "loads", message: loaded }] };
  const bugs = spec.examples.flatMap((example) => bugOf(loaded, example));
  const style = styleOf(code);
  const slow = slownessOf(loaded);
  const passed = spec.examples.length - bugs.length;
  const score =
    WEIGHTS.tests * (passed / spec.examples.length) +
    WEIGHTS.style * (1 - style.length / STYLE.length) +
    WEIGHTS.performance * (slow.length === 0 ? 1 : 0);
  return {
    quality_score: Math.round(score * 100) / 100,
    passed: `${passed} of ${spec.examples.length}`,
    feedback: [...bugs, ...style, ...slow],
  };
}

type Run = (input: string) => unknown;

/** The function that a draft defines; a sentence when it does not parse or defines none. */
function load(code: string, name: string): Run | string {
  try {
    const context = createContext({});
    new Script(code).runInContext(context, { timeout: TIME_LIMIT_MS });
    const type: unknown = new Script(`typeof ${name}`).runInContext(context);
    if (type !== "function") return `The code defines no function ${name}.`;
    return (input) => new Script(`${name}(${JSON.stringify(input)})`).runInContext(context, { timeout: TIME_LIMIT_MS });
  } catch (error) {
    return `The code does not load: ${messageOf(error)}`;
  }
}

function bugOf(run: Run, example: Spec["examples"][number]): readonly Finding[] {
  const { input, expected } = example;
  const bug = (what: string): readonly Finding[] => [
    { kind: "bug", rule: "example", message: `For ${JSON.stringify(input)} it ${what}, not ${JSON.stringify(expected)}.`, example },
  ];
  try {
    const actual = run(input);
    return actual === expected ? [] : bug(`gives ${JSON.stringify(actual)}`);
  } catch (error) {
    return bug(`throws ${messageOf(error)}`);
  }
}

type StyleRule = { readonly rule: string; readonly breaks: (code: string) => boolean; readonly message: string };

const STYLE: readonly StyleRule[] = [
  { rule: "no var", breaks: (code) => /\bvar\b/.test(code), message: "Return the value, or use const: var outlives its block." },
  { rule: "doc comment", breaks: (code) => !code.startsWith("/**"), message: "Say above the function what it does." },
  {
    rule: "long line",
    breaks: (code) => code.split("\n").some((line) => line.length > 100 && !line.startsWith("/**")),
    message: "Break lines of more than 100 characters.",
  },
];

function styleOf(code: string): readonly Finding[] {
  return STYLE.filter(({ breaks }) => breaks(code)).map(({ rule, message }) => ({ kind: "style", rule, message }));
}

/** A hundred thousand characters must be done within the time limit. */
function slownessOf(run: Run): readonly Finding[] {
  try {
    run(LONG_INPUT);
    return [];
  } catch {
    // Whatever it threw: it has not done a long text.
    return [
      { kind: "performance", rule: "long text", message: `A text of ${LONG_INPUT.length} characters is not done in ${TIME_LIMIT_MS} ms.` },
    ];
  }
}

/** Errors of another context are no instances of this one's `Error`. */
function messageOf(error: unknown): string {
  return typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
}
