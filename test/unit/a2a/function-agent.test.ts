import { expect, test } from "vitest";
import { z } from "zod";

import { type Answer, ask, askAuth, fail, handOver, isDirect, message, refuse, result } from "../../../src/agents/answers.ts";
import { defineAgent } from "../../../src/agents/function-agent.ts";
import { watching, work } from "../../e2e/a2a/harness.ts";

const silent = watching().watch;

/** An agent with one capability that answers as given. */
function answering(run: () => unknown) {
  return defineAgent({
    name: "one",
    description: "One.",
    version: "1.0.0",
    capabilities: { do: { description: "Does.", run: run as () => string } },
  });
}
const outcomeOf = (run: () => unknown) => answering(run).perform(work("do", null), silent);

test("what a handler returns becomes the reply: words as text, everything else as data", async () => {
  expect(await outcomeOf(() => "words")).toEqual({ kind: "completed", reply: { text: "words" } });
  for (const falsy of [0, false, null, [], {}])
    expect(await outcomeOf(() => falsy)).toEqual({ kind: "completed", reply: { data: [falsy] } });
  expect(await outcomeOf(() => "")).toEqual({ kind: "completed", reply: { text: "" } });
  expect(await outcomeOf(() => undefined)).toEqual({ kind: "completed", reply: {} });
  expect(await outcomeOf(async () => ({ late: true }))).toEqual({ kind: "completed", reply: { data: [{ late: true }] } });
});

test("values become plain JSON before they become facts", async () => {
  expect(await outcomeOf(() => ({ at: new Date(0), gone: undefined }))).toEqual({
    kind: "completed",
    reply: { data: [{ at: "1970-01-01T00:00:00.000Z" }] },
  });
  expect(await outcomeOf(() => 1n)).toMatchObject({ kind: "failed", failure: { code: "INVALID_OUTPUT", retryable: false } });
  const loop: { self?: unknown } = {};
  loop.self = loop;
  expect(await outcomeOf(() => loop)).toMatchObject({ kind: "failed", failure: { code: "INVALID_OUTPUT" } });
  expect(await outcomeOf(() => result(new Date(0) as never))).toEqual({ kind: "completed", reply: { data: ["1970-01-01T00:00:00.000Z"] } });
});

test("every helper gives the outcome that it is named after", async () => {
  expect(await outcomeOf(() => result("v", { text: "t", usage: { tokens: 1 } }))).toEqual({
    kind: "completed",
    reply: { data: ["v"], text: "t", usage: { tokens: 1 } },
  });
  expect(await outcomeOf(() => ask("Why?", { data: 1 }))).toEqual({ kind: "inputRequired", question: { prompt: "Why?", data: 1 } });
  expect(await outcomeOf(() => askAuth("Log in."))).toEqual({ kind: "authRequired", question: { prompt: "Log in." } });
  expect(await outcomeOf(() => refuse("No."))).toEqual({ kind: "rejected", failure: { code: "T4105", message: "No.", retryable: false } });
  expect(await outcomeOf(() => fail("MY_CODE", "Broken."))).toEqual({
    kind: "failed",
    failure: { code: "MY_CODE", message: "Broken.", retryable: false },
  });
  const direct = await outcomeOf(() => message("Hi."));
  expect([direct, isDirect(direct)]).toEqual([{ kind: "completed", reply: { text: "Hi." } }, true]);
  expect(isDirect(await outcomeOf(() => "Hi."))).toBe(false);
});

/** The helpers, as untyped JavaScript may call them. */
type Loose = (...given: readonly unknown[]) => Answer;
const loose = { ask, askAuth, fail, handOver, message, refuse, result } as unknown as Record<string, Loose>;

test.each<readonly [string, string, readonly unknown[]]>([
  ["fail", "`code` is an object", [{ message: "later", retryable: true }]],
  ["fail", "`code` is missing", [undefined]],
  ["fail", "`sentence` is missing", ["E1"]],
  ["fail", "`sentence` is an object", ["E1", new Error("Oh.")]],
  ["fail", "its options are a text", ["E1", "Broken.", "later"]],
  ["fail", "its options are true", ["E1", "Broken.", true]],
  ["fail", "`retryable` is a text", ["E1", "Broken.", { retryable: "yes" }]],
  ["fail", "`retryAfterMs` is a text", ["E1", "Broken.", { retryAfterMs: "5s" }]],
  ["fail", "`retryAfterMs` is -1", ["E1", "Broken.", { retryAfterMs: -1 }]],
  ["fail", "`retryAfterMs` is null", ["E1", "Broken.", { retryAfterMs: Number.NaN }]],
  ["fail", "BigInt", ["E1", "Broken.", { details: 1n }]],
  ["refuse", "`reason` is 5", [5]],
  ["refuse", "`reason` is missing", []],
  ["message", "`text` is 5", [5]],
  ["message", "`text` is missing", []],
  ["ask", "`prompt` is 5", [5]],
  ["ask", "`prompt` is missing", []],
  ["ask", "`schema` is 5", ["Why?", { schema: 5 }]],
  ["ask", "`schema` is a list", ["Why?", { schema: ["a"] }]],
  ["ask", "its options are a list", ["Why?", ["a", "b"]]],
  ["askAuth", "`prompt` is 5", [5]],
  ["askAuth", "`prompt` is an object", [{ prompt: "Log in." }]],
  ["handOver", "`to` is 5", [5]],
  ["handOver", "its options are a text", ["other", "words"]],
  ["result", "`text` is 5", ["v", { text: 5 }]],
  ["result", "`usage` is 5", ["v", { usage: 5 }]],
  ["result", "`artifacts` is a text", ["v", { artifacts: "file" }]],
  ["result", "`artifacts[0]` is a text", ["v", { artifacts: ["file"] }]],
  ["result", "`artifacts[1].name` is 5", ["v", { artifacts: [{ name: "a", mediaType: "text/plain", text: "b" }, { name: 5 }] }]],
  ["result", "`artifacts[0].mediaType` is missing", ["v", { artifacts: [{ name: "a" }] }]],
  ["result", "`artifacts[0].text` is 5", ["v", { artifacts: [{ name: "a", mediaType: "b", text: 5 }] }]],
  ["result", "`artifacts[0].url` is an object", ["v", { artifacts: [{ name: "a", mediaType: "b", url: {} }] }]],
  ["result", "`artifacts[0].bytes` is true", ["v", { artifacts: [{ name: "a", mediaType: "b", bytes: true }] }]],
  ["result", "`artifacts[0].metadata` is a text", ["v", { artifacts: [{ name: "a", mediaType: "b", metadata: "c" }] }]],
  ["result", "`contextUpdate` is 5", ["v", { contextUpdate: 5 }]],
])("a helper that is called with what does not fit is a failure that says so: %s, %s", async (helper, wrong, given) => {
  const made = await outcomeOf(() => loose[helper]?.(...given));
  expect(made).toEqual({
    kind: "failed",
    failure: { code: "INVALID_OUTPUT", message: expect.stringContaining(wrong) as string, retryable: false },
  });
  const contracted = defineAgent({
    name: "one",
    description: "One.",
    version: "1.0.0",
    capabilities: { do: { description: "Does.", output: z.string(), run: () => loose[helper]?.(...given) as Answer<string> } },
  });
  expect(await contracted.perform(work("do", null), silent)).toEqual(made);
});

test("what is left out of a helper's options, or is undefined there, does not count", async () => {
  expect(await outcomeOf(() => loose["fail"]?.("E1", "Broken.", { retryAfterMs: undefined, details: { a: 1 } }))).toEqual({
    kind: "failed",
    failure: { code: "E1", message: "Broken.", retryable: false, details: { a: 1 } },
  });
  const artifacts = [{ name: "a", mediaType: "text/plain", bytes: "YQ==", metadata: { by: "me" } }];
  expect(await outcomeOf(() => result(1, { artifacts, text: "One." }))).toEqual({
    kind: "completed",
    reply: { data: [1], artifacts, text: "One." },
  });
  expect(await outcomeOf(() => handOver("billing", { message: "Yours." }))).toEqual({
    kind: "completed",
    reply: { data: [{ message: "Yours.", handoff_to: "billing" }] },
  });
});

test("what a handler tells while it works is told as far as it fits", async () => {
  const told: unknown[] = [];
  const watch = { ...silent, progress: (progress: unknown) => told.push(progress), chunk: (text: unknown) => told.push(text) };
  const tells = (call: { progress: (given: unknown) => void; chunk: (given: unknown) => void }) => {
    for (const given of [{ percent: 1n, phase: 5, note: "n" }, { percent: Number.NaN, phase: "p" }, { percent: 50 }, undefined, null, "x"])
      call.progress(given);
    for (const given of ["piece", 5, undefined, null, { text: "x" }]) call.chunk(given);
    return "done";
  };
  const agent = answering(tells as unknown as () => unknown);
  expect(await agent.perform(work("do", null), watch)).toEqual({ kind: "completed", reply: { text: "done" } });
  expect(told).toEqual([{ note: "n" }, { phase: "p" }, { percent: 50 }, {}, {}, {}, "piece"]);
});

test("an exception is a failure that may be tried again; after a stop it is a cancel", async () => {
  const broken = (): never => {
    throw new Error("Oh.");
  };
  expect(await outcomeOf(broken)).toEqual({
    kind: "failed",
    failure: {
      code: "AGENT_ERROR",
      message: expect.stringMatching(/^Oh\. \(at .*function-agent\.test\.ts:\d+:\d+\)$/) as string,
      retryable: true,
    },
  });
  const seen = watching();
  seen.stop();
  expect(await answering(broken).perform(work("do", null), seen.watch)).toMatchObject({ kind: "canceled" });
});

const typed = defineAgent({
  name: "typed",
  description: "Typed.",
  version: "1.0.0",
  capabilities: {
    greet: {
      description: "Greets.",
      tags: ["hello"],
      input: z.object({ name: z.string().trim(), times: z.number().default(1) }),
      output: z.object({ words: z.array(z.string()) }),
      run: ({ input }) => ({ words: Array.from({ length: input.times }, () => `Hello, ${input.name}!`) }),
    },
    lies: {
      description: "Breaks its contract.",
      output: z.object({ n: z.number() }),
      run: () => result({ n: "one" as unknown as number }),
    },
    checked: { description: "Plain JSON Schema.", input: { type: "string", pattern: "^(a+)+$" }, run: ({ text }) => text ?? "none" },
  },
});

test("a Standard Schema checks and shapes the input, types the handler and describes itself", async () => {
  expect(await typed.perform(work("greet", { name: " Ada " }), silent)).toEqual({
    kind: "completed",
    reply: { data: [{ words: ["Hello, Ada!"] }] },
  });
  expect(await typed.perform(work("greet", { name: 1 }), silent)).toMatchObject({
    kind: "failed",
    failure: { code: "INVALID_INPUT", retryable: false, message: expect.stringContaining("/name") },
  });
  expect(typed.capabilities[0]).toMatchObject({
    name: "greet",
    tags: ["hello"],
    inputSchema: { type: "object", required: ["name"] },
    outputSchema: { properties: { words: { type: "array" } } },
  });
  const common = { name: "x", description: "", version: "1" };
  const n = z.object({ n: z.number() });
  // @ts-expect-error The handler's result must fit the output schema.
  defineAgent({ ...common, capabilities: { bad: { description: "", output: n, run: () => ({ n: "x" }) } } });
  // @ts-expect-error The input has the type of its schema.
  defineAgent({ ...common, capabilities: { bad: { description: "", input: n, run: ({ input }) => input.m } } });
});

test("an output that breaks the agent's own contract is its failure", async () => {
  expect(await typed.perform(work("lies", null), silent)).toMatchObject({
    kind: "failed",
    failure: { code: "INVALID_OUTPUT", retryable: false },
  });
});

test("a pattern in a schema cannot stop the process", async () => {
  const startedAt = performance.now();
  expect(await typed.perform(work("checked", `${"a".repeat(50_000)}!`), silent)).toMatchObject({ failure: { code: "INVALID_INPUT" } });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test("work for a capability that is not there says which there are", async () => {
  expect(await typed.perform(work("fly", null), silent)).toEqual({
    kind: "failed",
    failure: { code: "T3008", message: 'Agent "typed" has no capability "fly"; it has greet, lies, checked.', retryable: false },
  });
});

test("a definition that cannot work is refused at once", () => {
  const define = (name: string, capabilities: object) => () =>
    defineAgent({ name, description: "", version: "1", capabilities: capabilities as Record<string, never> });
  expect(define("", { a: { description: "", run: () => "" } })).toThrow(expect.objectContaining({ code: "T3009" }));
  expect(define("x", {})).toThrow(expect.objectContaining({ code: "T3009" }));
  expect(define("x", { "a b": { description: "", run: () => "" } })).toThrow(expect.objectContaining({ code: "T3009" }));
  expect(define("x", { a: { description: "", input: { type: "nonsense" }, run: () => "" } })).toThrow(
    expect.objectContaining({ code: "T3009" }),
  );
});

test("a handler sees its turn, and what it logs carries the run and the subtask", async () => {
  const lines: unknown[] = [];
  const agent = defineAgent({
    name: "seer",
    description: "Sees.",
    version: "1.0.0",
    capabilities: {
      look: {
        description: "Looks.",
        run: ({ answer, exchanges, key, capability, assignment, context, text, signal, log }) => {
          log.warn("Careful.", { depth: 2 });
          return {
            answer: answer ?? null,
            exchanges: exchanges.length,
            key,
            capability,
            run: assignment.workflow_id,
            context,
            text,
            aborted: signal.aborted,
          };
        },
      },
    },
  });
  const given = work("look", null, { text: "Look.", exchanges: [{ question: { prompt: "?" }, answer: 7 }] });
  const outcome = await agent.perform(given, { ...silent, log: (...line) => lines.push(line) });
  expect(outcome).toMatchObject({
    reply: {
      data: [{ answer: 7, exchanges: 1, key: given.key, capability: "look", run: "run_1", context: {}, text: "Look.", aborted: false }],
    },
  });
  expect(lines).toEqual([
    ["warn", "agent_log", { agent: "seer", capability: "look", workflow_id: "run_1", subtask_id: "step", message: "Careful.", depth: 2 }],
  ]);
});

test("a handler that does not look at its signal never makes one", async () => {
  const watch = {
    get signal(): AbortSignal {
      throw new Error("Nobody asked for it.");
    },
    progress: () => undefined,
    chunk: () => undefined,
  };
  expect(await answering(() => 1).perform(work("do", null), watch)).toEqual({ kind: "completed", reply: { data: [1] } });
});
