/**
 * The auditor on attempts that are said to have failed: their agent said so, or never had them. What nobody
 * knows is no failure.
 */
import { describe, expect, it } from "vitest";

import { audit } from "../../../../src/simulation/auditor/audit.ts";
import { auditFailures } from "../../../../src/simulation/auditor/belonging.ts";
import type { Message } from "../../../../src/simulation/auditor/messages.ts";
import type { DiaryEntry, SimulatedRun, StoredFact } from "../../../../src/simulation/evidence.ts";
import { historyOf } from "./histories.ts";

const COMPLETED = '{"kind":"completed","output":1}';
const FAILED = '{"code":"BROKEN","kind":"failed","retryable":false}';

/** A history of which only the facts matter; each becomes durable at ten times its number. */
function runOf(...facts: readonly object[]): SimulatedRun {
  const entries = facts.map((fact, index) => ({
    order: 10 * (index + 1),
    fact: { seq: index + 1, at: index, ...fact } as StoredFact,
  }));
  return {
    tenant: "default",
    id: "run-1",
    parent: null,
    status: "failed",
    endedAt: null,
    facts: entries,
    leftovers: { wakeAt: null, owes: false },
  };
}

/** Attempt 1 of a step, said to have failed at 20. */
const FAILING = runOf(
  { kind: "subtaskAssigned", path: "a", attempt: 1 },
  { kind: "attemptFailed", path: "a", attempt: 1, reason: "failed", agent: "far" },
);

function message(order: number, taskId = "far-1", about: Partial<Message> = {}): Message {
  const work = { run: "run-1", path: "a", attempt: 1, turn: 1, content: "[]", whose: "", messageId: "m", ...about };
  return { event: "received", order, at: 0, agent: "far", taskId, ...work };
}

function entry(order: number, event: "ended" | "direct" | "forgot", said?: string, taskId = "far-1"): DiaryEntry {
  return { event, order, at: 0, agent: "far", taskId, ...(said === undefined ? {} : { said }) };
}

function flawsOf(run: SimulatedRun, messages: readonly Message[], diary: readonly DiaryEntry[]): readonly string[] {
  const flaws: string[] = [];
  auditFailures(run, messages, {
    diary: [...messages, ...diary],
    flaw: (invariant, sentence) => void flaws.push(`${invariant}: ${sentence}`),
  });
  return flaws;
}

const BROKEN = "unknown: fact 2: attempt 1 of a is said to have failed, and its agent completed it";

describe("an attempt that is said to have failed", () => {
  it("breaks the promise when its agent had completed it by then", () => {
    expect(flawsOf(FAILING, [message(12)], [entry(15, "ended", COMPLETED)])).toEqual([BROKEN]);
  });

  it("breaks it as a step's last attempt, too", () => {
    const last = runOf(
      { kind: "subtaskAssigned", path: "a", attempt: 1 },
      { kind: "subtaskFailed", path: "a", attempt: 1, reason: "failed", agent: "far" },
    );
    expect(flawsOf(last, [message(12)], [entry(15, "ended", COMPLETED)])).toEqual([BROKEN]);
  });

  it("breaks it when several tasks were made for it, and all were completed", () => {
    const ends = [entry(15, "ended", COMPLETED), entry(16, "ended", COMPLETED, "far-2")];
    expect(flawsOf(FAILING, [message(12), message(13, "far-2")], ends)).toEqual([BROKEN]);
  });

  const KEPT: readonly (readonly [why: string, run: SimulatedRun, messages: readonly Message[], diary: readonly DiaryEntry[]])[] = [
    ["its agent said so", FAILING, [message(12)], [entry(15, "ended", FAILED)]],
    [
      "its agent had it twice, and failed once",
      FAILING,
      [message(12), message(13, "far-2")],
      [entry(15, "ended", COMPLETED), entry(16, "ended", FAILED, "far-2")],
    ],
    ["its agent never had it", FAILING, [], []],
    ["its agent had it only later", FAILING, [message(21)], [entry(22, "ended", COMPLETED)]],
    ["its agent was not done", FAILING, [message(12)], [entry(25, "ended", COMPLETED)]],
    ["its agent asked, and has not said more", FAILING, [message(12)], []],
    ["its agent completed another attempt", FAILING, [message(12, "far-1", { attempt: 2 })], [entry(15, "ended", COMPLETED)]],
    ["its agent completed another step", FAILING, [message(12, "far-1", { path: "b" })], [entry(15, "ended", COMPLETED)]],
    [
      "its agent answered without a task, which lets nobody know",
      FAILING,
      [message(12)],
      [entry(15, "ended", COMPLETED), entry(15, "direct")],
    ],
    ["its agent has lost it", FAILING, [message(12)], [entry(15, "ended", COMPLETED), entry(18, "forgot")]],
    [
      "its step has had the message sent again, and that one failed",
      runOf(
        { kind: "messageResent", path: "a", attempt: 1 },
        { kind: "attemptFailed", path: "a", attempt: 1, reason: "failed", agent: "far" },
      ),
      [message(5)],
      [entry(8, "ended", COMPLETED)],
    ],
    [
      "nobody knows, and that is what is said",
      runOf(
        { kind: "subtaskAssigned", path: "a", attempt: 1 },
        { kind: "attemptFailed", path: "a", attempt: 1, reason: "unknown", agent: "far" },
      ),
      [message(12)],
      [entry(15, "ended", COMPLETED)],
    ],
    [
      "its handler failed, and not the agent",
      runOf({ kind: "subtaskAssigned", path: "a", attempt: 1 }, { kind: "subtaskFailed", path: "a", attempt: 1, reason: "failed" }),
      [message(12)],
      [entry(15, "ended", COMPLETED)],
    ],
  ];

  it.each(KEPT)("keeps it when %s", (_, run, messages, diary) => {
    expect(flawsOf(run, messages, diary)).toEqual([]);
  });

  it("of which another attempt was sent again, is not excused by that", () => {
    const run = runOf(
      { kind: "messageResent", path: "a", attempt: 2 },
      { kind: "attemptFailed", path: "a", attempt: 1, reason: "failed", agent: "far" },
    );
    expect(flawsOf(run, [message(5)], [entry(8, "ended", COMPLETED)])).toEqual([BROKEN]);
  });

  it("is looked at in a whole history", async () => {
    const evidence = await historyOf("whole");
    const diary = evidence.diary.map((one) => (one.event === "ended" && one.agent === "flaky" ? { ...one, said: COMPLETED } : one));
    const found = audit({ ...evidence, diary }).map(({ invariant, sentence }) => `${invariant}: ${sentence}`);
    expect(found).toContainEqual(expect.stringMatching(/^unknown: fact \d+: attempt 1 of flaky is said to have failed/));
  });
});
