/** Writes a function, and a better one when a review says what is wrong with it. */
import type { Draft, Finding, Spec } from "./spec.ts";
import { applyAll, distance, TRANSFORMS, type Transform } from "./transforms.ts";

/** The first draft of a hurried programmer: the text as it is, `var`, no comment. */
export function firstDraft(spec: Spec): Draft {
  return draftOf(spec, [], []);
}

/** Adds the piece that brings the reported cases nearest to what was expected, and the manners that were missed. */
export function betterDraft(spec: Spec, previous: Draft, feedback: readonly Finding[]): Draft {
  const cases = feedback.flatMap(({ example }) => (example === undefined ? [] : [example]));
  const used = TRANSFORMS.filter(({ name }) => previous.transforms.includes(name)).toSorted(
    (left, right) => previous.transforms.indexOf(left.name) - previous.transforms.indexOf(right.name),
  );
  const missed = feedback.filter(({ kind }) => kind !== "bug").map(({ rule }) => rule);
  const transforms = cases.length === 0 ? used : bestNext(used, cases);
  return draftOf(spec, transforms, [...new Set([...previous.manners, ...missed])]);
}

type Case = { readonly input: string; readonly expected: string };

/** One piece more, wherever in the chain it helps most; the same chain when none helps. */
function bestNext(used: readonly Transform[], cases: readonly Case[]): readonly Transform[] {
  const wrongBy = (transforms: readonly Transform[]): number =>
    cases.reduce((sum, { input, expected }) => sum + distance(applyAll(transforms, input), expected), 0);
  let best = { transforms: used, wrong: wrongBy(used) };
  for (const transform of TRANSFORMS)
    for (let place = used.length; place >= 0; place -= 1) {
      const transforms = used.toSpliced(place, 0, transform);
      const wrong = wrongBy(transforms);
      if (wrong < best.wrong) best = { transforms, wrong };
    }
  return best.transforms;
}

function draftOf(spec: Spec, transforms: readonly Transform[], manners: readonly string[]): Draft {
  const has = (rule: string): boolean => manners.includes(rule);
  const chain = `text${transforms.map(({ code }) => (has("long line") ? `\n    ${code}` : code)).join("")}`;
  const body = has("no var") ? `  return ${chain};` : `  var result = ${chain};\n  return result;`;
  const comment = has("doc comment") ? `/** ${spec.description} */\n` : "";
  const code = `${comment}function ${spec.name}(text) {\n${body}\n}\n`;
  return { code, transforms: transforms.map(({ name }) => name), manners };
}
