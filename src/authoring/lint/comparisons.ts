/** Comparisons that always say the same, or that cannot be made, because of the types of their sides. */
import { canonicalJson, type Json } from "../../base/json.ts";
import { didYouMean } from "../../definition/did-you-mean.ts";
import { reportAt, type Reporting, shown, type Span, wordsOf } from "./expression-report.ts";
import { constantsOf, type TypeName, typesOf } from "./schema-facts.ts";

type Side = { readonly text: string; readonly shape: Json };
export type Sides = Span & { readonly left: Side; readonly right: Side };

/** Sides that cannot be equal make an expression that always says the same. */
export function checkEquality(sides: Sides, operator: "==" | "!=", reporting: Reporting): void {
  const { left, right } = sides;
  const [leftTypes, rightTypes] = [typesOf(left.shape), typesOf(right.shape)];
  const always = operator === "==" ? "so this is never true" : "so this is always true";
  if (leftTypes !== null && rightTypes !== null && !isMeeting(leftTypes, rightTypes)) {
    const message = `${shown(left.text)} is ${wordsOf(leftTypes)} and ${shown(right.text)} is ${wordsOf(rightTypes)}, ${always}.`;
    reportAt(reporting, sides, { code: "T1405", severity: "warning", message });
  } else if (!checkWord(left, right, { sides, always, reporting })) checkWord(right, left, { sides, always, reporting });
}

type Comparing = { readonly sides: Sides; readonly always: string; readonly reporting: Reporting };

/** A word that is not among those that the other side can be. */
function checkWord(one: Side, other: Side, { sides, always, reporting }: Comparing): boolean {
  const [values, wanted] = [constantsOf(one.shape), constantsOf(other.shape)];
  if (values === null || wanted?.length !== 1 || values.length < 2 || typesOf(one.shape)?.has("null") === true) return false;
  const [value] = wanted as readonly [Json];
  if (values.some((each) => canonicalJson(each) === canonicalJson(value))) return false;
  const help = didYouMean(wordOf(value), values.map(wordOf));
  const message = `${shown(one.text)} is one of ${values.map((each) => JSON.stringify(each)).join(", ")}, ${always}.`;
  reportAt(reporting, sides, { code: "T1405", severity: "warning", message, help });
  return true;
}

/** Sides of which neither can be more than the other. */
export function checkOrder(sides: Sides, reporting: Reporting): void {
  const { left, right } = sides;
  const [leftTypes, rightTypes] = [typesOf(left.shape), typesOf(right.shape)];
  if (leftTypes === null || rightTypes === null || isMeeting(leftTypes, rightTypes)) return;
  const message = `${shown(left.text)} is ${wordsOf(leftTypes)} and ${shown(right.text)} is ${wordsOf(rightTypes)}: neither is more than the other.`;
  reportAt(reporting, sides, { code: "T1405", message });
}

/** Whether two sides can be of one type. Null is what readers guard against, so it says nothing. */
function isMeeting(left: ReadonlySet<TypeName>, right: ReadonlySet<TypeName>): boolean {
  if (left.has("null") || right.has("null")) return true;
  return [...left].some((type) => right.has(type));
}

function wordOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
