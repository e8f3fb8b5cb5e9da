/**
 * Handlers: steps that stand in for one that fails. Where a word would do, a nested step may stand
 * instead of it.
 */
import { isJsonObject } from "../../base/json.ts";
import { MAX_NESTING } from "../../base/limits.ts";
import type { HandlerName, Handlers, Step } from "../../definition/definition.ts";
import { didYouMean } from "../../definition/did-you-mean.ts";
import { isAbsent, type Place, type Reader, report, reportForm } from "../file/reader.ts";
import type { StepSurroundings } from "./kind.ts";

/** Keys that say when and how often a step runs: of a handler, the failure says it. */
const WHEN_KEYS = ["needs", "if", "each", "as", "concurrency", "succeed"] as const;

/** A step that stands in no order with others: a handler, a compensation. */
export function readLoneStep(reader: Reader, place: Place, surroundings: StepSurroundings): Step | null {
  const { value, path } = place;
  if (isJsonObject(value)) {
    for (const key of WHEN_KEYS.filter((candidate) => Object.hasOwn(value, candidate))) {
      const message = `A step under \`${String(path.at(-1))}\` has no \`${key}\` of its own: it runs when it is called for, once.`;
      report(reader, {
        code: "T1011",
        message,
        help: "Take it out, or make it a step inside `steps: { … }`.",
        path: [...path, key],
        at: "key",
      });
    }
  }
  if (isTooDeep(reader, path, surroundings)) return null;
  const step = surroundings.readStep(reader, value, { ...surroundings, path, depth: surroundings.depth + 1 });
  return step === null ? null : { ...step, needs: [], if: null, each: null };
}

/** Whether no step may stand inside of this one; reports it. */
export function isTooDeep(reader: Reader, path: Place["path"], { depth }: StepSurroundings): boolean {
  if (depth < MAX_NESTING) return false;
  const message = `Steps are nested more than ${MAX_NESTING} deep.`;
  report(reader, {
    code: "T1017",
    message,
    help: "Make the inner steps a workflow of their own, and run it with `workflow`.",
    path,
    at: "key",
  });
  reader.isWhole = false;
  return true;
}

/** What stands behind the key of a policy: one of its words, or a handler. */
export type WordOrStep<Word extends string> = { readonly word: Word | null; readonly step: Step | null };

/** A word or a nested step; both are null when nothing is written. */
export function readWordOrStep<Word extends string>(
  reader: Reader,
  place: Place,
  { words, surroundings }: { readonly words: readonly Word[]; readonly surroundings: StepSurroundings },
): WordOrStep<Word> {
  if (isAbsent(place)) return { word: null, step: null };
  const { value } = place;
  if (isJsonObject(value)) return { word: null, step: readLoneStep(reader, place, surroundings) };
  const word = words.find((candidate) => candidate === value) ?? null;
  if (word === null) {
    const wanted = `${words.length === 1 ? "" : "one of "}${words.join(", ")}, or a nested step`;
    reportForm(reader, place, wanted, typeof value === "string" ? (didYouMean(value, words) ?? helpFor(value)) : null);
  }
  return { word, step: null };
}

/** Words by which other systems go on after a failure. */
function helpFor(word: string): string | null {
  return /^(?:continue|ignore|skip|proceed)$/i.test(word) ? "For a run that goes on without this step, write critical: false." : null;
}

/** Handlers whose only word is `fail`, which is what happens without them. */
export function readHandlers(reader: Reader, places: readonly (readonly [HandlerName, Place])[], surroundings: StepSurroundings): Handlers {
  const handlers = places.flatMap(([name, place]) => {
    const { step } = readWordOrStep(reader, place, { words: ["fail"], surroundings });
    return step === null ? [] : [[name, step] as const];
  });
  return Object.fromEntries(handlers);
}

/** `handlers`, where there are any. */
export function handlersOf(...parts: readonly Handlers[]): { readonly handlers?: Handlers } {
  const handlers: Handlers = Object.assign({}, ...parts);
  return Object.keys(handlers).length === 0 ? {} : { handlers };
}
