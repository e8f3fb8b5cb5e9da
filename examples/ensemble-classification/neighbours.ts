import { countsOf, likeness, unit, type Vector } from "../lib/text.ts";
import { type Label, LABELS, readTraining, type Verdict, verdictOf } from "./labels.ts";

const NEIGHBOURS = 3;

let known: readonly { readonly label: Label; readonly vector: Vector }[] | undefined;

/** The most alike messages vote with their likeness: the cosine over groups of three letters. */
export function classifyByNeighbours(text: string): Verdict {
  known ??= readTraining().map((each) => ({ label: each.label, vector: vectorOf(each.text) }));
  const vector = vectorOf(text);
  const nearest = known
    .map((each) => ({ label: each.label, likeness: likeness(vector, each.vector) }))
    .toSorted((left, right) => right.likeness - left.likeness)
    .slice(0, NEIGHBOURS);
  const votes = LABELS.map((label) => [label, nearest.reduce((sum, each) => sum + (each.label === label ? each.likeness : 0), 0)]);
  return verdictOf(Object.fromEntries(votes) as Record<Label, number>);
}

/** Spelling mistakes and endings change only a few of the groups. */
function vectorOf(text: string): Vector {
  const letters = ` ${text
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, " ")
    .trim()} `;
  return unit(countsOf(Array.from({ length: Math.max(0, letters.length - 2) }, (_, index) => letters.slice(index, index + 3))));
}
