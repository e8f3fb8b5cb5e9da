/** Values that a person sets in a fork: in the input, in the run context, in the output of a step. */
import { TuttiError } from "../../base/errors.ts";
import { isJsonArray, isJsonObject, type Json } from "../../base/json.ts";
import type { StepId } from "../../definition/definition.ts";
import { didYouMean } from "../../definition/did-you-mean.ts";
import { isForbiddenName } from "../../definition/expression/value.ts";
import type { Program } from "../../definition/program.ts";

/** `input.x.y`, `context.a.b` or `steps.a.output.b`, and what shall stand there. */
export type SetValue = { readonly path: string; readonly value: Json };

/** A value at the keys that lead to it. */
export type Placed = { readonly keys: readonly string[]; readonly value: Json };

export type ForkSettings = {
  readonly input: readonly Placed[];
  readonly context: readonly Placed[];
  readonly outputs: ReadonlyMap<StepId, readonly Placed[]>;
};

const HELP = "Write input.x.y, context.a.b or steps.a.output.b, such as --set input.month=2025-04.";

/** Reads the paths. Throws T4202 for one that leads nowhere. */
export function readSettings(set: readonly SetValue[], program: Program): ForkSettings {
  const input: Placed[] = [];
  const context: Placed[] = [];
  const outputs = new Map<StepId, Placed[]>();
  for (const { path, value } of set) {
    const [place, ...keys] = path.split(".");
    const odd = keys.find((key) => key === "" || isForbiddenName(key));
    if (odd !== undefined) throw unusable(path, `"${odd}" cannot be a name`);
    if (place === "input") input.push({ keys, value });
    else if (place === "context" && keys.length > 0) context.push({ keys, value });
    else if (place === "steps") addOutput(outputs, { path, keys, value }, program);
    else throw unusable(path, "it is neither in the input, nor in the context, nor in the output of a step");
  }
  return { input, context, outputs };
}

function addOutput(outputs: Map<StepId, Placed[]>, { path, keys, value }: Placed & { readonly path: string }, { stepById }: Program): void {
  const [id = "", part, ...inner] = keys;
  if (!stepById.has(id)) throw unusable(path, `there is no step "${id}"`, didYouMean(id, stepById.keys()));
  if (part !== "output") throw unusable(path, `only the output of step ${id} can be set`, `Write steps.${id}.output.`);
  const known = outputs.get(id) ?? [];
  known.push({ keys: inner, value });
  outputs.set(id, known);
}

/** A value with others put into it; what is not an object on the way becomes one. */
export function withValues(value: Json, placed: readonly Placed[]): Json {
  return placed.reduce((changed, { keys, value: inner }) => withValue(changed, keys, inner), value);
}

function withValue(value: Json, [key, ...rest]: readonly string[], inner: Json): Json {
  if (key === undefined) return inner;
  if (isJsonArray(value) && /^\d+$/.test(key) && Number(key) < value.length)
    return value.map((item, index) => (index === Number(key) ? withValue(item, rest, inner) : item));
  const object = isJsonObject(value) ? value : {};
  const before = Object.hasOwn(object, key) ? (object[key] ?? null) : null;
  return { ...object, [key]: withValue(before, rest, inner) };
}

function unusable(path: string, why: string, help: string | null = null): TuttiError {
  return new TuttiError("T4202", `"${path}" cannot be set: ${why}.`, { help: help ?? HELP });
}
