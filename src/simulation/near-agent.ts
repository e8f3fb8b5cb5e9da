/** A simulated agent in the process: a crash ends its work without a word, and what it has said is in the diary. */
import { canonicalJson } from "../base/json.ts";
import type { LocalAgent, Watch, Work } from "../ports/agents.ts";
import type { Clock } from "../ports/clock.ts";
import type { Outcome } from "../scheduler/outcome.ts";
import { turnOf } from "../testing/stage.ts";
import type { Chronicle } from "./chronicle.ts";
import type { Caller } from "./network.ts";
import type { React, Saying, WorkSeen } from "./reactions.ts";
import { whoseIn } from "./tenants.ts";

export type NearAgentParts = {
  readonly name: string;
  readonly capabilities: readonly string[];
  /** The process that it is a part of. */
  readonly life: Caller;
  readonly chronicle: Chronicle;
  readonly react: React;
  /** The number of the next piece of work in the whole world. */
  readonly nextNumber: () => number;
};

export function nearAgent(parts: NearAgentParts): LocalAgent {
  const { name, capabilities } = parts;
  return {
    kind: "local",
    name,
    description: "A simulated agent.",
    version: "1.0.0",
    capabilities: capabilities.map((one) => ({ name: one, description: one, tags: [], inputSchema: null, outputSchema: null })),
    perform: (work, watch) => perform(parts, work, watch),
  };
}

async function perform({ name, life, chronicle, react, nextNumber }: NearAgentParts, work: Work, watch: Watch): Promise<Outcome> {
  if (!life.isAlive) return new Promise(() => undefined);
  const { clock } = life;
  const seen = workOf(name, work);
  const { run, path, attempt, turn, content, whose } = seen;
  const taskId = `${name}-${nextNumber()}`;
  chronicle.enter({ event: "received", agent: name, messageId: work.key, taskId, run, path, attempt, turn, content, whose });
  chronicle.enter({ event: "began", agent: name, taskId });
  const { takesMs, says, reports } = react(seen);
  if (reports && takesMs > 100) clock.schedule(takesMs / 2, () => watch.progress({ percent: 50, note: "half of it" }));
  if (!(await passes(clock, takesMs, watch.signal))) {
    chronicle.enter({ event: "canceled", agent: name, taskId });
    return { kind: "canceled", failure: { code: "T4106", message: "The work was stopped.", retryable: false } };
  }
  chronicle.enter({ event: "ended", agent: name, taskId, said: canonicalJson(says) });
  return outcomeOf(says, turn);
}

function workOf(agent: string, work: Work): WorkSeen {
  const { workflow_id: run, workflow_type: workflow, subtask_id: path, attempt } = work.assignment;
  const content = canonicalJson([work.text, work.input, work.exchanges.map(({ answer }) => answer)]);
  return { agent, run, workflow, path, attempt, turn: turnOf(work), content, whose: whoseIn(work.assignment) };
}

/** False when the work is stopped before. */
function passes(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const takeBack = clock.schedule(delayMs, () => resolve(true));
  signal.addEventListener("abort", () => {
    takeBack();
    resolve(false);
  });
  return promise;
}

function outcomeOf(says: Saying, turn: number): Outcome {
  switch (says.kind) {
    case "completed": {
      const { output } = says;
      const usage = { tokens: 10 * turn };
      return { kind: "completed", reply: typeof output === "string" ? { text: output, usage } : { data: [output], usage } };
    }
    case "failed":
      return { kind: "failed", failure: { code: says.code, message: `It went wrong: ${says.code}.`, retryable: says.retryable } };
    case "rejected":
      return { kind: "rejected", failure: { code: "T4105", message: "Not this.", retryable: false } };
    case "asks":
      return { kind: "inputRequired", question: { prompt: says.prompt } };
  }
}
