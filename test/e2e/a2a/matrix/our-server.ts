/** A program: our server of an agent with the skills of the matrix, over every binding and version that it speaks. */
import { ask, askAuth, fail, message, result } from "../../../../src/agents/answers.ts";
import { defineAgent } from "../../../../src/agents/function-agent.ts";
import { serveAgent } from "../../../../src/compose/serve-agent.ts";
import { gate, type Gate } from "../harness.ts";
import { sayReady } from "./server-process.ts";

const counts = new Map<string, number>();
const gates = new Map<string, Gate>();
/** What a task waits for, until `release` is asked for the same thing. */
function gateOf(key: string): Gate {
  const known = gates.get(key) ?? gate();
  gates.set(key, known);
  return known;
}
const keyOf = (input: unknown): string => String((input as { readonly key?: unknown } | null)?.key);

const agent = defineAgent({
  name: "matrix",
  description: "Has a skill for each kind of conversation.",
  version: "1.0.0",
  capabilities: {
    hello: { description: "Answers directly.", run: () => message("Hello.") },
    double: { description: "Doubles n.", run: ({ input }) => ({ n: (input as { readonly n: number }).n * 2 }) },
    slow: {
      description: "Works until it is released, in pieces.",
      run: async ({ input, chunk, progress, signal }) => {
        counts.set(keyOf(input), (counts.get(keyOf(input)) ?? 0) + 1);
        const stopped = gate();
        signal.addEventListener("abort", () => stopped.open());
        progress({ percent: 10, phase: "begin", note: "Begun." });
        await Promise.race([gateOf(keyOf(input)).opened, stopped.opened]);
        chunk("one ");
        chunk("two");
        return "one two";
      },
    },
    release: {
      description: "Lets slow go on.",
      run: ({ input }) => {
        gateOf(keyOf(input)).open();
        return "Released.";
      },
    },
    count: { description: "How often slow has begun.", run: ({ input }) => ({ count: counts.get(keyOf(input)) ?? 0 }) },
    question: {
      description: "Asks for a colour.",
      run: ({ answer }) => (answer === undefined ? ask("Which colour?", { schema: { type: "string" } }) : { colour: answer }),
    },
    auth: { description: "Asks for access.", run: ({ answer }) => (answer === undefined ? askAuth("Allow access.") : "Thank you.") },
    fail: { description: "Fails.", run: () => fail("BROKEN", "It broke.") },
    files: {
      description: "Gives one part of each kind.",
      run: () =>
        result(
          { ok: true },
          {
            text: "All kinds.",
            artifacts: [
              { name: "a.bin", mediaType: "application/octet-stream", bytes: "AAEC" },
              { name: "b.txt", mediaType: "text/plain", url: "https://files.example/b.txt" },
            ],
          },
        ),
    },
  },
});

const served = await serveAgent(agent, { grpc: {}, log: () => undefined });
// The card says what is offered, as it does to everyone.
const card = (await (await fetch(served.cardUrl)).json()) as { readonly supportedInterfaces: unknown };
sayReady({ url: served.url, offered: card.supportedInterfaces });
