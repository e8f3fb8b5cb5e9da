import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { ApprovalStep, Template } from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import { at, isAbsent, type Place, present, type Reader, readObject, readSpan, readTexts, report, reportForm } from "../file/reader.ts";
import { BARE, isWholeExpression, readCommon, readDisagreeHandler, readInvalidHandler, readSchema } from "./common.ts";
import { handlersOf, readWordOrStep, type WordOrStep } from "./handlers.ts";
import { readInside, reportMissing } from "./keys.ts";
import type { StepKind, StepSurroundings } from "./kind.ts";
import { readTemplateText } from "./work.ts";

const INSIDE = ["to", "title", "show", "form", "remind", "escalate", "timeout", "onTimeout"] as const;
const WORDS = ["approve", "reject", "fail"] as const;

/** `approval:`: a question to people (requirements W195). */
export const approvalKind: StepKind = {
  keys: ["approval"],
  besides: [],
  inside: INSIDE,
  read(reader, object, surroundings) {
    const { common, handlers } = readCommon(reader, object, surroundings);
    const ofOutcome = [readInvalidHandler(reader, object, surroundings), readDisagreeHandler(reader, object, surroundings)];
    const approval = readApproval(reader, at(object, surroundings.path, "approval"), surroundings);
    if (approval === null) return null;
    const inside = [...surroundings.path, "approval", "onTimeout"];
    if (approval.handlers !== undefined) reader.moves.push({ from: [...surroundings.path, "onTimeout"], to: inside });
    if (handlers.onTimeout !== undefined && approval.handlers?.onTimeout !== undefined) {
      const path = [...surroundings.path, "onTimeout"];
      report(reader, {
        code: "T1011",
        message: "`onTimeout` stands inside `approval` and beside it.",
        help: "Keep one of them.",
        path,
        at: "key",
      });
    }
    return { ...approval, ...common, ...handlersOf(handlers, ...ofOutcome, approval.handlers ?? {}) };
  },
};

/** What stands behind `approval`, and behind `approve` of a plan. */
export function readApproval(reader: Reader, whole: Place, surroundings: StepSurroundings): ApprovalStep | null {
  const object = readInside(reader, whole, { inside: INSIDE });
  if (object === null) return null;
  const place = (key: (typeof INSIDE)[number]): Place => at(object, whole.path, key);
  const timeoutMs = readSpan(reader, place("timeout"));
  const onTimeout = readWordOrStep(reader, place("onTimeout"), { words: WORDS, surroundings });
  if (!isAbsent(place("onTimeout")) && isAbsent(place("timeout")))
    reportAlone(reader, place("onTimeout"), "Add `timeout`, for example 2d, or take it out.");
  return {
    kind: "approval",
    ...BARE,
    to: readPeople(reader, place("to"), whole.path),
    title: readTitle(reader, place("title"), whole.path),
    show: readShow(reader, place("show")),
    form: readSchema(reader, place("form")),
    remindMs: readSpan(reader, place("remind")),
    ...present({ escalate: readEscalate(reader, place("escalate")) }),
    timeoutMs,
    onTimeout: onTimeout.word ?? "fail",
    ...timeoutHandler(onTimeout),
  };
}

function timeoutHandler({ step }: WordOrStep<string>): Pick<ApprovalStep, "handlers"> {
  return step === null ? {} : handlersOf({ onTimeout: step });
}

function reportAlone(reader: Reader, { path }: Place, help: string): void {
  report(reader, { code: "T1012", message: "`onTimeout` means nothing without a `timeout` beside it.", help, path, at: "key" });
}

/** Who is asked: names of people, or `role:…`. */
function readPeople(reader: Reader, place: Place, holder: DocumentPath): readonly string[] {
  const people = readTexts(reader, place).map(({ text }) => text);
  if (isAbsent(place) || (people.length === 0 && Array.isArray(place.value) && place.value.length === 0))
    reportMissing(reader, holder, `\`${String(holder.at(-1))}\` does not say whom it asks.`, 'Add for example to: ["role:compliance"].');
  for (const [index, name] of people.entries())
    if (name.trim() === "")
      reportForm(reader, { value: name, path: Array.isArray(place.value) ? [...place.path, index] : place.path }, "a name or a role");
  return [...new Set(people)];
}

function readTitle(reader: Reader, place: Place, holder: DocumentPath): Template {
  const title = readTemplateText(reader, place);
  if (isAbsent(place) || title === "")
    reportMissing(reader, holder, `\`${String(holder.at(-1))}\` has no title.`, "Add the question in words: title: Send the brief?");
  return title ?? "";
}

/** What the people see: an object, or one expression that gives it. */
function readShow(reader: Reader, place: Place): Template | null {
  if (isAbsent(place)) return null;
  if (isJsonObject(place.value) || isWholeExpression(place.value)) return place.value;
  reportForm(reader, place, "an object of what is shown, or one expression in ${{ }} that gives it");
  return null;
}

function readEscalate(reader: Reader, place: Place): NonNullable<ApprovalStep["escalate"]> | null {
  if (isAbsent(place)) return null;
  const object: JsonObject | null = readObject(reader, place, { known: ["after", "to"] });
  if (object === null) return null;
  const afterMs = readSpan(reader, at(object, place.path, "after"));
  if (isAbsent(at(object, place.path, "after")))
    reportMissing(reader, place.path, "`escalate` does not say when.", "Add for example after: 1d.");
  return { afterMs: afterMs ?? 1, to: readPeople(reader, at(object, place.path, "to"), place.path) };
}
