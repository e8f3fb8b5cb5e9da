import { countsOf, stemOf, wordsOf } from "../lib/text.ts";
import { type Label, LABELS, readTraining, type Verdict, verdictOf } from "./labels.ts";

type Model = { readonly counts: Readonly<Record<Label, ReadonlyMap<string, number>>>; readonly vocabulary: number };

let model: Model | undefined;

/** Multinomial naive Bayes with add-one smoothing; all labels are equally likely beforehand. */
export function classifyByBayes(text: string): Verdict {
  const { counts, vocabulary } = (model ??= train());
  const terms = wordsOf(text).map(stemOf);
  const logOf = (label: Label): number => {
    const found = counts[label];
    const total = [...found.values()].reduce((sum, count) => sum + count, 0);
    return terms.reduce((sum, term) => sum + Math.log(((found.get(term) ?? 0) + 1) / (total + vocabulary)), 0);
  };
  const logs = LABELS.map(logOf);
  const highest = Math.max(...logs);
  const likelihoods = LABELS.map((label, index) => [label, Math.exp((logs[index] ?? highest) - highest)]);
  return verdictOf(Object.fromEntries(likelihoods) as Record<Label, number>);
}

function train(): Model {
  const training = readTraining();
  const termsOfLabel = (label: Label): readonly string[] =>
    training.flatMap((each) => (each.label === label ? wordsOf(each.text).map(stemOf) : []));
  const counts = Object.fromEntries(LABELS.map((label) => [label, countsOf(termsOfLabel(label))])) as Model["counts"];
  return { counts, vocabulary: new Set(LABELS.flatMap((label) => [...counts[label].keys()])).size };
}
