/**
 * The fast way: nine of ten expressions are a plain path such as `steps.plan.output.questions`. They
 * are read by walking the path, without a frame and without the parser.
 */
import type { Json } from "../../base/json.ts";
import type { Scope } from "../program.ts";
import { type ExpressionNames, failMissing, type Root, STEP_FIELDS, stepOf } from "./names.ts";
import { isForbiddenName, member } from "./value.ts";

export type PlainPath = { readonly read: (scope: Scope) => Json; readonly reads: readonly string[] };

const PLAIN = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d{1,9}\])*$/;
const PART = /\.?([A-Za-z_]\w*)|\[(\d+)\]/g;

/** The reader of a plain path; null when the expression is anything else, a mistake included. */
export function plainPath(source: string, roots: ReadonlyMap<string, Root>, { steps, iter }: ExpressionNames): PlainPath | null {
  if (!PLAIN.test(source)) return null;
  const parts = Array.from(source.matchAll(PART), ([, name, index]) => name ?? Number(index));
  if (parts.some((part) => typeof part === "string" && (part === "in" || isForbiddenName(part)))) return null;
  const [first, ...keys] = parts;
  if (first === "steps") return typeof keys[0] === "string" && steps?.has(keys[0]) === false ? null : stepPath(keys);
  const root = roots.get(first as string);
  if (root === undefined) return null;
  if (root.fields !== null && keys[0] !== undefined && !root.fields.includes(String(keys[0]))) return null;
  if (first === "iter" && keys[0] === "prev" && !isOfLoop(keys, iter)) return null;
  return { read: walker(root.read, keys), reads: [] };
}

/** Whether `iter.prev.step.field` names a step of the loop and a field that steps have. */
function isOfLoop([, id, field]: readonly (string | number)[], iter: ReadonlySet<string> | undefined): boolean {
  const isStep = id === undefined || iter?.has(String(id)) === true;
  return isStep && (field === undefined || (STEP_FIELDS as readonly string[]).includes(String(field)));
}

function stepPath([id, field, ...keys]: readonly (string | number)[]): PlainPath | null {
  if (typeof id !== "string") return null;
  if (field === undefined) return { read: (scope) => stepOf(scope, id), reads: [id] };
  if (typeof field !== "string" || !(STEP_FIELDS as readonly string[]).includes(field)) return null;
  const read = (scope: Scope): Json => {
    const found = (stepOf(scope, id) as { readonly [field: string]: Json | undefined })[field];
    if (found === undefined) failMissing(scope, id, field);
    return found;
  };
  return { read: walker(read, keys), reads: [id] };
}

function walker(root: (scope: Scope) => Json, keys: readonly (string | number)[]): (scope: Scope) => Json {
  const count = keys.length;
  if (count === 0) return root;
  return (scope) => {
    let value = root(scope);
    for (let index = 0; index < count; index += 1) value = member(value, keys[index] as string | number);
    return value;
  };
}
