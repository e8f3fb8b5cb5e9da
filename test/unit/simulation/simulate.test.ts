/** The simulated world: the same seed is the same history, nothing committed is lost, and everything comes to an end. */
import { describe, expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { Random } from "../../../src/simulation/random.ts";
import { randomCase } from "../../../src/simulation/random-definitions.ts";
import { simulate, type SimulateOptions } from "../../../src/simulation/simulate.ts";
import { WORKFLOWS } from "./workflows.ts";

const SEEDS = Array.from({ length: 10 }, (_, index) => `seed ${index}`);

function randomOptions(seed: string): SimulateOptions {
  const { workflow, children, input, cast, signals } = randomCase(new Random(seed, "case"));
  return { seed, definitions: [workflow, ...children], input, cast, signals };
}

describe.each(WORKFLOWS.map((definitions) => ({ name: workflowFromObject(definitions[0] ?? {}).name, definitions })))(
  "the same seed of $name",
  ({ definitions }) => {
    it("is the same history, byte for byte, also when its faults are played from their list", async () => {
      for (const seed of SEEDS) {
        const first = await simulate({ seed, definitions });
        const second = await simulate({ seed, definitions });
        const replayed = await simulate({ seed, definitions, schedule: first.schedule });
        expect(second.log.join("\n")).toBe(first.log.join("\n"));
        expect(JSON.stringify(second.evidence)).toBe(JSON.stringify(first.evidence));
        expect(replayed.log.join("\n")).toBe(first.log.join("\n"));
      }
    });

    it("comes to an end, whatever went wrong before", async () => {
      for (const seed of SEEDS) {
        const { evidence } = await simulate({ seed: `end of ${seed}`, definitions });
        expect(evidence.gaveUp).toBe(false);
        expect(evidence.runs.filter(({ endedAt }) => endedAt === null)).toEqual([]);
      }
    });
  },
);

it("the same seed is the same history with any workflow, and beside other worlds in one process", async () => {
  const alone = [];
  for (const seed of SEEDS) alone.push(await simulate(randomOptions(seed)));
  const together = await Promise.all(SEEDS.map((seed) => simulate(randomOptions(seed))));
  for (const [index, one] of alone.entries()) expect(together[index]?.log.join("\n")).toBe(one.log.join("\n"));
});

describe("a crash", () => {
  it("loses nothing that was committed, and nothing of it is ever told", async () => {
    let crashCount = 0;
    for (const seed of SEEDS) {
      const definitions = WORKFLOWS[0] ?? [];
      const { evidence } = await simulate({ seed, definitions, faults: ["crashBefore", "crashAfter", "crashMidway"] });
      crashCount += evidence.lives.length - 1;
      const kept = new Map(evidence.runs.map((run) => [run.id, run.facts.map(({ fact }) => `${fact.seq} ${fact.kind}`)]));
      for (const told of evidence.told) {
        if (told.what === "started") expect(kept.has(told.run)).toBe(true);
        if (told.what === "fact") expect(kept.get(told.run)).toContain(`${told.seq} ${told.kind}`);
      }
      expect(evidence.gaveUp).toBe(false);
    }
    expect(crashCount).toBeGreaterThan(5);
  });
});

it("the words of a secret are nowhere in what was written or said", async () => {
  const { evidence, log } = await simulate({ seed: "canary", definitions: WORKFLOWS[0] ?? [] });
  const text = JSON.stringify([evidence.runs, evidence.told, evidence.diary, evidence.log, log]);
  for (const canary of evidence.canaries) expect(text).not.toContain(canary);
  expect(evidence.canaries.length).toBeGreaterThan(0);
});

describe("a world with two tenants", () => {
  const play = (seed: string) => simulate({ ...randomOptions(seed), hasNeighbor: true });

  it("is the same history for the same seed, byte for byte", async () => {
    for (const seed of SEEDS) {
      const [first, second] = [await play(seed), await play(seed)];
      expect(second.log.join("\n")).toBe(first.log.join("\n"));
      expect(JSON.stringify(second.evidence)).toBe(JSON.stringify(first.evidence));
    }
  });

  it("has runs of the same ids in both, given in words of their own, which agents and people there say again", async () => {
    const seen = { ids: 0, messages: 0, answers: 0, payloads: 0 };
    for (const seed of SEEDS) {
      const { evidence } = await play(seed);
      const [ours, theirs] = evidence.tenants;
      const idsOf = (tenant: string | undefined) =>
        evidence.runs.flatMap((run) => (run.tenant === tenant && run.parent === null ? [run.id] : [])).toSorted();
      expect(idsOf(theirs?.tenant)).toEqual(idsOf(ours?.tenant));
      seen.ids += idsOf(ours?.tenant).length;
      for (const { word } of evidence.tenants) {
        seen.messages += evidence.diary.filter((entry) => "whose" in entry && entry.whose === word).length;
        seen.answers += evidence.diary.filter((entry) => "said" in entry && entry.said?.includes(word)).length;
      }
      seen.payloads += JSON.stringify(evidence.runs[0]?.facts[0]).length > 9_000 ? 1 : 0;
    }
    expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([]);
  });

  it("has somebody who tries what the other has, and is shown nothing but their own", async () => {
    let [asked, shown] = [0, 0];
    for (const seed of SEEDS) {
      const { evidence } = await play(seed);
      const askedIn = (tenant: string) =>
        JSON.stringify(evidence.runs.filter((run) => run.tenant === tenant).flatMap(({ facts }) => facts.map(({ fact }) => fact["id"])));
      for (const told of evidence.told) {
        if (told.what !== "shown") continue;
        shown += 1;
        expect(told.thing).toBe("question");
        expect(askedIn(told.tenant)).toContain(told.key);
      }
      asked += evidence.told.length;
    }
    expect(shown).toBeGreaterThan(0);
    expect(asked).toBeGreaterThan(shown);
  });
});
