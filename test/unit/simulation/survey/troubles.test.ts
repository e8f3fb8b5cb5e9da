import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { OwnTroubles, TROUBLE_NAMES, USUAL_TROUBLES } from "../../../../src/simulation/survey/troubles.ts";
import { inWords } from "../../../../src/simulation/survey/words.ts";
import { ROOT } from "../../../support/source-files.ts";

it("docs/testing.md names every fault that --fault takes", () => {
  const page = readFileSync(join(ROOT, "docs/testing.md"), "utf8");
  expect(TROUBLE_NAMES.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

it("what goes wrong at a point follows from the seed and the point, however often and in whichever order it is asked", () => {
  const points = Array.from({ length: 40 }, (_, index) => `run-1/step_${index}#1.1`);
  const seeds = Array.from({ length: 20 }, (_, index) => String(index));
  let count = 0;
  for (const seed of seeds) {
    const source = { kind: "seed", seed, names: USUAL_TROUBLES, isAsked: false } as const;
    const forth = new OwnTroubles(source);
    const back = new OwnTroubles(source);
    const first = points.map((point) => forth.at("work", point));
    expect(points.map((point) => forth.at("work", point))).toEqual(first);
    expect(
      points
        .toReversed()
        .map((point) => back.at("work", point))
        .toReversed(),
    ).toEqual(first);
    const replayed = new OwnTroubles({ kind: "list", troubles: forth.struck });
    expect(points.map((point) => replayed.at("work", point))).toEqual(first);
    count += forth.struck.length;
  }
  expect(count).toBeGreaterThan(0);
});

it("what is the same again and again is said once", () => {
  const attempt = (number: number) => ({ point: `work:run-1/pay#${number}.1`, fault: "fails" }) as const;
  expect(inWords([attempt(1), attempt(2), attempt(3)])).toEqual(["pay, attempts 1, 2 and 3: it fails, and may be tried again"]);
  expect(inWords([{ point: "payer:message:2", fault: "busy", amount: 4_000 }])).toEqual([
    "payer, given work, 2nd time: it is overloaded for 4.0s (503)",
  ]);
});
