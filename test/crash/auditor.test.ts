/** The auditor of the crash sweep, on the evidence of a run in which all went well, and on the same with one thing changed. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { audit } from "./auditor.ts";
import type { Evidence, StoredFact, StoredRun } from "./evidence.ts";
import { World } from "./lives.ts";
import { tell } from "./sweep.ts";
import type { Delivery, Entry, Execution } from "./world/journal.ts";

let world: World;
let sound: Evidence;

beforeAll(async () => {
  world = await World.open();
  const told = await tell(world, { name: "sound", deaths: [] });
  sound = told.evidence[0] as Evidence;
});

afterAll(async () => {
  await world.close();
});

type Facts = readonly StoredFact[];

function isOf(kind: string, path?: string): (fact: StoredFact) => boolean {
  return (fact) => fact.kind === kind && (path === undefined || fact["path"] === path);
}

function without(test: (fact: StoredFact) => boolean): (facts: Facts) => Facts {
  return (facts) => facts.toSpliced(facts.findIndex(test), facts.some(test) ? 1 : 0);
}

/** The first such fact once more: at once, or just before a later one. */
function twice(test: (fact: StoredFact) => boolean, before: (fact: StoredFact) => boolean = test): (facts: Facts) => Facts {
  return (facts) => {
    const [fact, place] = [facts.find(test), facts.findLastIndex(before)];
    return fact === undefined || place === -1 ? facts : facts.toSpliced(place, 0, { ...fact, at: facts[place]?.at ?? 0 });
  };
}

function changed(test: (fact: StoredFact) => boolean, fields: { readonly [field: string]: unknown }): (facts: Facts) => Facts {
  return (facts) => facts.map((fact) => (test(fact) ? { ...fact, ...fields } : fact));
}

/** Two facts of a kind change places. */
function swapped(kind: string): (facts: Facts) => Facts {
  return (facts) => {
    const [one, other] = [facts.findIndex(isOf(kind)), facts.findLastIndex(isOf(kind))];
    if (one === other) return facts;
    return facts.map((fact, place) => ({
      ...fact,
      path: (facts[place === one ? other : place === other ? one : place] as StoredFact)["path"],
    }));
  };
}

/** The findings when the histories at the end had been otherwise. The facts are numbered anew, unless that is the point. */
function findingsOf(change: (facts: Facts) => Facts, isNumbered = true): readonly string[] {
  const runs = new Map<string, StoredRun>();
  for (const [id, run] of sound.atEnd.runs) {
    const facts = change(run.facts);
    runs.set(id, { ...run, facts: isNumbered ? facts.map((fact, place) => ({ ...fact, seq: place + 1 })) : facts });
  }
  return sentencesOf({ ...sound, atEnd: { ...sound.atEnd, runs } });
}

function sentencesOf(evidence: Evidence): readonly string[] {
  return audit(evidence).map(({ kind, sentence }) => `${kind}: ${sentence}`);
}

describe("the auditor", () => {
  it("finds nothing where nothing is wrong", () => {
    expect(sentencesOf(sound)).toEqual([]);
  });

  it.each<readonly [string, RegExp, (facts: Facts) => Facts]>([
    ["a second completion", /duplicate: .* is over a second time/, twice(isOf("subtaskCompleted"))],
    ["an output that is wrong", /lost: it ended completed, with an output other/, changed(isOf("runCompleted"), { output: null })],
    ["a run that is not over", /stuck: it is not over/, (facts) => facts.slice(0, -1)],
    ["a retry before its time", /history: .* before its time/, changed(isOf("attemptFailed"), { retryAt: Number.MAX_SAFE_INTEGER })],
    ["work that is assigned twice", /duplicate: .* begins though it is over/, twice(isOf("subtaskAssigned"))],
    [
      "work in an iteration that is over",
      /refine#1\/draft begins, and refine, which it is inside of, is in iteration 2/,
      twice(isOf("subtaskAssigned", "refine#1/draft"), isOf("iterationStarted", "refine")),
    ],
    [
      "an iteration that is left out",
      /refine goes from iteration 1 to 3/,
      without((fact) => isOf("iterationStarted", "refine")(fact) && fact["iteration"] === 2),
    ],
    ["work inside of what is over", /inside of, is not at work/, twice(isOf("subtaskAssigned", "race/remote"), isOf("runCompleted"))],
    [
      "new work in a run that is ending",
      /history: .* subtaskAssigned of doomed, in a run that is ending/,
      twice(isOf("subtaskAssigned", "doomed"), isOf("taskReleased")),
    ],
    ["a loser that never acknowledged", /history: .* while race\/remote was stopping/, without(isOf("taskReleased", "race/remote"))],
    ["a loser that was not told to stop", /race is over while race\/child is working/, without(isOf("subtaskCanceled", "race/child"))],
    ["a decision that is taken twice", /duplicate: question .* was settled twice/, twice(isOf("approvalDecided"))],
    [
      "a signal that is taken twice",
      /duplicate: .* took a signal "early"/,
      without((fact) => fact.kind === "signalReceived" && fact["name"] === "early"),
    ],
    ["an undoing that is done twice", /duplicate: .* there was nothing to undo/, twice(isOf("compensationEnded"), isOf("runFailed"))],
    ["an undoing in the wrong order", /history: .* was undone out of order/, swapped("compensationEnded")],
    ["an undoing that is forgotten", /lost: the run ended, and booked was not undone/, without(isOf("compensationEnded", "booked"))],
    ["a result that no run below came to", /lost: below completed with null/, changed(isOf("subtaskCompleted", "below"), { output: null })],
    [
      "an end below that comes too late",
      /went on after its end/,
      changed((fact) => fact.kind === "runCompleted" && "value" in Object(fact["output"]), { at: Number.MAX_SAFE_INTEGER }),
    ],
  ])("notices %s", (_what, finding, change) => {
    expect(findingsOf(change)).toContainEqual(expect.stringMatching(finding));
  });

  it("notices a fact that is gone, and one after the end", () => {
    const late = (facts: Facts): Facts => [...facts, { seq: facts.length + 1, kind: "subtaskProgressed", at: Number.MAX_SAFE_INTEGER }];
    expect(findingsOf((facts) => facts.toSpliced(10, 1), false)).toContainEqual(expect.stringMatching(/has the number/));
    expect(findingsOf(late)).toContainEqual(expect.stringMatching(/stands after the end/));
  });

  it("notices a second run below for the same work, and one that belongs to nothing", () => {
    const [id, below] = [...sound.atEnd.runs].find(([, { parent }]) => parent === "sound-b") ?? ["", null];
    const again = { ...sound.atEnd, runs: new Map(sound.atEnd.runs).set(`${id}-again`, below as StoredRun) };
    expect(sentencesOf({ ...sound, atEnd: again })).toContainEqual(expect.stringMatching(/duplicate: .* has started 2 runs/));
    const elsewhere = changed((fact) => "parent" in fact, { parent: { run: "sound-b", effect: "default/sound-b/elsewhere/1/1" } });
    expect(findingsOf(elsewhere)).toContainEqual(expect.stringMatching(/is nothing that it was given/));
  });

  it.each<readonly [string, RegExp, (entries: readonly Entry[]) => readonly Entry[]]>([
    [
      "work after the end",
      /duplicate: .* after the end of the run/,
      (entries) => entries.map((entry) => (entry.event === "begin" ? { ...entry, at: Number.MAX_SAFE_INTEGER } : entry)),
    ],
    ["work that nobody gave", /history: .* never assigned/, (entries) => [...entries, { ...begun(entries), path: "elsewhere" }]],
    ["work for a run that is not there", /lost: .* there is no such run/, (entries) => [...entries, { ...begun(entries), run: "sound-z" }]],
    ["work that is done twice", /duplicate: .* executed 2 times/, (entries) => [...entries, begun(entries)]],
    ["a result that nobody worked for", /lost: .* nobody executed it/, (entries) => entries.filter(({ event }) => event !== "begin")],
    [
      "an event under another key",
      /duplicate: .* 2 different events/,
      (entries) => [...entries, { ...delivered(entries), key: "another" }],
    ],
    [
      "one key for two events",
      /lost: .* stands for several events/,
      (entries) => entries.map((entry) => (entry.event === "delivery" ? { ...entry, key: "one" } : entry)),
    ],
    ["an event that never came", /lost: .* the event never came/, (entries) => entries.filter(({ event }) => event !== "delivery")],
  ])("notices %s", (_what, finding, change) => {
    expect(sentencesOf({ ...sound, after: change(sound.after) })).toContainEqual(expect.stringMatching(finding));
  });
});

function begun(entries: readonly Entry[]): Execution {
  return entries.find((entry): entry is Execution => entry.event === "begin") as Execution;
}

function delivered(entries: readonly Entry[]): Delivery {
  return entries.find((entry): entry is Delivery => entry.event === "delivery") as Delivery;
}
