/** Which keys stand where, and what is said about one that stands elsewhere. */
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { didYouMean } from "../../definition/did-you-mean.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import { notYet, type Place, type Reader, report, reportForm } from "../file/reader.ts";
import type { StepKind } from "./kind.ts";

/** What every step may carry (workflow-language.md). */
export const COMMON_KEYS = [
  "needs",
  "if",
  "each",
  "as",
  "concurrency",
  "succeed",
  "output",
  "rules",
  "critical",
  "deadline",
  "compensate",
  "onError",
  "onTimeout",
  "onInvalid",
  "onDisagree",
] as const;

/** What a step may carry whose work goes to an agent. */
export const WORK_KEYS = [
  "text",
  "with",
  "files",
  "timeout",
  "retry",
  "fallback",
  "idle",
  "ttl",
  "conversation",
  "deliver",
  "limit",
  "budget",
  "context",
  "onUnknown",
  "onRejected",
  "onInputRequired",
  "onAuthRequired",
] as const;

/** Keys of the language that come later. */
const LATER: ReadonlySet<string> = new Set(["permissions"]);

/** Inside `succeed`. */
const JOIN_KEYS: ReadonlySet<string> = new Set(["all", "any", "first", "atLeast", "quorum", "on", "within"]);

/** What other systems call a key, and what it is called here. */
const OTHER_NAMES: { readonly [key: string]: string | undefined } = {
  retries: "retry",
  depends_on: "needs",
  dependson: "needs",
  depends: "needs",
  after: "needs",
  when: "if",
  condition: "if",
  foreach: "each",
  for_each: "each",
  params: "with",
  parameters: "with",
  input: "with",
  inputs: "with",
  args: "with",
  prompt: "text",
  instruction: "text",
  schema: "output",
  output_schema: "output",
  optional: "critical",
  catch: "onError",
  max_iterations: "max",
  maxiterations: "max",
  while: "until",
  approvers: "to",
  assignees: "to",
  approver: "to",
  url: "to",
  webhook: "to",
  name: "event",
  payload: "data",
};

function sameAs(key: string, known: readonly string[]): string | null {
  const here = OTHER_NAMES[key.toLowerCase()];
  return here === undefined || !known.includes(here) ? null : `Did you mean "${here}"?`;
}

/** Reports every key of a step that is not one of its kind. */
export function checkStepKeys(
  reader: Reader,
  object: JsonObject,
  step: { readonly kind: StepKind; readonly path: DocumentPath },
  kinds: readonly StepKind[],
): void {
  const { kind, path } = step;
  const known: readonly string[] = [...kind.keys, ...kind.besides, ...COMMON_KEYS];
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    const place = [...path, key];
    const elsewhere = LATER.has(key) ? null : belongsElsewhere(key, kind, kinds);
    if (LATER.has(key)) reader.problems.push(notYet(key, place));
    else if (elsewhere !== null) report(reader, { code: "T1011", ...elsewhere, path: place, at: "key" });
    else
      report(reader, {
        code: "T1010",
        message: `unknown key "${key}".`,
        help: didYouMean(key, known) ?? sameAs(key, known),
        declared: known,
        path: place,
        at: "key",
      });
  }
}

function belongsElsewhere(
  key: string,
  kind: StepKind,
  kinds: readonly StepKind[],
): { readonly message: string; readonly help: string } | null {
  const own = kind.keys.find((candidate) => candidate !== "steps") ?? "steps";
  if (kind.inside.includes(key)) return { message: `\`${key}\` belongs inside \`${own}\`.`, help: `Write ${own}: { ${key}: … }.` };
  const beside = kinds.filter((candidate) => candidate.besides.includes(key)).flatMap((candidate) => candidate.keys);
  const inside = kinds.filter((candidate) => candidate.inside.includes(key)).flatMap((candidate) => candidate.keys);
  if (beside.length > 0)
    return { message: `\`${key}\` does not fit \`${own}\`; it belongs to ${listed(beside)}.`, help: helpFor(key, own) };
  if (inside.length > 0)
    return {
      message: `\`${key}\` does not fit \`${own}\`; it stands inside ${listed(inside)}.`,
      help: "Take it out, or make it a step of that kind.",
    };
  return null;
}

function helpFor(key: string, kind: string): string {
  if (key === "with" && kind === "emit") return "Write emit: { event: …, data: … }.";
  return kind === "steps" || kind === "loop" || kind === "parallel" ? "Write it at the inner steps." : "Take it out.";
}

/** An object behind the key of a kind; null (and a problem) when it is none. */
export function readInside(reader: Reader, place: Place, kind: Pick<StepKind, "inside">): JsonObject | null {
  if (!isJsonObject(place.value)) {
    reportForm(reader, place, `an object with ${listed(kind.inside.slice(0, 3))}`);
    return null;
  }
  checkInsideKeys(reader, place.value, place.path, kind.inside);
  return place.value;
}

function checkInsideKeys(reader: Reader, object: JsonObject, path: DocumentPath, inside: readonly string[]): void {
  const own = String(path.at(-1));
  for (const key of Object.keys(object)) {
    if (inside.includes(key)) continue;
    const isStepKey = ([...COMMON_KEYS, ...WORK_KEYS] as readonly string[]).includes(key);
    const found = isStepKey
      ? ({
          code: "T1011",
          message: `\`${key}\` does not belong inside \`${own}\`.`,
          help: `Set it beside \`${own}\`, as a key of the step.`,
        } as const)
      : own === "parallel" && JOIN_KEYS.has(key)
        ? ({ code: "T1011", message: `\`${key}\` belongs inside \`succeed\`.`, help: `Write succeed: { ${key}: … }.` } as const)
        : ({
            code: "T1010",
            message: `unknown key "${key}".`,
            help: didYouMean(key, inside) ?? sameAs(key, inside),
            declared: inside,
          } as const);
    report(reader, { ...found, path: [...path, key], at: "key" });
  }
}

/** "`a`, `b` and `c`". */
export function listed(words: readonly string[]): string {
  const quoted = words.map((word) => `\`${word}\``);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
}

/** What is missing inside the object behind the key of a kind. */
export function reportMissing(reader: Reader, path: DocumentPath, message: string, help: string): void {
  report(reader, { code: "T1012", message, help, path, at: "key" });
}
