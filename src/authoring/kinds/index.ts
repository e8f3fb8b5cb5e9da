/** The table of step kinds: a new kind is a file beside this one and a line below. */
import type { Json, JsonObject } from "../../base/json.ts";
import { isJsonObject } from "../../base/json.ts";
import type { Step } from "../../definition/definition.ts";
import { nearest } from "../../definition/did-you-mean.ts";
import { type Reader, report, reportForm } from "../file/reader.ts";
import { aggregateKind } from "./aggregate.ts";
import { approvalKind } from "./approval.ts";
import { delegateKind, workflowKind } from "./delegate.ts";
import { emitKind } from "./emit.ts";
import { groupKind } from "./group.ts";
import { handoffKind } from "./handoff.ts";
import { checkStepKeys, listed } from "./keys.ts";
import type { StepKind, StepSurroundings } from "./kind.ts";
import { loopKind } from "./loop.ts";
import { parallelKind } from "./parallel.ts";
import { planKind } from "./plan.ts";
import { setKind } from "./set.ts";
import { waitKind } from "./wait.ts";

export const STEP_KINDS: readonly StepKind[] = [
  delegateKind,
  parallelKind,
  loopKind,
  handoffKind,
  planKind,
  approvalKind,
  workflowKind,
  emitKind,
  aggregateKind,
  waitKind,
  setKind,
  groupKind,
];
const KIND_KEYS: readonly string[] = STEP_KINDS.flatMap((kind) => kind.keys);

/** Reads one step, whatever its kind; null, and a reading that is not whole, when that cannot be told. */
export function readStep(reader: Reader, value: Json | undefined, surroundings: StepSurroundings): Step | null {
  const step = readKnown(reader, value, surroundings);
  if (step === null) reader.isWhole = false;
  return step;
}

function readKnown(reader: Reader, value: Json | undefined, surroundings: StepSurroundings): Step | null {
  const { path } = surroundings;
  if (!isJsonObject(value)) {
    reportForm(reader, { value, path }, "an object, with `agent` or `capability`");
    return null;
  }
  const [key, ...others] = KIND_KEYS.filter((candidate) => Object.hasOwn(value, candidate));
  const kind = STEP_KINDS.find((candidate) => key !== undefined && candidate.keys.includes(key));
  if (key === undefined || kind === undefined) {
    report(reader, {
      code: "T1016",
      message: `Step "${String(path.at(-1))}" does not say who does the work.`,
      help: helpFor(value),
      path,
      at: "key",
    });
    return null;
  }
  if (others.length > 0) {
    report(reader, {
      code: "T1016",
      message: `Step "${String(path.at(-1))}" has ${listed([key, ...others])}; a step is of one kind.`,
      help: helpForSeveral([key, ...others]),
      path: [...path, others[0] as string],
      at: "key",
    });
    return null;
  }
  checkStepKeys(reader, value, { kind, path }, STEP_KINDS);
  return kind.read(reader, value, surroundings);
}

function helpFor(value: JsonObject): string {
  for (const key of Object.keys(value)) {
    const meant = nearest(key, KIND_KEYS);
    if (meant !== null) return `Did you mean "${meant}" instead of "${key}"?`;
  }
  return `Give it \`agent: name\` or \`capability: name\`. Other steps have ${listed(KIND_KEYS.slice(2))}.`;
}

/** A key that stands beside its kind often belongs inside of it. */
function helpForSeveral(keys: readonly string[]): string {
  for (const holder of STEP_KINDS) {
    const own = holder.keys.find((key) => keys.includes(key));
    const inner = keys.find((key) => key !== own && holder.inside.includes(key));
    if (own !== undefined && inner !== undefined) return `Set \`${inner}\` inside \`${own}\`.`;
  }
  return "Make two steps of it.";
}
