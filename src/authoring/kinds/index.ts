/** The table of step kinds: a new kind is a file beside this one and a line below. */
import type { Json, JsonObject } from "../../base/json.ts";
import { isJsonObject } from "../../base/json.ts";
import type { Step } from "../../definition/definition.ts";
import { nearest } from "../../definition/did-you-mean.ts";
import { notYet, type Reader, report, reportForm } from "../reader.ts";
import { delegateKind } from "./delegate.ts";
import type { StepKind, StepSurroundings } from "./kind.ts";

const KINDS: readonly StepKind[] = [delegateKind];
/** Kinds of the language that come later (workflow-language.md, Kinds of step). */
const LATER_KINDS: readonly string[] = ["parallel", "loop", "handoff", "plan", "approval", "workflow", "aggregate", "wait", "set", "emit"];

/** Reads one step, whatever its kind; null when that cannot be told. */
export function readStep(reader: Reader, value: Json | undefined, surroundings: StepSurroundings): Step | null {
  const { path } = surroundings;
  if (!isJsonObject(value)) {
    reportForm(reader, { value, path }, "an object, with `agent` or `capability`");
    return null;
  }
  const named = KINDS.flatMap((kind) => kind.keys).filter((key) => Object.hasOwn(value, key));
  const later = LATER_KINDS.filter((key) => Object.hasOwn(value, key));
  const [key, ...others] = [...named, ...later];
  if (key === undefined) {
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
      message: `Step "${String(path.at(-1))}" has ${[key, ...others].map((word) => `\`${word}\``).join(" and ")}; a step is of one kind.`,
      help: "Make two steps of it.",
      path: [...path, others[0] as string],
      at: "key",
    });
    return null;
  }
  const kind = KINDS.find((candidate) => candidate.keys.includes(key));
  if (kind !== undefined) return kind.read(reader, value, surroundings);
  reader.problems.push(notYet(key, [...path, key]));
  return null;
}

function helpFor(value: JsonObject): string {
  const kinds = KINDS.flatMap((kind) => kind.keys);
  for (const key of Object.keys(value)) {
    const meant = nearest(key, kinds);
    if (meant !== null) return `Did you mean "${meant}" instead of "${key}"?`;
  }
  return "Give it `agent: name` or `capability: name`.";
}
