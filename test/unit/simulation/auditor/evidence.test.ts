/** The auditor on what agents and people outside wrote down, on the process's lives, and on the workflow's words. */
import { describe, expect, it } from "vitest";

import { audit } from "../../../../src/simulation/auditor/audit.ts";
import type { Message } from "../../../../src/simulation/auditor/messages.ts";
import type { DiaryEntry, Evidence, SimulatedRun, Told } from "../../../../src/simulation/evidence.ts";
import { type HistoryName, historyOf } from "./histories.ts";
import { changeFirst, withStep } from "./tampering.ts";

type Case = readonly [invariant: string, what: string, history: HistoryName, change: (evidence: Evidence) => Evidence, sentence: RegExp];

function withTold(change: (told: readonly Told[]) => readonly Told[]): (evidence: Evidence) => Evidence {
  return (evidence) => ({ ...evidence, told: change(evidence.told) });
}

function withDiary(change: (diary: readonly DiaryEntry[]) => readonly DiaryEntry[]): (evidence: Evidence) => Evidence {
  return (evidence) => ({ ...evidence, diary: change(evidence.diary) });
}

/** One run, `run-1` unless another is meant, as the host has it otherwise. */
function withRun(change: (run: SimulatedRun) => SimulatedRun, id = "run-1"): (evidence: Evidence) => Evidence {
  return (evidence) => ({ ...evidence, runs: changeFirst(evidence.runs, (run) => run.id.startsWith(id), change) });
}

const isFact = (one: Told): boolean => one.what === "fact" && one.seq === 5;
const isResult = (one: Told): boolean => one.what === "result";
const isMessage = (entry: DiaryEntry): entry is Message => entry.event === "received";
const isForLast = (entry: DiaryEntry): boolean => isMessage(entry) && entry.path === "last";

/** The message about `last` once more, so much later, as another task. */
function again(fields: object): (diary: readonly DiaryEntry[]) => readonly DiaryEntry[] {
  return (diary) => {
    const first = diary.find(isForLast);
    return first === undefined ? diary : [...diary, { ...first, taskId: "far-99", order: first.order + 2, ...fields }];
  };
}

const CASES: readonly Case[] = [
  [
    "I1",
    "a run that was acknowledged and is not there",
    "undone",
    (evidence) => ({ ...evidence, runs: [] }),
    /somebody was told of it, and there is no such run/,
  ],
  [
    "I3",
    "a result that changes",
    "whole",
    withTold((told) => changeFirst(told, isResult, (one) => ({ ...one, output: '{"output":1}' }) as Told)),
    /its result was told as .*, and then as/,
  ],
  [
    "I3",
    "a result that is told as another",
    "undone",
    withTold((told) => told.map((one) => (isResult(one) ? ({ ...one, status: "completed", output: "{}" } as Told) : one))),
    /its history ends with runFailed/,
  ],
  ["I4", "a host that says otherwise", "whole", withRun((run) => ({ ...run, status: "failed" })), /the host says failed/],
  [
    "I4",
    "a host that calls an open run over",
    "whole",
    withRun((run) => ({ ...run, facts: run.facts.slice(0, -1) })),
    /its history has no end/,
  ],
  [
    "I6",
    "a second process beside the first",
    "whole",
    (evidence) => ({
      ...evidence,
      lives: changeFirst(
        evidence.lives,
        ({ number }) => number === 1,
        (life) => ({ ...life, endedOrder: 400 }),
      ),
    }),
    /life 2 of the process began before life 1 was over/,
  ],
  [
    "I6",
    "a fact that nobody was there to write",
    "whole",
    (evidence) => ({
      ...evidence,
      lives: changeFirst(
        evidence.lives,
        ({ number }) => number === 1,
        (life) => ({ ...life, endedOrder: 20 }),
      ),
    }),
    /was written while there was no process/,
  ],
  [
    "I6",
    "a process that speaks after another one has begun",
    "whole",
    withTold((told) => told.map((one) => (isResult(one) ? { ...one, life: 1 } : one))),
    /life 1 said something \(result\) when it was no more/,
  ],
  ["I7", "a message in other words", "whole", withDiary(again({ content: "[]" })), /was sent in other words/],
  [
    "I7",
    "a message under an id of its own",
    "whole",
    withDiary(again({ messageId: "other" })),
    /far got last attempt 1 as other, which was never intended/,
  ],
  [
    "I7",
    "a message that is about another attempt",
    "whole",
    withDiary((diary) => changeFirst(diary, isForLast, (entry) => ({ ...entry, path: "first" }) as DiaryEntry)),
    /which was intended for last/,
  ],
  [
    "I7",
    "a message before its attempt is durable",
    "whole",
    withDiary((diary) => changeFirst(diary, isForLast, (entry) => ({ ...entry, order: 1 }))),
    /far got last attempt 1, which was not durable/,
  ],
  ["I8", "a gap for a reader", "whole", withTold((told) => told.filter((one) => !isFact(one))), /reader of run-1 got fact 6 after 4/],
  [
    "I8",
    "a fact that a reader gets twice",
    "whole",
    withTold((told) => told.flatMap((one) => (isFact(one) ? [one, one] : [one]))),
    /got fact 5 after 5/,
  ],
  [
    "I8",
    "a fact that a reader sees as another",
    "whole",
    withTold((told) => changeFirst(told, isFact, (one) => ({ ...one, kind: "runFailed" }) as Told)),
    /was told of fact 5 as runFailed/,
  ],
  [
    "I8",
    "a fact that a reader sees too early",
    "whole",
    withTold((told) => changeFirst(told, isFact, (one) => ({ ...one, order: 1 }))),
    /fact 5 before it was durable/,
  ],
  [
    "I8",
    "a number that is left out",
    "whole",
    withRun((run) => ({ ...run, facts: run.facts.toSpliced(9, 1) })),
    /fact 10 has the number 11/,
  ],
  [
    "I10",
    "a timer that is due and does not fire",
    "whole",
    withRun((run) => ({ ...run, endedAt: null, facts: run.facts.slice(0, -1), leftovers: { wakeAt: 1, owes: false } })),
    /its timer has been due for/,
  ],
  [
    "I10",
    "a timer of a run that is over",
    "whole",
    withRun((run) => ({ ...run, leftovers: { wakeAt: Number.MAX_SAFE_INTEGER, owes: false } })),
    /it is over, and has a timer/,
  ],
  [
    "I10",
    "a debt of a run that is over",
    "whole",
    withRun((run) => ({ ...run, leftovers: { wakeAt: null, owes: true } })),
    /it is over, and owes something/,
  ],
  [
    "I11",
    "more items at once than the workflow says",
    "whole",
    (evidence) => withStep(evidence, "whole", "items", { concurrency: 1 }),
    /2 items of items are at work at once; the most is 1/,
  ],
  [
    "I13",
    "a secret in the log",
    "whole",
    (evidence) => ({ ...evidence, log: [...evidence.log, `warn request failed ${evidence.canaries.join(" ")}`] }),
    /a secret is in line \d+ of the log/,
  ],
  [
    "I13",
    "a secret in a fact",
    "whole",
    (evidence) => ({ ...evidence, canaries: ["309a4dc9-7f25-55ae-8a43-047adc345076", "runStarted"] }),
    /a secret is in fact 1 \(runStarted\)/,
  ],
  ["I13", "a secret in a result", "whole", (evidence) => ({ ...evidence, canaries: ['"output"'] }), /a secret is in a result/],
  [
    "I14",
    "a run below that belongs to somebody else",
    "whole",
    withRun((run) => ({ ...run, tenant: "other" }), "run-1."),
    /it belongs to other, and the run above to default/,
  ],
  [
    "I14",
    "a task of somebody else",
    "whole",
    (evidence) => ({
      ...evidence,
      runs: [...evidence.runs, ...evidence.runs.map((run) => ({ ...run, id: `${run.id}-copy`, tenant: "other", parent: null }))],
    }),
    /names message .*, which belongs to default/,
  ],
  [
    "I2",
    "two runs for one effect",
    "whole",
    (evidence) => ({ ...evidence, runs: [...evidence.runs, ...evidence.runs.filter(({ parent }) => parent !== null)] }),
    /has started runs/,
  ],
  [
    "I3",
    "a run below that is not over when its result is used",
    "whole",
    withRun((run) => ({ ...run, facts: run.facts.slice(0, -1) }), "run-1."),
    /below completed, and the run below is not over/,
  ],
  [
    "twice",
    "work that is sent again to one who has it",
    "whole",
    withDiary(again({ sent: Number.MAX_SAFE_INTEGER })),
    /far was given last attempt 1 again/,
  ],
  [
    "twice",
    "a handler that works twice in one life",
    "whole",
    withDiary((diary) =>
      diary.flatMap((entry) => (isMessage(entry) && entry.path === "handled/onError" ? [entry, { ...entry, taskId: "near-99" }] : [entry])),
    ),
    /near was given handled\/onError attempt 1 again/,
  ],
  [
    "wanted",
    "a task that is canceled while its run waits for it",
    "whole",
    withDiary((diary) => {
      const ended = diary.find(({ event, agent }) => event === "ended" && agent === "far");
      return ended === undefined ? diary : diary.map((entry) => (entry === ended ? { ...ended, event: "canceled" } : entry));
    }),
    /task far-\d+ was canceled, and \S+ waits for it/,
  ],
  [
    "critical",
    "a failure that the workflow does not tolerate",
    "whole",
    (evidence) => withStep(evidence, "whole", "perhaps", { critical: true }),
    /perhaps failed, and that is tolerated/,
  ],
  [
    "attempts",
    "more attempts than the workflow says",
    "whole",
    (evidence) => withStep(evidence, "whole", "flaky", { retry: { attempts: 1, initial: "4s", jitter: "none" } }),
    /tried again after attempt 1; the most is 1/,
  ],
  [
    "timeout",
    "a run that goes on beyond its timeout",
    "late",
    (evidence) =>
      withRun((run) => ({
        ...run,
        facts: run.facts.map(({ order, fact }) => ({
          order,
          fact: fact.kind === "runStarted" ? { ...fact, deadlineAt: fact.at + 60_000 } : fact,
        })),
      }))(evidence),
    /the run went on beyond its timeout: 240000 ms too late/,
  ],
];

describe("the auditor of evidence", () => {
  it.each(CASES)("notices (%s) %s", async (invariant, _what, name, change, sentence) => {
    const violations = audit(change(await historyOf(name)));
    expect(violations.map((found) => `${found.invariant}: ${found.sentence}`)).toContainEqual(
      expect.stringMatching(new RegExp(`^${invariant}: .*${sentence.source}`)),
    );
  });

  it("takes a copy that the network makes, and work that an agent has forgotten, for no fault", async () => {
    const evidence = await historyOf("whole");
    const first = evidence.diary.find(isForLast);
    const copied = withDiary(again({}))(evidence);
    expect(audit(copied)).toEqual([]);
    const sentAgain = withDiary(again({ sent: Number.MAX_SAFE_INTEGER }))(evidence);
    const forgot = {
      event: "forgot",
      agent: "far",
      taskId: first !== undefined && isMessage(first) ? first.taskId : "",
      order: (first?.order ?? 0) + 1,
      at: 0,
    } as const;
    expect(audit({ ...sentAgain, diary: [...sentAgain.diary, forgot] })).toEqual([]);
  });

  it("takes a time in which there was no process, or it slept, for no delay", async () => {
    const evidence = await historyOf("late");
    const earlier = withRun((run) => ({
      ...run,
      facts: run.facts.map(({ order, fact }) => ({
        order,
        fact: fact.kind === "runStarted" ? { ...fact, deadlineAt: fact.at + 60_000 } : fact,
      })),
    }))(evidence);
    const beganAt = evidence.runs[0]?.facts[0]?.fact.at ?? 0;
    const slept = audit({ ...earlier, pauses: [{ from: beganAt + 30_000, until: beganAt + 299_000 }] });
    expect(slept.filter(({ invariant }) => invariant === "timeout")).toEqual([]);
  });
});
