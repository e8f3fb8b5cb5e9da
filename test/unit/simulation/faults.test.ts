/** Each fault of the catalogue strikes, and somebody in the world notices. */
import { describe, expect, it } from "vitest";

import { FAULT_NAMES, type FaultName, type Strike } from "../../../src/simulation/faults.ts";
import type { React } from "../../../src/simulation/reactions.ts";
import { simulate, type Simulated } from "../../../src/simulation/simulate.ts";
import { WORKFLOWS } from "./workflows.ts";

type Seen = { readonly one: Simulated; readonly strike: Strike; readonly line: number };

/** Agents that do their work in a second or two. */
const steady: React = ({ turn, path }) => {
  if (turn === 1 && path === "a") return { takesMs: 800, says: { kind: "asks", prompt: "Which?" }, reports: true };
  return { takesMs: 1_500, says: { kind: "completed", output: { done: path } }, reports: true };
};

/** The virtual instant of a line. */
function atOf({ log }: Simulated, line: number): number {
  return Number(log[line]?.split(" ")[1]);
}

function isIn(pattern: RegExp): (seen: Seen) => boolean {
  return ({ one, line }) => one.log.slice(line).some((text) => pattern.test(text));
}

/** What a run was told of it. */
function isInFacts(words: string): (seen: Seen) => boolean {
  return ({ one }) => JSON.stringify(one.evidence.runs).includes(words);
}

function isUnanswered({ one, strike }: Seen): boolean {
  return !one.log.some((text) => text.includes(`network ${strike.point} is answered`));
}

function takesTime({ one, strike, line }: Seen): boolean {
  return atOf(one, line + 1) - atOf(one, line) >= (strike.amount ?? 0);
}

const diesOnce = ({ one }: Seen): boolean => one.evidence.lives.length > 1 && one.evidence.lives[0]?.endedAt !== null;
const isTried = isIn(/network \w+:(?:message|list|get|card|cancel|subscribe):\d+/);

/** The work was over when the agent was asked, and it had to be asked again. */
function isAskedAgain({ one, strike, line }: Seen): boolean {
  const [agent = ""] = strike.point.split(":");
  const isOver = one.log.slice(0, line).some((text) => text.includes(` ${agent} ended`));
  return isOver && one.log.slice(line + 2).some((text) => text.includes(` network ${agent}:get:`));
}

/** What the agent has said of a message cannot be read: it is looked for, or nobody can know. */
function isLookedFor({ one, strike, line }: Seen): boolean {
  const [agent = "", place] = strike.point.split(":");
  const isSought = one.log.slice(line).some((text) => text.includes(` network ${agent}:list:`));
  return place === "message" && (isSought || JSON.stringify(one.evidence.runs).includes("cannot be known"));
}

/** How a fault shows. */
const SHOWS: { readonly [Name in FaultName]: (seen: Seen) => boolean } = {
  commitFails: isIn(/log error commit_failed/),
  commitUnknown: ({ one, line }) => one.evidence.runs.some(({ facts }) => facts.some(({ order }) => order === line + 2)),
  crashBefore: diesOnce,
  crashAfter: diesOnce,
  crashMidway: diesOnce,
  pause: takesTime,
  // Whoever looks at the clock of the process sees another time than the world's, and the history goes on.
  clockBack: ({ one, line }) => one.log.length > line + 2 && one.evidence.runs.every(({ status }) => status === "completed"),
  slowCommit: takesTime,
  unreachable: isInFacts("cannot be reached"),
  away: isInFacts("cannot be reached"),
  lateRequest: ({ one, strike, line }) => {
    const [agent = ""] = strike.point.split(":");
    const arrived = one.log.findIndex((text, index) => index > line && text.includes(` ${agent} received`));
    return arrived !== -1 && isUnanswered({ one, strike, line }) && atOf(one, arrived) - atOf(one, line) >= (strike.amount ?? 0);
  },
  dropRequest: (seen) => isUnanswered(seen) && isTried(seen),
  dropResponse: (seen) => isUnanswered(seen) && isTried(seen),
  badGateway: (seen) => isUnanswered(seen) && isTried(seen),
  duplicate: ({ one, strike }) => {
    const ids = one.evidence.diary.flatMap((entry) => ("messageId" in entry ? [entry.messageId] : []));
    return strike.point.includes(":message:") && new Set(ids).size < ids.length;
  },
  delayRequest: ({ one, strike, line }) => {
    const answered = one.log.findIndex((text) => text.includes(`${strike.point} is answered`));
    return answered === -1 || atOf(one, answered) - atOf(one, line) >= (strike.amount ?? 0);
  },
  delayResponse: ({ one, strike, line }) => {
    const answered = one.log.findIndex((text) => text.includes(`${strike.point} is answered`));
    return answered === -1 || atOf(one, answered) - atOf(one, line) >= (strike.amount ?? 0);
  },
  reorder: ({ one, strike, line }) => {
    const answered = one.log.findIndex((text) => text.includes(`${strike.point} is answered`));
    return answered !== -1 && atOf(one, answered) - atOf(one, line) >= 40;
  },
  busy: isInFacts("answered 503"),
  tooMany: isInFacts("answered 429"),
  hang: ({ one, strike, line }) => isUnanswered({ one, strike, line }) && one.evidence.quietAt - atOf(one, line) > 30_000,
  cutStream: isIn(/\w+:get:\d+/),
  wrongSchema: isLookedFor,
  lateState: isAskedAgain,
  backwardsState: isAskedAgain,
  forget: ({ one }) => one.evidence.diary.some(({ event }) => event === "forgot"),
  takesDays: ({ one, line }) => one.log.some((text, index) => index > line && /canceled|timed out|T4103/.test(text)),
  wrongOutput: isInFacts("This is not what was asked for."),
  duplicatePush: ({ one }) => one.log.filter((text) => text.includes("push is answered 204")).length > 2,
  dropPush: ({ one, line }) =>
    !one.log.some((text) => text.includes("push is answered") && Number(text.split(" ")[1]) === atOf(one, line) + 10),
  startTwice: ({ one }) => one.evidence.told.filter(({ what }) => what === "started").length === 2,
  cancel: ({ one }) => one.evidence.runs.some(({ status }) => status === "canceled"),
  pauseRun: ({ one }) => one.evidence.runs.some(({ facts }) => facts.some(({ fact }) => fact.kind === "runPaused")),
  straySignal: ({ one }) => one.evidence.runs.some(({ facts }) => facts.some(({ fact }) => fact.kind === "signalReceived")),
  answerTogether: isIn(/answer to \S+ is refused/),
  answerTwice: isIn(/answer to \S+ is refused|acknowledged run-1 answer/),
};

const MOST_SEEDS = 300;

/** The first seed in which the fault strikes and shows; null when there is none. */
async function firstSeen(fault: FaultName): Promise<string | null> {
  for (let seed = 0; seed < MOST_SEEDS; seed += 1) {
    const options = { seed: `${fault} ${seed}`, definitions: WORKFLOWS[0] ?? [], runs: 1, react: steady, signals: ["go"] };
    const one = await simulate({ ...options, faults: [fault] });
    const strike = one.schedule[0];
    if (strike === undefined) continue;
    const line = Math.max(
      0,
      one.log.findIndex((text) => text.includes(`${strike.point} `)),
    );
    if (SHOWS[fault]({ one, strike, line })) return options.seed;
  }
  return null;
}

describe("with only one fault on", () => {
  it.each(FAULT_NAMES)("%s strikes, and somebody notices", async (fault) => {
    expect(await firstSeen(fault)).not.toBeNull();
  });
});

it("an empty list of faults is a world in which nothing goes wrong", async () => {
  const { schedule, evidence } = await simulate({ seed: "calm", definitions: WORKFLOWS[0] ?? [], faults: [], react: steady });
  expect(schedule).toEqual([]);
  expect(new Set(evidence.runs.map(({ status }) => status))).toEqual(new Set(["completed"]));
});
