/** What the auditor says of values, of lateness, and of what belongs together. */
import { describe, expect, it } from "vitest";

import { audit } from "../../../../src/simulation/auditor/audit.ts";
import { auditChildren } from "../../../../src/simulation/auditor/belonging.ts";
import type { SimulatedRun } from "../../../../src/simulation/evidence.ts";
import { type Facts, type HistoryName, historyOf, withFacts } from "./histories.ts";
import { changed, isOf } from "./tampering.ts";

type Case = readonly [invariant: string, what: string, history: HistoryName, change: (facts: Facts) => Facts, sentence: RegExp];

const CASES: readonly Case[] = [
  [
    "values",
    "an input that is not what it reads",
    "whole",
    changed(isOf("subtaskAssigned", "last"), { input: { drafts: 7 } }),
    /drafts of the input of last is 7/,
  ],
  [
    "values",
    "a decision that nobody took, and that the workflow does not say",
    "whole",
    changed(isOf("approvalDecided", "sign"), { by: null }),
    /nobody decided sign in time/,
  ],
  [
    "I10",
    "an attempt that is forgotten until the run ends",
    "late",
    changed(isOf("subtaskAssigned", "work"), ({ at }) => ({ deadlineAt: at - 4 * 3_600_000 })),
    /work was due \d+ ms before the run ended/,
  ],
  [
    "pause",
    "work that begins in a pause",
    "whole",
    (facts) => facts.toSpliced(1, 0, { seq: 0, kind: "runPaused", at: facts[0]?.at ?? 0, by: "ann" }),
    /in a pause/,
  ],
  [
    "task",
    "a task that was made for other work",
    "whole",
    changed(isOf("subtaskAccepted", "last"), { task: { taskId: "far-1" } }),
    /last waits for far-1/,
  ],
];

describe("the auditor", () => {
  it.each(CASES)("%s: notices %s", async (invariant, _what, name, change, sentence) => {
    const evidence = await historyOf(name);
    expect(audit(evidence)).toEqual([]);
    const found = audit(withFacts(evidence, change)).filter((violation) => violation.invariant === invariant);
    expect(found.map((violation) => violation.sentence)).toContainEqual(expect.stringMatching(sentence));
  });

  it("notices a run that goes on when the one above it is over", () => {
    const found: string[] = [];
    auditChildren(runWith("above", "runCanceled"), [runWith("below", "subtaskAssigned")], (_invariant, sentence) => found.push(sentence));
    expect(found).toEqual(["it is over, and run below below it goes on"]);
  });
});

function runWith(id: string, kind: string): SimulatedRun {
  const facts = [{ order: 1, fact: { seq: 1, kind, at: 1 } }];
  return { tenant: "default", id, parent: null, status: "", endedAt: null, facts, leftovers: { wakeAt: null, owes: false } };
}
