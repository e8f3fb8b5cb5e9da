import { describe, expect, it } from "vitest";

import { problems } from "./step-mistakes.ts";

describe("a mistake that is made in one place and is true of several steps", () => {
  it("is told once, where it is written", () => {
    expect(problems("{ parallel: { agents: [a, b], succeed: any }, output: { type: objct } }")).toMatchObject([
      expect.stringMatching(/^T1101 5:/),
    ]);
    expect(problems("{ handoff: { agents: [a, b] }, text: '${{ nope }}' }")).toEqual(['T1202 5:48 4 The name "nope" is not known.']);
    expect(problems("{ handoff: { agents: { p: { agent: a, text: '${{ nope }}' }, q: { agent: a } } }, text: '${{ nein }}' }")).toEqual([
      'T1202 5:55 4 The name "nope" is not known.',
      'T1202 5:99 4 The name "nein" is not known.',
    ]);
    expect(problems("{ approval: { to: a, title: t, timeout: 1d, onTimeout: { agent: b, text: '${{ nope }}' } } }")).toEqual([
      'T1202 5:84 4 The name "nope" is not known.',
    ]);
    expect(problems("{ agent: a, output: true, onInvalid: { repair: 1, then: { agent: b, text: '${{ nope }}' } } }")).toEqual([
      'T1202 5:85 4 The name "nope" is not known.',
    ]);
    expect(problems("{ aggregate: { from: '${{ nope }}', agent: a } }")).toEqual(['T1202 5:32 4 The name "nope" is not known.']);
    expect(problems("{ capability: run_subworkflow, with: { workflow: w, params: { q: '${{ nope }}' } } }")).toEqual([
      'T1202 5:76 4 The name "nope" is not known.',
    ]);
  });

  it("and so is an agent that nobody declares", () => {
    expect(problems("{ parallel: { agents: [a, bee] } }", ["a", "bees"])).toEqual([
      'T1302 5:32 3 unknown agent "bee". Did you mean "bees"?',
    ]);
    expect(problems("{ plan: { agent: bee, allow: [c] } }", ["bees"])).toEqual(['T1302 5:23 3 unknown agent "bee". Did you mean "bees"?']);
    expect(problems("{ aggregate: { from: [1], agent: bee } }", ["bees"])).toEqual([
      'T1302 5:39 3 unknown agent "bee". Did you mean "bees"?',
    ]);
  });
});

describe("steps that are nested too deeply", () => {
  const wrapped = (levels: number, wrap: (inner: string, level: number) => string): string =>
    levels === 0 ? "{ agent: a }" : wrap(wrapped(levels - 1, wrap), levels);
  const tooDeep = "Steps are nested more than 8 deep. Make the inner steps a workflow of their own, and run it with `workflow`.";
  it.each([
    ["groups", wrapped(9, (inner, level) => `{ steps: { s${level}: ${inner} } }`)],
    ["handlers", wrapped(9, (inner) => `{ agent: a, onError: ${inner} }`)],
    ["two hundred", wrapped(60, (inner, level) => `{ steps: { s${level}: ${inner} } }`)],
  ])("%s", (_, step) => {
    expect(problems(step).map((found) => found.replace(/^(T\d+) \S+ \d+ /, "$1 "))).toEqual([`T1017 ${tooDeep}`]);
  });
});
