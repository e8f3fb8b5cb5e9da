/** What the server of the served sweep serves: an agent with a skill for each end, and workflows. */
import { setTimeout as delay } from "node:timers/promises";

import { type Answer, ask, askAuth, fail, refuse } from "../../../src/agents/answers.ts";
import { defineAgent } from "../../../src/agents/function-agent.ts";
import type { Call } from "../../../src/agents/function-call.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { Json } from "../../../src/base/json.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import type { LocalAgent } from "../../../src/ports/agents.ts";
import { note } from "./diary.ts";

export type Diary = { readonly file: string; readonly life: number };

type Handler = (call: Call) => Json | Answer | Promise<Json | Answer>;

const HANDLERS: { readonly [skill: string]: Handler } = {
  quick: () => ({ done: true }),
  slow: async ({ progress, chunk }) => {
    progress({ percent: 10, phase: "begin", note: "Begun." });
    chunk("one ");
    await delay(40);
    chunk("two");
    return "one two";
  },
  refuse: () => refuse("Not my job."),
  fail: () => fail("BROKEN", "It never works."),
  ask: ({ answer }) => (answer === undefined ? ask("Which colour?", { schema: { type: "string" } }) : { colour: answer }),
  auth: ({ answer }) => (answer === undefined ? askAuth("Allow access.") : { allowed: true }),
  hang: ({ signal }) => delay(HANG_MS, "Too late.", { signal }).catch(() => "Stopped."),
};

/** Far longer than a sweep waits; bounded only so that nothing lives for ever. */
const HANG_MS = 120_000;

export function servedAgent(diary: Diary): LocalAgent {
  return agent(diary, "actor", HANDLERS);
}

/** Works for the workflows. */
export function helperAgent(diary: Diary): LocalAgent {
  return agent(diary, "helper", {
    help: () => ({ helped: true }),
    wonder: ({ answer, input }) => (answer === undefined ? ask(`What of ${(input as { readonly what: string }).what}?`) : { answer }),
    fail: () => fail("BROKEN", "It never works."),
  });
}

function agent(diary: Diary, name: string, handlers: { readonly [skill: string]: Handler }): LocalAgent {
  const capabilities = Object.entries(handlers).map(([capability, handler]) => {
    const run = async (call: Call) => {
      const entry = { life: diary.life, capability, key: call.key };
      note(diary.file, { event: "begin", at: Date.now(), ...entry });
      const answer = await handler(call);
      note(diary.file, { event: "end", at: Date.now(), ...entry });
      return answer;
    };
    return [capability, { description: capability, run }] as const;
  });
  return defineAgent({
    name,
    description: `The ${name} of the served sweep.`,
    version: "1.0.0",
    capabilities: Object.fromEntries(capabilities),
  });
}

export const WORKFLOWS: readonly Definition[] = [
  {
    name: "report",
    steps: { first: { agent: "helper", skill: "help" }, second: { agent: "helper", skill: "help", needs: ["first"] } },
    output: "${{ steps.second.output }}",
  },
  {
    name: "decided",
    steps: {
      approve: { approval: { to: ["boss"], title: "Go on?" } },
      left: { agent: "helper", skill: "wonder", with: { what: "left" }, if: "steps.approve.output.decision == 'approved'" },
      right: { agent: "helper", skill: "wonder", with: { what: "right" }, if: "steps.approve.output.decision == 'approved'" },
    },
  },
  { name: "broken", steps: { only: { agent: "helper", skill: "fail" } } },
].map((workflow) => workflowFromObject(workflow));
