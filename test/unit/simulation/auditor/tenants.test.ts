/** The auditor on a world with two tenants: whatever of one is seen or done in the other, it notices (I14). */
import { describe, expect, it } from "vitest";

import { audit } from "../../../../src/simulation/auditor/audit.ts";
import { isMessage, type Message } from "../../../../src/simulation/auditor/messages.ts";
import type { DiaryEntry, Evidence, SimulatedRun, StoredFact, Told } from "../../../../src/simulation/evidence.ts";
import { historyOf } from "./histories.ts";
import { changeFirst, withStep } from "./tampering.ts";

type Case = readonly [what: string, change: (evidence: Evidence) => Evidence, sentence: RegExp];

const NEIGHBOR = "neighbor";

function wordOf({ tenants }: Evidence, name: string): string {
  return tenants.find(({ tenant }) => tenant === name)?.word ?? "";
}

function isOf(entry: DiaryEntry, word: string): entry is Message {
  return isMessage(entry) && entry.whose === word;
}

/** A message about the neighbor's first step, whose agent is behind A2A; and the same about the other's. */
function messagesIn(evidence: Evidence): { readonly theirs: Message; readonly other: Message } {
  const [theirs, other] = [NEIGHBOR, "default"].map((name) =>
    evidence.diary.find((entry) => isOf(entry, wordOf(evidence, name)) && entry.path === "first"),
  );
  if (theirs === undefined || other === undefined) throw new Error("One of them has sent no message: the test changes nothing.");
  return { theirs: theirs as Message, other: other as Message };
}

function withMessage(fields: (evidence: Evidence, other: Message) => Partial<Message>): (evidence: Evidence) => Evidence {
  return (evidence) => {
    const { theirs, other } = messagesIn(evidence);
    const changed = { ...theirs, ...fields(evidence, other) };
    return { ...evidence, diary: evidence.diary.map((entry) => (entry === theirs ? changed : entry)) };
  };
}

/** A fact about the first step, or the run, in the neighbor's `run-1`, with fields of the other's. */
function withFact(kind: string, fields: (evidence: Evidence, other: StoredFact) => object): (evidence: Evidence) => Evidence {
  return (evidence) => {
    const isTheirs = ({ tenant, id }: SimulatedRun): boolean => tenant === NEIGHBOR && id === "run-1";
    const isOne = ({ fact }: SimulatedRun["facts"][number]): boolean => fact.kind === kind && (fact["path"] ?? "first") === "first";
    const other = evidence.runs.find((run) => !isTheirs(run))?.facts.find(isOne)?.fact;
    if (other === undefined) throw new Error("There is no such fact: the test changes nothing.");
    const change = (run: SimulatedRun): SimulatedRun => ({
      ...run,
      facts: changeFirst(run.facts, isOne, (one) => ({ ...one, fact: { ...one.fact, ...fields(evidence, other) } })),
    });
    return { ...evidence, runs: changeFirst(evidence.runs, isTheirs, change) };
  };
}

/** The neighbor is told one thing more. */
function withTold(entry: (evidence: Evidence) => object): (evidence: Evidence) => Evidence {
  return (evidence) => {
    const last = evidence.told.at(-1);
    const more = { order: last?.order, at: last?.at, life: last?.life, tenant: NEIGHBOR, run: "run-1", ...entry(evidence) } as Told;
    return { ...evidence, told: [...evidence.told, more] };
  };
}

function questionOf({ runs }: Evidence, name: string): unknown {
  const asked = runs.flatMap(({ tenant, facts }) => (tenant === name ? facts : [])).find(({ fact }) => fact.kind === "questionAsked");
  return asked?.fact["id"];
}

/** The neighbor's agent asks under the id of the other's question. */
function withQuestion(evidence: Evidence): Evidence {
  const id = questionOf(evidence, "default");
  const change = (run: SimulatedRun): SimulatedRun => ({
    ...run,
    facts: run.facts.map((one) => (one.fact.kind === "questionAsked" ? { ...one, fact: { ...one.fact, id } } : one)),
  });
  return { ...evidence, runs: evidence.runs.map((run) => (run.tenant === NEIGHBOR ? change(run) : run)) };
}

const CASES: readonly Case[] = [
  [
    "a fact that holds a word of another tenant",
    withFact("subtaskCompleted", (evidence) => ({ output: { by: [wordOf(evidence, "default")] } })),
    /fact \d+ \(subtaskCompleted\) holds a word of default/,
  ],
  [
    "a fact that names another tenant's task",
    withFact("subtaskAccepted", (_, { task }) => ({ task })),
    /names task .*, which belongs to default/,
  ],
  [
    "a message intended as another tenant's",
    withFact("messageIntended", (_, { intent }) => ({ intent })),
    /names message .*, which belongs to default/,
  ],
  ["a question that is another tenant's", withQuestion, /question .*, which belongs to /],
  [
    "a history that says of itself that it is another tenant's",
    withFact("runStarted", () => ({ tenant: "default" })),
    /its history says default/,
  ],
  [
    "an agent that is given another tenant's words",
    withMessage((evidence) => ({ content: `["for ${wordOf(evidence, "default")}"]` })),
    /work at first holds a word of default/,
  ],
  ["an agent that is not told whose work it has", withMessage(() => ({ whose: "" })), /came with the word of nobody/],
  ["a conversation of two tenants", withMessage((_, { contextId = "" }) => ({ contextId })), /names conversation .*, which belongs to /],
  ["one message for two tenants", withMessage((_, { messageId }) => ({ messageId })), /names message .*, which belongs to /],
  ["one task for two tenants", withMessage((_, { taskId }) => ({ taskId })), /names task .*, which belongs to /],
  [
    "somebody who is shown another tenant's question",
    withTold((evidence) => ({ what: "shown", thing: "question", key: questionOf(evidence, "default"), text: "Which?" })),
    /somebody of neighbor was shown question q_.*, which is not theirs/,
  ],
  [
    "somebody who is shown another tenant's run",
    withTold((evidence) => {
      const { id } = evidence.runs.find(({ tenant, parent }) => tenant === "default" && parent !== null) ?? {};
      return { what: "shown", thing: "run", key: id, text: "{}" };
    }),
    /somebody of neighbor was shown run run-1\..*, which is not theirs/,
  ],
  [
    "somebody who is shown what another tenant keeps",
    withTold((evidence) => ({ what: "shown", thing: "payload", key: "abc", text: wordOf(evidence, "default") })),
    /somebody of neighbor was told a word of default \(shown\)/,
  ],
  [
    "a result in another tenant's words",
    withTold((evidence) => ({ what: "result", status: "open", output: wordOf(evidence, "default") })),
    /somebody of neighbor was told a word of default \(result\)/,
  ],
  [
    "a start that another tenant's run is in the way of",
    withTold(() => ({ what: "refused", act: "start", key: "run-1" })),
    /it could not be started/,
  ],
];

describe("the auditor of a world with two tenants", () => {
  it.each(CASES)("notices %s", async (_, change, sentence) => {
    const violations = audit(change(await historyOf("shared")));
    expect(violations.filter(({ invariant }) => invariant === "I14").map((found) => `${found.run}: ${found.sentence}`)).toContainEqual(
      expect.stringMatching(sentence),
    );
  });

  it("holds what a tenant was acknowledged against that tenant's history, and not the other's of the same id", async () => {
    const evidence = await historyOf("shared");
    const isTheirs = ({ tenant, id }: SimulatedRun): boolean => tenant === NEIGHBOR && id === "run-1";
    const without = ({ facts, ...run }: SimulatedRun): SimulatedRun => ({
      ...run,
      facts: facts.filter(({ fact }) => fact.kind !== "signalReceived"),
    });
    const violations = audit({ ...evidence, runs: changeFirst(evidence.runs, isTheirs, without) });
    const found = violations.filter(({ invariant }) => invariant === "I1").map(({ run, sentence }) => `${run}: ${sentence}`);
    expect(found).toEqual(["neighbor/run-1: signal go was acknowledged, and it is not in the history"]);
  });

  it("counts work of both tenants against a limit, since it is of one agent", async () => {
    const evidence = await historyOf("shared");
    const limited = withStep(evidence, "whole", "slow", { limit: 1 });
    expect(audit(limited).map(({ sentence }) => sentence)).toContainEqual(
      expect.stringMatching(/attempt 1 of slow begins, and with it 2 are at work/),
    );
  });
});
