import { ask, askAuth, message, refuse } from "../../../../src/agents/answers.ts";
import { defineAgent } from "../../../../src/agents/function-agent.ts";
import type { Json } from "../../../../src/base/json.ts";
import type { LocalAgent } from "../../../../src/ports/agents.ts";
import type { Outcome } from "../../../../src/scheduler/outcome.ts";
import { type Gate, gate } from "../../../e2e/a2a/harness.ts";

/** An agent with a capability for each way to answer, and how often each was called. */
export type Actor = {
  readonly agent: LocalAgent;
  readonly calls: { readonly capability: string; readonly key: string }[];
  readonly signals: AbortSignal[];
  /** Lets `slow` and `later` come back. */
  readonly release: Gate;
  readonly started: Gate;
};

export function actor(): Actor {
  const here = { calls: [] as { capability: string; key: string }[], signals: [] as AbortSignal[], release: gate(), started: gate() };
  const slowly = async (signal: AbortSignal): Promise<Json> => {
    here.signals.push(signal);
    here.started.open();
    await here.release.opened;
    return { ok: true };
  };
  const agent = defineAgent({
    name: "actor",
    description: "Does whatever a test needs.",
    version: "1.0.0",
    capabilities: {
      echo: { description: "Gives back what it gets.", run: ({ input, text }) => noted("echo", { input, text }) },
      hello: { description: "Says hello.", run: () => noted("hello", message("Hello.")) },
      slow: { description: "Works until it is released.", run: ({ signal, key }) => (noted("slow", null, key), slowly(signal)) },
      ask: {
        description: "Asks which colour.",
        run: ({ answer, exchanges }) =>
          noted("ask", answer === undefined ? ask("Which colour?", { schema: { type: "string" } }) : { answer, asked: exchanges.length }),
      },
      number: {
        description: "Asks for a number.",
        run: ({ answer }) => noted("number", answer === undefined ? ask("How many?", { schema: { type: "number" } }) : { answer }),
      },
      anything: {
        description: "Asks for anything.",
        run: ({ answer }) => noted("anything", answer === undefined ? ask("What is it?") : { answer }),
      },
      auth: {
        description: "Asks for access.",
        run: ({ answer }) => noted("auth", answer === undefined ? askAuth("Allow access.") : { ok: true }),
      },
      later: {
        description: "Asks, and works on the answer until it is released.",
        run: ({ answer, signal }) => (answer === undefined ? noted("later", ask("Sure?")) : (noted("later", null), slowly(signal))),
      },
      refuse: { description: "Refuses.", run: () => noted("refuse", refuse("Not my job.")) },
      fail: {
        description: "Throws.",
        run: () => {
          throw new Error("password=hunter2");
        },
      },
      look: {
        description: "Gives back the whole of its work.",
        run: ({ assignment, context, files, repair, text }) =>
          noted("look", {
            assignment: { ...assignment },
            context,
            text,
            repair: repair === null ? null : [...repair.problems],
            files: files.map((file) => ({
              name: file.name,
              type: file.mediaType,
              content: file.kind === "url" ? file.url : Buffer.from(file.bytes).toString(),
            })),
          }),
      },
    },
  });
  function noted<Value>(capability: string, value: Value, key = ""): Value {
    here.calls.push({ capability, key });
    return value;
  }
  return { ...here, agent };
}

/** Completes with what it is given; asks first when it is told to. */
export const helper: LocalAgent = defineAgent({
  name: "helper",
  description: "Helps.",
  version: "1.0.0",
  capabilities: {
    help: { description: "Helps.", run: ({ input, text }) => ({ helped: input, text }) },
    wonder: {
      description: "Asks.",
      run: ({ answer, input }) => (answer === undefined ? ask(`What of ${(input as { what: string }).what}?`) : { answer }),
    },
  },
});

/** A workflow whose input is a text. */
export const REPORT = {
  tutti: "1.0",
  name: "report",
  version: "1.0.0",
  input: {
    type: "object",
    required: ["goal"],
    properties: { goal: { type: "string" }, depth: { type: "integer", default: 2 } },
    additionalProperties: false,
  },
  steps: { write: { agent: "helper", skill: "help", with: "${{ input }}" } },
  output: "${{ steps.write.output.helped }}",
};

/** A workflow that is approved, and asks two things of its agents at once. */
export const DECIDED = {
  tutti: "1.0",
  name: "decided",
  version: "1.0.0",
  steps: {
    approve: { approval: { to: ["boss"], title: "Go on?" } },
    left: { agent: "helper", skill: "wonder", with: { what: "left" }, if: "steps.approve.output.decision == 'approved'" },
    right: { agent: "helper", skill: "wonder", with: { what: "right" }, if: "steps.approve.output.decision == 'approved'" },
  },
};

/** An agent by hand whose failure is none: facts of it cannot be told. */
export const MALFORMED: LocalAgent = {
  kind: "local",
  name: "malformed",
  description: "Fails without words.",
  version: "1.0.0",
  capabilities: [{ name: "do", description: "Fails.", tags: [], inputSchema: null, outputSchema: null }],
  perform: async () => ({ kind: "failed", failure: { code: "E1", retryable: false } }) as unknown as Outcome,
};

/** A workflow whose tasks cannot be told. */
export const UNTELLABLE = { tutti: "1.0", name: "untellable", version: "1.0.0", steps: { go: { agent: "malformed", skill: "do" } } };
