import { TuttiError } from "../base/errors.ts";
import { asClause } from "../base/text.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { StepLimit } from "../definition/definition.ts";
import type { Capability, LocalAgent, Watch, Work } from "../ports/agents.ts";
import type { Failure, Outcome } from "../scheduler/outcome.ts";
import { Answer } from "./answers.ts";
import { type AnySchema, type Contract, type Parsed, toContract } from "./contract.ts";
import { type Call, FunctionCall } from "./function-call.ts";
import { misfitOf } from "./misfit.ts";
import { toPlainJson } from "./plain-json.ts";

/** What a capability is called, and what goes in: elsewhere it is a skill. */
type Entrance<Input> = {
  readonly description: string;
  readonly tags?: readonly string[];
  /** Checked before the handler is called; what does not fit is answered with INVALID_INPUT. */
  readonly input?: Input;
};

type Exit<Output> = {
  /** Checked after the handler has answered with a value; a mismatch is a failure of the agent. */
  readonly output?: Output;
};

type Handler<Input, Output> = {
  /** The work. A string is a text reply, any other value a data reply; a thrown error is a failure. */
  readonly run: (call: Call<Parsed<Input>>) => Handled<Output> | Promise<Handled<Output>>;
};

type Handled<Output> = Parsed<Output> | Answer<Parsed<Output>> | string | undefined | void;

// Three maps instead of one, because the compiler infers one type parameter from one map.
export type AgentSpec<Inputs, Outputs> = {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  /** What it takes at once, and a second, from all runs of this process together. */
  readonly limit?: StepLimit;
  readonly capabilities: { readonly [Name in keyof Inputs]: Entrance<Inputs[Name]> } & {
    readonly [Name in keyof Outputs]: Exit<Outputs[Name]>;
  } & {
    readonly [Name in keyof NoInfer<Inputs>]: Handler<
      NoInfer<Inputs>[Name],
      Name extends keyof NoInfer<Outputs> ? NoInfer<Outputs>[Name] : unknown
    >;
  };
};

/** An agent made of functions. `spec` keeps the types, for builders. */
export type FunctionAgent<Inputs = unknown, Outputs = unknown> = LocalAgent & { readonly spec: AgentSpec<Inputs, Outputs> };

/**
 * Makes an agent of functions, each a capability. The same agent works in a workflow of this process
 * and behind `serveAgent`. Throws T3009 when the definition is not valid.
 *
 * @example
 * const greeter = defineAgent({
 *   name: "greeter",
 *   description: "Greets people by name.",
 *   version: "1.0.0",
 *   capabilities: {
 *     greet: {
 *       description: "Greets one person.",
 *       input: z.object({ name: z.string() }),
 *       run: ({ input }) => ({ greeting: `Hello, ${input.name}!` }),
 *     },
 *   },
 * });
 */
export function defineAgent<Inputs, Outputs>(spec: AgentSpec<Inputs, Outputs>): FunctionAgent<Inputs, Outputs> {
  const runners = toRunners(spec.name, Object.entries<unknown>(spec.capabilities) as [string, LooseSpec][]);
  const only = runners.size === 1 ? [...runners.values()][0] : undefined;
  return {
    kind: "local",
    name: spec.name,
    description: spec.description,
    version: spec.version,
    ...(spec.limit === undefined ? {} : { limit: spec.limit }),
    capabilities: [...runners.values()].map(({ capability }) => capability),
    spec,
    async perform(work: Work, watch: Watch): Promise<Outcome> {
      const runner = runners.get(work.capability) ?? (work.capability === "" || work.capability === spec.name ? only : undefined);
      if (runner === undefined)
        return failed({
          code: "T3008",
          message: noRunner(spec.name, work.capability, [...runners.keys()]),
        });
      try {
        let input: unknown = work.input;
        if (runner.input !== null) {
          let checked = runner.input.check(input);
          if (checked instanceof Promise) checked = await checked;
          if (!checked.ok) return invalid("INVALID_INPUT", `The input of "${runner.capability.name}" is not valid`, checked.error);
          input = checked.value;
        }
        let answer = runner.run(new FunctionCall({ agent: spec.name, work, watch, input }));
        if (isThenable(answer)) answer = await answer;
        return runner.output === null ? toOutcome(answer) : await toCheckedOutcome(answer, runner.output, runner.capability.name);
      } catch (error) {
        return thrown(error, watch);
      }
    },
  };
}

function noRunner(agent: string, capability: string, known: readonly string[]): string {
  if (capability === "") return `Agent "${agent}" can do ${known.join(", ")}, and the step does not say which; give it a \`skill\`.`;
  return `Agent "${agent}" has no capability "${capability}"; it has ${known.join(", ")}.`;
}

/** Not only promises: query builders and the like are awaited too. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}

type Runner = {
  readonly capability: Capability;
  readonly input: Contract | null;
  readonly output: Contract | null;
  run(call: FunctionCall): unknown;
};

type LooseSpec = {
  readonly description: string;
  readonly tags?: readonly string[];
  readonly input?: AnySchema;
  readonly output?: AnySchema;
  readonly run: (call: FunctionCall) => unknown;
};

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

function toRunners(agent: string, capabilities: readonly (readonly [string, LooseSpec])[]): ReadonlyMap<string, Runner> {
  if (!NAME.test(agent)) throw new TuttiError("T3009", `"${agent}" is not a name for an agent; use letters, digits, ".", "_" and "-".`);
  const runners = new Map<string, Runner>();
  for (const [name, spec] of capabilities) {
    if (!NAME.test(name)) throw new TuttiError("T3009", `"${name}" is not a name for a capability; use letters, digits, ".", "_" and "-".`);
    const input = spec.input === undefined ? null : toContract(spec.input, { agent, capability: name, side: "input" });
    const output = spec.output === undefined ? null : toContract(spec.output, { agent, capability: name, side: "output" });
    const capability = {
      name,
      description: spec.description,
      tags: spec.tags ?? [],
      inputSchema: input?.jsonSchema ?? null,
      outputSchema: output?.jsonSchema ?? null,
    };
    runners.set(name, { capability, input, output, run: spec.run });
  }
  if (runners.size === 0)
    throw new TuttiError("T3009", `Agent "${agent}" has no capabilities.`, { help: "Give it at least one entry under `capabilities`." });
  return runners;
}

function toOutcome(answer: unknown): Outcome {
  if (answer instanceof Answer) return givenOutcome(answer, answer.outcome);
  if (answer === undefined) return { kind: "completed", reply: {} };
  if (typeof answer === "string") return { kind: "completed", reply: { text: answer } };
  return dataOutcome(answer);
}

function dataOutcome(value: unknown): Outcome {
  const plain = toPlainJson(value);
  return plain.ok ? { kind: "completed", reply: { data: [plain.value] } } : failed({ code: "INVALID_OUTPUT", message: plain.error });
}

/** What comes in a helper must be plain too, and texts where texts belong: it becomes facts. */
function givenOutcome({ call, contextUpdate }: Answer<unknown>, outcome: Outcome): Outcome {
  const whole = withContextUpdate(outcome, contextUpdate);
  const plain = toPlainJson(whole);
  if (!plain.ok) return failed({ code: "INVALID_OUTPUT", message: plain.error });
  const made = plain.value === whole ? whole : (plain.value as unknown as Outcome);
  const misfit = misfitOf(call, made);
  return misfit === null ? made : failed({ code: "INVALID_OUTPUT", message: misfit });
}

/** A result that changes the run context goes as requirements W.i have it on the wire. */
function withContextUpdate(outcome: Outcome, contextUpdate: JsonObject | null): Outcome {
  if (contextUpdate === null || outcome.kind !== "completed") return outcome;
  const [value = null, ...others] = outcome.reply.data ?? [];
  return { kind: "completed", reply: { ...outcome.reply, data: [{ result: value, context_update: contextUpdate }, ...others] } };
}

async function toCheckedOutcome(answer: unknown, contract: Contract, capability: string): Promise<Outcome> {
  const given = answer instanceof Answer ? answer : null;
  const outcome = given?.outcome ?? null;
  const data = outcome?.kind === "completed" && given?.isResult === true ? outcome.reply.data : undefined;
  if ((outcome !== null && data === undefined) || typeof answer === "string") return toOutcome(answer);
  const checked = await contract.check(data === undefined ? answer : data[0]);
  if (!checked.ok) return invalid("INVALID_OUTPUT", `The output of "${capability}" is not valid`, checked.error);
  if (given === null || outcome?.kind !== "completed") return dataOutcome(checked.value ?? null);
  const complete: Outcome = { kind: "completed", reply: { ...outcome.reply, data: [checked.value as Json] } };
  return givenOutcome(given, complete);
}

function failed(failure: { readonly code: string; readonly message: string }): Outcome {
  return { kind: "failed", failure: { ...failure, retryable: false } };
}

function invalid(code: string, what: string, problems: readonly string[]): Outcome {
  const failure: Failure = {
    code,
    message: `${what}: ${problems.map(asClause).join("; ")}.`,
    retryable: false,
    details: { problems: [...problems] },
  };
  return { kind: "failed", failure };
}

/** A handler that was stopped has not failed. Another attempt may find a better world. */
function thrown(error: unknown, watch: Watch): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  if (watch.signal.aborted) return { kind: "canceled", failure: { code: "T4106", message: "The handler was stopped.", retryable: false } };
  // A mistake in the program is the same mistake in the next attempt.
  const retryable = !(error instanceof TypeError || error instanceof ReferenceError || error instanceof SyntaxError);
  return { kind: "failed", failure: { code: "AGENT_ERROR", message: `${message}${placeOf(error)}`, retryable } };
}

/** Where the handler threw: the first place of the stack that is not of Node itself. */
function placeOf(error: unknown): string {
  const line =
    error instanceof Error ? error.stack?.split("\n").find((text) => /^\s+at /.test(text) && !text.includes("node:")) : undefined;
  const place = line === undefined ? null : /\(?((?:file:\/\/)?\/[^()]+:\d+:\d+)\)?$/.exec(line);
  return place?.[1] === undefined ? "" : ` (at ${place[1].replace("file://", "")})`;
}
