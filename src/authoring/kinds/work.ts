/** What a step may carry whose work goes to an agent: what is sent, how long, how often, and what outcomes mean. */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_ATTEMPTS } from "../../base/limits.ts";
import { DEFAULTS, type DelegateStep, type Handlers, type Step, type StepCommon, type Template } from "../../definition/definition.ts";
import { readPolicies } from "../file/read-policy.ts";
import {
  at,
  isAbsent,
  type Place,
  present,
  type Reader,
  readNumber,
  readObject,
  readSpan,
  readText,
  readWord,
  report,
  reportForm,
} from "../file/reader.ts";
import { isWholeExpression } from "./common.ts";
import { readLoneStep, readWordOrStep } from "./handlers.ts";
import type { StepSurroundings } from "./kind.ts";
import { readLimit, readStepBudget } from "./limits.ts";
import { readFallback } from "./target.ts";

export type Work = Omit<DelegateStep, "kind" | "target" | keyof StepCommon>;

/** `usual`: repairs when the step says nothing. `isChecked`: there is a contract that an output can break. */
export type Repairs = { readonly usual: number | null; readonly isChecked: boolean };

/** The repairs of a step whose contract is its `output` and `rules`. */
export function repairsOf({ output, rules }: Pick<StepCommon, "output" | "rules">): Repairs {
  const isChecked = output !== null || rules.length > 0;
  return { usual: isChecked ? DEFAULTS.repair : null, isChecked };
}

/** Reads the work keys of a step, and the handlers that belong to its agents. */
export function readWork(
  reader: Reader,
  object: JsonObject,
  { surroundings, repairs }: { readonly surroundings: StepSurroundings; readonly repairs: Repairs },
): { readonly work: Work; readonly handlers: Handlers } {
  const place = (key: string): Place => at(object, surroundings.path, key);
  const policy = <Word extends string>(key: string, words: readonly Word[]) => readWordOrStep(reader, place(key), { words, surroundings });
  const unknown = policy("onUnknown", ["fail", "resend", "ask"]);
  const rejected = policy("onRejected", ["fail", "fallback"]);
  const input = policy("onInputRequired", ["ask", "fail"]);
  const auth = policy("onAuthRequired", ["ask", "fail"]);
  const invalid = readInvalid(reader, place("onInvalid"), { surroundings, repairs });
  const work: Work = {
    text: readTemplateText(reader, place("text")),
    with: readWith(reader, place("with")),
    ...readPolicies(reader, { timeout: place("timeout"), retry: place("retry") }, surroundings.policies),
    fallback: readFallback(reader, place("fallback"), surroundings.agents),
    onUnknown: unknown.word ?? "fail",
    ...present({
      idleMs: readSpan(reader, place("idle")),
      ttlMs: readSpan(reader, place("ttl")),
      repair: invalid.repair === 0 ? null : invalid.repair,
      conversation: readConversation(reader, place("conversation"), surroundings),
      deliver: isAbsent(place("deliver")) ? null : readWord(reader, place("deliver"), ["stream"], "stream"),
      files: readFiles(reader, place("files")),
      limit: readLimit(reader, place("limit")),
      budget: readStepBudget(reader, place("budget")),
      onInputRequired: input.word === "fail" ? ("fail" as const) : null,
      onAuthRequired: auth.word === "fail" ? ("fail" as const) : null,
      onRejected: rejected.word === "fail" ? ("fail" as const) : null,
    }),
  };
  const handlers = present({
    onUnknown: unknown.step,
    onRejected: rejected.step,
    onInputRequired: input.step,
    onAuthRequired: auth.step,
    onInvalid: invalid.step,
  });
  return { work, handlers };
}

/** `onInvalid`: `fail`, `{ repair: n }`, a nested step, or `{ repair: n, then: step }`. */
function readInvalid(
  reader: Reader,
  place: Place,
  { surroundings, repairs }: { readonly surroundings: StepSurroundings; readonly repairs: Repairs },
): { readonly repair: number | null; readonly step: Step | null } {
  const { value, path } = place;
  if (isAbsent(place)) return { repair: repairs.usual, step: null };
  if (!repairs.isChecked) {
    const message = "`onInvalid` means nothing without `output` or `rules`.";
    report(reader, { code: "T1012", message, help: "Say what a valid output is, or take it out.", path, at: "key" });
  }
  const isPolicy = isJsonObject(value) && (Object.hasOwn(value, "repair") || Object.hasOwn(value, "then"));
  if (!isPolicy) {
    const { word, step } = readWordOrStep(reader, place, { words: ["fail"], surroundings });
    return { repair: word === "fail" ? 0 : repairs.usual, step };
  }
  readObject(reader, place, { known: ["repair", "then"] });
  const then = at(value, path, "then");
  reader.moves.push({ from: path, to: then.path });
  return {
    repair: readNumber(reader, at(value, path, "repair"), { least: 0, most: MAX_ATTEMPTS, whole: true, standard: repairs.usual ?? 0 }),
    step: isAbsent(then) ? null : readLoneStep(reader, then, surroundings),
  };
}

export function readTemplateText(reader: Reader, place: Place): Template | null {
  const { value } = place;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return readText(reader, place);
}

/** `with`: an object of parameters, or one expression that gives it. */
export function readWith(reader: Reader, place: Place): Template | null {
  const { value } = place;
  if (isAbsent(place)) return null;
  if (isJsonObject(value)) return value;
  if (typeof value === "string" && /\$\{\{|^\$context\./.test(value)) return value;
  reportForm(reader, place, "an object of parameters");
  return null;
}

/** Whose A2A context the messages belong to. `fresh`, one for each subtask, is what happens anyway. */
function readConversation(reader: Reader, place: Place, { isInLoop }: StepSurroundings): "loop" | "run" | "caller" | null {
  const word = readWord(reader, place, ["fresh", "loop", "run", "caller"], "fresh");
  if (word === "fresh") return null;
  if (word === "loop" && !isInLoop) {
    const message = "`conversation: loop` stands outside of any loop.";
    report(reader, {
      code: "T1011",
      message,
      help: "Write run for one conversation of the whole run, or move the step into a loop.",
      path: place.path,
    });
  }
  return word;
}

/** `files`: references, or one expression that gives them. A text is an address. */
function readFiles(reader: Reader, place: Place): Template | null {
  if (isAbsent(place)) return null;
  if (isWholeExpression(place.value)) return place.value;
  if (!Array.isArray(place.value)) {
    reportForm(reader, place, "a list of files, or one expression in ${{ }} that gives it");
    return null;
  }
  return place.value.map((value: Json, index) => readFile(reader, { value, path: [...place.path, index] }));
}

function readFile(reader: Reader, place: Place): Template {
  if (isWholeExpression(place.value)) return place.value;
  if (typeof place.value === "string") return { url: place.value };
  const object = readObject(reader, place, { known: ["url", "payload", "mediaType", "name", "bytes"] });
  if (object !== null && Object.hasOwn(object, "url") === Object.hasOwn(object, "payload")) {
    const message = "A file has exactly one of `url` and `payload`.";
    report(reader, {
      code: "T1012",
      message,
      help: "Write for example { url: https://files.example.com/a.pdf, mediaType: application/pdf }.",
      path: place.path,
    });
  }
  return object ?? {};
}
