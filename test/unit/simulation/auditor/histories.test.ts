/** The auditor on histories in which all promises are kept, and on the same with one fact changed. */
import { describe, expect, it } from "vitest";

import { audit } from "../../../../src/simulation/auditor/audit.ts";
import { type Facts, HISTORY_NAMES, type HistoryName, historyOf, withFacts } from "./histories.ts";
import { changed, cutAfter, cutBefore, isOf, moved, repeated, without } from "./tampering.ts";

type Case = readonly [invariant: string, what: string, history: HistoryName, change: (facts: Facts) => Facts, sentence: RegExp];

const CASES: readonly Case[] = [
  ["I1", "a signal that was acknowledged and is gone", "whole", without(isOf("signalReceived")), /signal go was acknowledged/],
  ["I1", "an answer that was acknowledged and is gone", "whole", without(isOf("questionAnswered")), /answer q_.* was acknowledged/],
  ["I1", "a cancel that was acknowledged and is gone", "canceled", cutBefore(isOf("runEnding")), /cancel cancel was acknowledged/],
  ["I1", "a history without its start", "whole", (facts) => facts.slice(1), /does not begin with its start/],
  [
    "I2",
    "a second completion",
    "whole",
    repeated(isOf("subtaskCompleted", "first"), isOf("subtaskAssigned", "last")),
    /first is over a second time/,
  ],
  [
    "I2",
    "a second end of a list",
    "whole",
    repeated(isOf("stepCompleted", "items"), isOf("subtaskAssigned", "last")),
    /items is over a second time/,
  ],
  [
    "I2",
    "a completion of an earlier attempt",
    "whole",
    changed(isOf("subtaskCompleted", "flaky"), { attempt: 1 }),
    /flaky attempt 1, and attempt 3 is working/,
  ],
  ["I2", "a completion that nobody was given", "whole", without(isOf("subtaskAssigned", "last")), /which nobody had been given/],
  [
    "I2",
    "work that begins again when it is over",
    "whole",
    repeated(isOf("subtaskAssigned", "first"), isOf("subtaskAssigned", "last")),
    /first begins though it is over/,
  ],
  [
    "I2",
    "an attempt that is given twice",
    "whole",
    repeated(isOf("subtaskAssigned", "asked"), isOf("questionAsked")),
    /assigned while attempt 1 was open/,
  ],
  ["I3", "a result that was told before it was durable", "whole", without(isOf("runCompleted")), /told as completed before it was durable/],
  ["I3", "a result that is another one", "whole", changed(isOf("runCompleted"), { output: null }), /its output was told as/],
  [
    "I3",
    "a result that the run below did not come to",
    "whole",
    changed(isOf("subtaskCompleted", "below"), { output: {} }),
    /below completed with \{\}/,
  ],
  ["I4", "a fact after the end", "whole", (facts) => [...facts, ...facts.slice(-1)], /stands after the end/],
  [
    "I4",
    "new work after the cancel",
    "canceled",
    repeated(isOf("subtaskAssigned", "beside"), isOf("runCanceled"), { path: "work", attempt: 2 }),
    /in a run that is ending/,
  ],
  [
    "I4",
    "a canceled run that completes",
    "canceled",
    changed(isOf("runCanceled"), { kind: "runCompleted", output: null }),
    /decided that it ends canceled/,
  ],
  [
    "I4",
    "a canceled run that leaves its agent at work",
    "canceled",
    (facts) => facts.filter(({ kind }) => kind !== "subtaskCanceled" && kind !== "taskReleased"),
    /the run ended .* while work was working/,
  ],
  [
    "I4",
    "a canceled run that does not wait for its agent",
    "canceled",
    without(isOf("taskReleased", "work")),
    /work has yet to stop, and there is time/,
  ],
  [
    "I5",
    "a step before what it needs",
    "whole",
    moved(isOf("subtaskAssigned", "last"), isOf("subtaskCompleted", "most")),
    /last begins \(subtaskAssigned\), and .*sign/,
  ],
  [
    "I5",
    "a step before what it only reads",
    "whole",
    moved(isOf("subtaskCompleted", "draft"), isOf("runCompleted")),
    /last begins .* draft is not over/,
  ],
  [
    "I5",
    "a list before what it reads",
    "whole",
    moved(isOf("stepExpanded", "items"), isOf("subtaskCompleted", "first")),
    /items begins .* first is not over/,
  ],
  [
    "I5",
    "an inner step before what it needs",
    "whole",
    moved(isOf("subtaskAssigned", "most/right/two"), isOf("subtaskAssigned", "most/right/one")),
    /most\/right\/two begins .* one is not over/,
  ],
  ["I5", "a step that is written nowhere", "whole", changed(isOf("subtaskAssigned", "last"), { path: "other" }), /no such step/],
  [
    "I5",
    "a quorum with one vote",
    "whole",
    changed(isOf("subtaskCompleted", "votes/far"), { vote: { on: "another", principal: "far" } }),
    /1 different principals agree, not 2/,
  ],
  [
    "I5",
    "a quorum of one principal",
    "whole",
    (facts) => facts.map((fact) => (fact["vote"] === undefined ? fact : { ...fact, vote: { on: 1, principal: "same" } })),
    /1 different principals agree/,
  ],
  [
    "I5",
    "a join of too many",
    "whole",
    changed(isOf("subtaskCanceled", "some[2]"), { kind: "subtaskCompleted", agent: "far", output: 1 }),
    /3 of 3 succeeded, not 2/,
  ],
  ["I5", "a join of too few", "whole", moved(isOf("subtaskCompleted", "most"), isOf("subtaskFailed", "most/off")), /1 of 3 are not over/],
  [
    "I5",
    "a join that fails though it can be met",
    "whole",
    changed(isOf("subtaskCompleted", "most"), { kind: "subtaskFailed", tolerated: false, reason: "disagreed", failure: { code: "T4116" } }),
    /its join could still be met/,
  ],
  [
    "I5",
    "an iteration before the last is over",
    "whole",
    moved(isOf("iterationStarted", "draft"), isOf("subtaskCompleted", "draft#1/review")),
    /iteration 2 of draft begins/,
  ],
  [
    "I5",
    "an iteration that is left out",
    "whole",
    changed(isOf("iterationStarted", "draft"), { iteration: 3 }),
    /goes from iteration 1 to 3/,
  ],
  [
    "I5",
    "work inside of what is over",
    "whole",
    moved(isOf("subtaskCompleted", "most/right"), isOf("subtaskAssigned", "most/right/two")),
    /most\/right completed, and most\/right\/two is not over/,
  ],
  ["I5", "a run that completes without a step", "whole", without(isOf("subtaskFailed", "slow")), /the run completed, and slow is not over/],
  [
    "I7",
    "a message under another id",
    "whole",
    changed(isOf("messageIntended", "last"), { intent: { messageId: "other" } }),
    /which was never intended/,
  ],
  [
    "I7",
    "an intent that is recorded too late",
    "whole",
    moved(isOf("messageIntended", "last"), isOf("subtaskCompleted", "last")),
    /before its intent was durable/,
  ],
  [
    "I7",
    "one id for two effects",
    "whole",
    (facts) => {
      const intent = facts.find(isOf("messageIntended", "first"))?.["intent"];
      return changed(isOf("messageIntended", "last"), { intent })(facts);
    },
    /stands for first .* and for last/,
  ],
  [
    "I7",
    "work that was never given",
    "whole",
    changed(isOf("subtaskAssigned", "items[3]"), { attempt: 7 }),
    /far got items\[3\] attempt 1, which was not durable/,
  ],
  [
    "I8",
    "a time that goes back",
    "whole",
    changed(isOf("questionAsked"), ({ at }) => ({ at: at - 60_000 })),
    /is older than the one before it/,
  ],
  [
    "I9",
    "a wait that ends early",
    "whole",
    moved(isOf("subtaskCompleted", "pause"), isOf("subtaskAssigned", "last")),
    /the wait pause ended \d+ ms before its time/,
  ],
  [
    "I9",
    "a retry before its time",
    "whole",
    moved(isOf("subtaskAssigned", "flaky", 2), isOf("subtaskAssigned", "most/right/two")),
    /attempt 2 of flaky began \d+ ms before/,
  ],
  [
    "I9",
    "a pause that is too short",
    "whole",
    changed(isOf("attemptFailed", "flaky", 1), ({ at }) => ({ retryAt: at + 100 })),
    /flaky pauses for 100 ms after attempt 1, not 4000 ms/,
  ],
  [
    "I9",
    "an attempt that is given less time",
    "whole",
    changed(isOf("subtaskAssigned", "last"), ({ at }) => ({ deadlineAt: at + 5_000 })),
    /last has 5000 ms, and its timeout is 60000 ms/,
  ],
  [
    "I9",
    "an attempt that times out early",
    "whole",
    moved(isOf("attemptTimedOut", "slow"), isOf("attemptFailed", "flaky")),
    /slow timed out \d+ ms before/,
  ],
  [
    "I9",
    "a run that times out early",
    "late",
    changed(isOf("runStarted"), ({ at }) => ({ deadlineAt: at + 600_000 })),
    /the run timed out 300000 ms before/,
  ],
  ["I10", "a run that stops in the middle", "whole", cutBefore(isOf("subtaskAssigned", "last")), /last could begin, and has not/],
  ["I10", "a run that waits for nobody", "undone", cutBefore(isOf("subtaskAssigned", "two")), /nothing of it was at work/],
  [
    "I10",
    "work that is forgotten until the run times out",
    "late",
    (facts) => facts.filter((fact) => fact["path"] !== "work"),
    /work could begin, and has not/,
  ],
  [
    "I11",
    "too many items at once",
    "whole",
    moved(isOf("subtaskAssigned", "items[2]"), isOf("subtaskCompleted", "items[1]")),
    /3 items of items are at work at once; the most is 2/,
  ],
  [
    "I12",
    "a decision that counts twice",
    "whole",
    repeated(isOf("approvalDecided"), isOf("subtaskCompleted", "last")),
    /was settled twice/,
  ],
  ["I12", "an answer to nothing", "whole", without(isOf("questionAsked")), /which was never asked/],
  ["I12", "a signal that is taken twice", "whole", without(isOf("signalReceived")), /took a signal "go" that had not come/],
  [
    "attempts",
    "an attempt that is left out",
    "whole",
    changed(isOf("subtaskAssigned", "flaky", 3), { attempt: 4 }),
    /attempt 4 of flaky follows upon 2/,
  ],
  [
    "attempts",
    "more attempts than there are",
    "whole",
    changed(isOf("attemptFailed", "flaky", 2), { fallback: undefined }),
    /flaky is tried again after attempt 2; the most is 2/,
  ],
  [
    "attempts",
    "a retry of what forbids it",
    "whole",
    changed(isOf("attemptFailed", "flaky", 1), { reason: "rejected" }),
    /its failure \(rejected\) forbids that/,
  ],
  [
    "attempts",
    "fewer attempts than there are",
    "whole",
    changed(isOf("attemptFailed", "flaky", 1), { fallback: 0 }),
    /given up after attempt 1/,
  ],
  [
    "attempts",
    "a fallback that there is not",
    "whole",
    changed(isOf("attemptFailed", "flaky", 2), { fallback: 1 }),
    /goes to fallback 2 of 1/,
  ],
  [
    "critical",
    "a failure that is tolerated and must not be",
    "undone",
    changed(isOf("subtaskFailed", "three"), { tolerated: true }),
    /three failed, and that is tolerated/,
  ],
  [
    "critical",
    "a critical failure after which the run completes",
    "undone",
    (facts) => [
      ...cutAfter(isOf("subtaskFailed", "three"))(facts),
      { ...(facts.at(-1) ?? { seq: 0, at: 0 }), kind: "runCompleted", output: null },
    ],
    /three failed, which is critical, and it completed/,
  ],
  [
    "compensation",
    "a step that is not undone",
    "undone",
    (facts) => facts.filter((fact) => fact["path"] !== "one/compensate" && !isOf("compensationEnded", "one")(fact)),
    /one was not undone/,
  ],
  [
    "compensation",
    "a step that is undone out of order",
    "undone",
    changed(isOf("subtaskAssigned", "two/compensate"), { path: "one/compensate" }),
    /two is to be undone first/,
  ],
  [
    "compensation",
    "a step that is undone twice",
    "undone",
    repeated(isOf("compensationEnded", "two"), isOf("runFailed")),
    /there was nothing to undo/,
  ],
  [
    "compensation",
    "a step that forgets how it is undone",
    "undone",
    changed(isOf("subtaskCompleted", "one"), { compensation: undefined }),
    /one completed and can be undone/,
  ],
  ["budget", "an attempt beyond the budget", "thrifty", without(isOf("budgetGranted")), /c begins, and of 2 attempts 2 are used up/],
];

describe("the auditor of histories", () => {
  it.each(HISTORY_NAMES)("finds nothing where nothing is wrong: %s", async (name) => {
    const evidence = await historyOf(name);
    expect(audit(evidence)).toEqual([]);
    expect(evidence.runs[0]?.facts.length).toBeGreaterThan(10);
  });

  it.each(CASES)("notices (%s) %s", async (invariant, _what, name, change, sentence) => {
    const violations = audit(withFacts(await historyOf(name), change));
    expect(violations.map((found) => `${found.invariant}: ${found.sentence}`)).toContainEqual(
      expect.stringMatching(new RegExp(`^${invariant}: .*${sentence.source}`)),
    );
  });
});
