/**
 * The table of steps: every key and every kind with its schema. Which keys a kind takes, the reader
 * says. The JSON Schema of the file format is made from it and nothing else.
 */
import { assert } from "../../base/assert.ts";
import type { JsonObject } from "../../base/json.ts";
import { MAX_ITEMS, MAX_ITERATIONS } from "../../base/limits.ts";
import { ref, shape, texts } from "./format-schema-parts.ts";
import { STEP_KINDS } from "../kinds/index.ts";
import { COMMON_KEYS } from "../kinds/keys.ts";

/** A key that a step may carry: what stands behind it, and what it is for. */
const KEYS: { readonly [key: string]: JsonObject } = {
  needs: { ...texts(ref("stepId")), description: "Steps that must be over first; every step that is read is added." },
  if: { ...ref("condition"), description: "Runs the step only when this is true." },
  each: {
    anyOf: [{ type: "array" }, { type: "string", pattern: "^\\s*\\$" }],
    description: "A list, or one ${{ }} that gives one: a subtask for each item.",
  },
  as: { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]{0,63}$", default: "item", description: "The item's name in expressions." },
  concurrency: { type: "integer", minimum: 1, maximum: MAX_ITEMS, description: "Items at work at once." },
  succeed: ref("succeed"),
  text: { type: ["string", "number", "boolean"], description: "An instruction in words; may hold ${{ }}." },
  with: {
    anyOf: [{ type: "object" }, { type: "string", pattern: "\\$" }],
    description: "Parameters: an object, or one ${{ }} that gives it.",
  },
  files: { ...ref("template"), description: "Files: a list of { url | payload, mediaType, name }." },
  output: { ...ref("jsonSchema"), description: "The contract of the output." },
  rules: { ...texts(ref("expression")), description: "Expressions on `output` that must be true." },
  timeout: { ...ref("duration"), default: "10m", description: "Of one attempt." },
  deadline: { ...ref("duration"), description: "Of all attempts and the delays between them." },
  idle: { ...ref("duration"), description: "The longest time without a sign of progress." },
  ttl: { ...ref("duration"), description: "The longest time until the agent accepts." },
  retry: ref("retry"),
  fallback: {
    anyOf: [ref("target"), { type: "array", items: ref("target") }],
    description: "Tried in order, once each, when the attempts are used up.",
  },
  critical: { type: "boolean", default: true, description: "false: the run goes on without it." },
  conversation: { enum: ["fresh", "loop", "run", "caller"], default: "fresh", description: "Whose A2A context the messages belong to." },
  deliver: { const: "stream", description: "Shows chunks of the answer to those who watch the run." },
  context: {
    description: "Paths of the run context that the agent may read, and may change.",
    ...shape({ read: texts(), write: texts() }),
  },
  limit: ref("limit"),
  budget: {
    description: "What one subtask may use.",
    ...shape({ tokens: { type: "number", minimum: 0 }, cost: { type: "number", minimum: 0 } }),
  },
  compensate: { ...ref("compensation"), description: "Undoes the step when the run fails or is canceled after it completed." },
  onError: handled(["fail"], "What a failure means; a nested step stands in for this one."),
  onRejected: handled(["fail", "fallback"], "What a rejection by the agent means."),
  onUnknown: handled(["fail", "resend", "ask"], "What an outcome that nobody can know means."),
  onInvalid: {
    anyOf: [
      { const: "fail" },
      // oxlint-disable-next-line unicorn/no-thenable -- a key of the language, and a keyword of JSON Schema
      shape({ repair: { type: "integer", minimum: 0 }, then: ref("handler") }, ["repair"]),
      ref("handler"),
    ],
    description: "What an output means that breaks its contract: how often it is sent back, and what comes then.",
  },
  onTimeout: handled(["fail"], "A nested step that stands in when time is up."),
  onDisagree: handled(["fail"], "A nested step that stands in when a quorum is not reached."),
  onExhausted: handled(["fail"], "A nested step that stands in when a loop has used up its iterations."),
  onInputRequired: handled(["ask", "fail"], "What a question of the agent means; the output of a nested step answers it."),
  onAuthRequired: handled(["ask", "fail"], "What a demand for credentials means."),
  skill: { type: "string", description: "Which skill of the agent." },
};

function handled(words: readonly string[], description: string): JsonObject {
  return { anyOf: [{ enum: words }, ref("handler")], description };
}

/** Kinds of step whose work goes to one agent. */
const AGENT_KEYS: readonly string[] = ["agent", "capability", "workflow"];

/** Keys that say when and how often a step runs: a step that is called for has none of them. */
export const NEVER_ALONE: JsonObject = { needs: false, if: false, each: false, as: false, concurrency: false, succeed: false };

type Kind = {
  /** The key that makes a step of this kind, and what stands behind it. */
  readonly key: string;
  readonly value: JsonObject;
  readonly what: string;
};

const LIST = ref("agentList");

/** The kinds of step (workflow-language.md, Kinds of step: exactly one key each). */
export const KINDS: readonly Kind[] = [
  { key: "agent", value: ref("name"), what: "Work for a named agent." },
  { key: "capability", value: ref("name"), what: "Work for whoever has the capability." },
  {
    key: "parallel",
    value: {
      anyOf: [
        shape({ agents: LIST, succeed: ref("succeed"), onDisagree: ref("key.onDisagree") }, ["agents"]),
        shape({ branches: ref("steps"), succeed: ref("succeed"), onDisagree: ref("key.onDisagree") }, ["branches"]),
      ],
    },
    what: "Several agents on the same work, or named branches, joined by `succeed`.",
  },
  { key: "steps", value: ref("steps"), what: "Steps as one." },
  {
    key: "loop",
    value: {
      ...shape(
        {
          max: { type: "integer", minimum: 1, maximum: MAX_ITERATIONS, default: 5 },
          until: { ...ref("condition"), description: "Ends the loop when it is true." },
          score: { ...ref("expression"), description: "Ends the loop when it reaches the threshold." },
          threshold: { type: "number", default: 0.9 },
          onExhausted: { enum: ["fail", "best", "last"], default: "fail", description: "What `max` iterations without success mean." },
          steps: ref("steps"),
        },
        ["steps"],
      ),
      oneOf: [{ required: ["until"] }, { required: ["score"] }],
    },
    what: "Inner steps again and again until a condition holds.",
  },
  {
    key: "handoff",
    value: shape(
      {
        agents: {
          anyOf: [LIST, { type: "object", minProperties: 1, propertyNames: ref("stepId"), additionalProperties: ref("participant") }],
        },
        start: { type: "string" },
        max: { type: "integer", minimum: 1, default: 10, description: "Turns in all." },
      },
      ["agents"],
    ),
    what: "Agents of which one works at a time and may hand over to another.",
  },
  {
    key: "plan",
    value: {
      ...shape(
        {
          agent: ref("name"),
          capability: ref("name"),
          workflow: ref("workflowName"),
          skill: { type: "string" },
          allow: { type: "array", minItems: 1, items: ref("name"), description: "Capabilities that a subtask may ask for." },
          maxSubtasks: { type: "integer", minimum: 1, default: 20 },
          maxDepth: { type: "integer", minimum: 1, default: 1 },
          approve: { ...ref("approvalObject"), description: "Asked before the plan runs." },
          timeout: { ...ref("duration"), description: "Of one attempt of a subtask." },
          retry: ref("retry"),
        },
        ["allow"],
      ),
      oneOf: AGENT_KEYS.map((key) => ({ required: [key] })),
    },
    what: "An agent returns subtasks, which become a part of the run.",
  },
  { key: "approval", value: ref("approvalObject"), what: "A question to people." },
  {
    key: "workflow",
    value: ref("workflowName"),
    what: "A sub-workflow: a run of its own, child of this one.",
  },
  {
    key: "aggregate",
    value: {
      anyOf: [
        shape({ from: ref("template"), strategy: ref("strategy"), key: ref("expression"), by: ref("expression") }, ["from", "strategy"]),
        shape({ from: ref("template"), value: ref("expression"), strategy: { const: "expression" } }, ["from", "value"]),
        shape({ from: ref("template"), agent: ref("name"), skill: { type: "string" } }, ["from", "agent"]),
        shape({ from: ref("template"), capability: ref("name") }, ["from", "capability"]),
      ],
    },
    what: "Combines results.",
  },
  {
    key: "wait",
    value: {
      anyOf: [
        ref("duration"),
        shape({ for: { type: ["string", "number"] } }, ["for"]),
        shape({ until: { type: "string" } }, ["until"]),
        shape({ signal: ref("name"), timeout: ref("duration") }, ["signal"]),
      ],
    },
    what: "Waits for a time or for a signal.",
  },
  {
    key: "set",
    value: { type: "object", minProperties: 1, additionalProperties: ref("template") },
    what: "Writes the run context: paths with dots, and their values.",
  },
  {
    key: "emit",
    value: {
      anyOf: [
        ref("name"),
        shape(
          {
            event: ref("name"),
            to: { anyOf: [{ const: "log" }, ref("address"), shape({ webhook: ref("address") }, ["webhook"])], default: "log" },
            data: ref("template"),
          },
          ["event"],
        ),
      ],
    },
    what: "Publishes an event; done when it is acknowledged.",
  },
];

/** The schema of each kind of step, by the name of its definition. */
export function stepSchemas(): { readonly [name: string]: JsonObject } {
  return Object.fromEntries(KINDS.map((kind) => [stepName(kind), stepSchema(kind)]));
}

/** Chooses the kind by its key, so that an editor shows what is wrong with this kind and not with all of them. */
export function anyStep(kinds: readonly Kind[] = KINDS): JsonObject {
  return {
    type: "object",
    anyOf: kinds.map(({ key }) => ({ required: [key] })),
    // oxlint-disable-next-line unicorn/no-thenable -- a key of the language, and a keyword of JSON Schema
    allOf: kinds.map((kind) => ({ if: { required: [kind.key] }, then: ref(stepName(kind)) })),
  };
}

function stepName({ key }: Kind): string {
  return `${key}Step`;
}

function stepSchema({ key, value, what }: Kind): JsonObject {
  const keys = keysOfKind(key);
  return {
    description: what,
    ...shape({ [key]: { description: what, ...value }, ...Object.fromEntries(keys.map((name) => [name, ref(keyName(name))])) }, [key]),
  };
}

/** The keys of a kind besides its own: those that the reader takes. */
function keysOfKind(key: string): readonly string[] {
  const kind = STEP_KINDS.find(({ keys }) => keys.includes(key));
  assert(kind !== undefined, `The reader knows the kind "${key}".`);
  // Beside `capability` the reader takes `skill` only to say what is wrong with it.
  const besides = kind.besides.filter((name) => !(key === "capability" && name === "skill"));
  return [...new Set([...besides, ...COMMON_KEYS])];
}

/** The schema of each key, by the name of its definition: many kinds share it. */
export function keySchemas(): { readonly [name: string]: JsonObject } {
  return Object.fromEntries(Object.entries(KEYS).map(([key, value]) => [keyName(key), value]));
}

function keyName(key: string): string {
  return `key.${key}`;
}

/** Work for one agent inside a `handoff`: who, and what differs from the others. */
export function participantSchema(): JsonObject {
  const agents = KINDS.filter(({ key }) => AGENT_KEYS.includes(key));
  return { ...anyStep(agents), properties: NEVER_ALONE };
}
