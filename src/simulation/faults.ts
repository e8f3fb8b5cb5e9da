/**
 * The faults of the simulated world, by name. Where one may strike, the world asks a `FaultSource`:
 * at a point that has a name and a number, such as `commit:7` or `adder:message:3`. So what struck in
 * a history is a list, and the list alone makes the same history again.
 */

/** A place in the world where a fault may strike. */
export type Place =
  | "commit"
  /** Requests to an agent, by what is asked. */
  | "card"
  | "message"
  | "get"
  | "list"
  | "cancel"
  | "subscribe"
  | "webhook"
  /** An agent tells its news to a webhook. */
  | "push"
  /** Somebody outside has started a run. */
  | "run"
  /** Somebody outside has answered a question. */
  | "answer";

type Fault = {
  readonly group: "host" | "agent" | "outside";
  readonly at: readonly Place[];
  /** How much of it: milliseconds, or a number of things; drawn from the smallest to the largest. */
  readonly amount?: readonly [from: number, to: number];
  /** The largest share of the points at which it strikes. */
  readonly rate: number;
};

const REQUESTS = ["card", "message", "get", "list", "cancel", "subscribe", "webhook"] as const;
const ANSWERED = ["card", "message", "get", "list", "cancel", "webhook"] as const;

export const FAULTS = {
  /** The commit fails, and nothing of it was written. */
  commitFails: { group: "host", at: ["commit"], rate: 0.2 },
  /** The commit says that it failed, and all of it was written. */
  commitUnknown: { group: "host", at: ["commit"], rate: 0.1 },
  /** The process dies before a commit, or right after it; another one begins so many milliseconds later. */
  crashBefore: { group: "host", at: ["commit"], amount: [1, 60_000], rate: 0.1 },
  crashAfter: { group: "host", at: ["commit"], amount: [1, 60_000], rate: 0.1 },
  /** The process dies while a request of it is on its way. */
  crashMidway: { group: "host", at: REQUESTS, amount: [1, 60_000], rate: 0.1 },
  /** The process does nothing for a while, and then goes on as if nothing had been. */
  pause: { group: "host", at: ["commit"], amount: [1_000, 1_200_000], rate: 0.05 },
  /** The clock is set back by so much, until the process ends. */
  clockBack: { group: "host", at: ["commit"], amount: [1_000, 3_600_000], rate: 0.02 },
  slowCommit: { group: "host", at: ["commit"], amount: [1, 3_000], rate: 0.5 },
  /** Nobody is there: nothing leaves. */
  unreachable: { group: "agent", at: REQUESTS, rate: 0.4 },
  /** The same for so long, for everyone who asks the agent. */
  away: { group: "agent", at: REQUESTS, amount: [1_000, 600_000], rate: 0.05 },
  dropRequest: { group: "agent", at: REQUESTS, rate: 0.3 },
  /** The connection breaks, and the request arrives all the same, so much later. */
  lateRequest: { group: "agent", at: ["message"], amount: [20, 4_000], rate: 0.3 },
  /** The agent takes the request, and its answer is lost. */
  dropResponse: { group: "agent", at: REQUESTS, rate: 0.3 },
  badGateway: { group: "agent", at: REQUESTS, rate: 0.2 },
  /** The agent gets the request a second time, so much later. */
  duplicate: { group: "agent", at: ["message", "cancel", "get", "webhook"], amount: [1, 40_000], rate: 0.5 },
  delayRequest: { group: "agent", at: REQUESTS, amount: [20, 45_000], rate: 0.4 },
  delayResponse: { group: "agent", at: REQUESTS, amount: [20, 45_000], rate: 0.4 },
  /** It arrives after the request that is made next. */
  reorder: { group: "agent", at: REQUESTS, rate: 0.4 },
  /** 503 and 429, to be tried again after so many milliseconds. */
  busy: { group: "agent", at: REQUESTS, amount: [1_000, 90_000], rate: 0.4 },
  tooMany: { group: "agent", at: REQUESTS, amount: [1_000, 90_000], rate: 0.4 },
  /** The request is taken off the wire, and nothing ever comes back. */
  hang: { group: "agent", at: REQUESTS, rate: 0.1 },
  /** The stream ends, or breaks, after so many events. */
  cutStream: { group: "agent", at: ["subscribe"], amount: [1, 4], rate: 0.8 },
  /** The request is taken, and the answer is not what A2A says. */
  wrongSchema: { group: "agent", at: ANSWERED, amount: [1, 6], rate: 0.2 },
  /** The task is shown as it was before; or in a state that it cannot go back to. */
  lateState: { group: "agent", at: ["get"], rate: 0.5 },
  backwardsState: { group: "agent", at: ["get"], rate: 0.3 },
  /** The agent takes the work, and forgets it so much later. */
  forget: { group: "agent", at: ["message"], amount: [1, 60_000], rate: 0.2 },
  /** The work takes days. */
  takesDays: { group: "agent", at: ["message"], rate: 0.2 },
  /** The result does not keep the contract of the step. */
  wrongOutput: { group: "agent", at: ["message"], rate: 0.2 },
  duplicatePush: { group: "agent", at: ["push"], amount: [1, 5], rate: 0.8 },
  dropPush: { group: "agent", at: ["push"], rate: 0.5 },
  /** The same start once more, so much later. */
  startTwice: { group: "outside", at: ["run"], amount: [1, 600_000], rate: 0.6 },
  cancel: { group: "outside", at: ["run"], amount: [1, 600_000], rate: 0.5 },
  pauseRun: { group: "outside", at: ["run"], amount: [1, 60_000], rate: 0.5 },
  /** A signal that comes whenever it likes. */
  straySignal: { group: "outside", at: ["run"], amount: [1, 60_000], rate: 0.5 },
  /** The same answer once more, and another one. */
  answerTwice: { group: "outside", at: ["answer"], amount: [1, 60_000], rate: 0.6 },
  /** Two people answer at the same moment, each in their own words. */
  answerTogether: { group: "outside", at: ["answer"], rate: 0.6 },
} as const satisfies { readonly [name: string]: Fault };

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES: readonly FaultName[] = Object.keys(FAULTS).filter(isFaultName);

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

/** What is known of a fault, whichever it is. */
export function faultOf(name: FaultName): Fault {
  return FAULTS[name];
}

/** A fault that strikes: plain data, which says everything that happens there. */
export type Strike = { readonly point: string; readonly fault: FaultName; readonly amount?: number };

/** What strikes, in a whole history. */
export type Schedule = readonly Strike[];

/** Says what strikes at a point; asked once for each. */
export type FaultSource = {
  at(place: Place, point: string): Strike | null;
};
