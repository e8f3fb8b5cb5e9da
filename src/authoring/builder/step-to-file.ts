/**
 * A step of the builder as a step of the file format. It decides which options are templates,
 * expressions, schemas, nested steps or agents, and in whose sight they stand; whether they make a
 * step is for the reader of the file format to say, so that one place normalises (read-definition.ts).
 */
import type { Json, JsonObject } from "../../base/json.ts";
import { HANDLER_NAMES } from "../../definition/definition.ts";
import { isAgentObject } from "./agent-book.ts";
import { BlockDraft } from "./block-draft.ts";
import { schemaToJson } from "./schema-to-json.ts";
import { expressionOf, inside, type Place, templateOf, valueOf } from "./scope.ts";
import type { ChildWorkflow } from "./step-types.ts";
import { toPlain } from "./template.ts";

/** Options as they come: the compiler has checked them, and the reader of the file format will again. */
export type Options = { readonly [key: string]: unknown };
type Write = (value: unknown, place: Place) => Json;

/** `place` is where the step stands; what it holds sees its item besides. */
export function stepToFile(id: string, options: Options, place: Place): JsonObject {
  const names = options["each"] === undefined ? [] : [typeof options["as"] === "string" ? options["as"] : "item", "index"];
  const own = inside(place, { names });
  const writers: Writers = {
    ...STEP,
    each: (value) => templateOf(value, inside(place, { at: "each" })),
    // It runs when the step is over, and may read its result.
    compensate: (value, at) => nested(value, inside(at, { steps: [id] })),
  };
  return writeObject(options, writers, own);
}

type Writers = { readonly [key: string]: Write };

/** Every key by its writer; what has none is plain data. */
function writeObject(options: Options, writers: Writers, place: Place): JsonObject {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const at = inside(place, { at: key });
      const write = Object.hasOwn(writers, key) ? writers[key] : undefined;
      return [key, write === undefined ? toPlain(value, at.where) : write(value, at)];
    }),
  );
}

/** An object with these writers, or a word or number that stands for it. */
function objectOf(writers: Writers): Write {
  return (value, place) => (isObject(value) ? writeObject(value, writers, place) : toPlain(value, place.where));
}

function isObject(value: unknown): value is Options {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const template: Write = templateOf;
const schema: Write = (value, { where }) => schemaToJson(value, where);
const agent: Write = (value, { agents, where }) => (isAgentObject(value) ? agents.nameOf(value) : toPlain(value, where));

/** An expression that sees more names. */
function expressionSeeing(...names: readonly string[]): Write {
  return (value, place) => expressionOf(value, inside(place, { names }));
}

const condition: Write = (value, place) => (typeof value === "boolean" ? value : expressionOf(value, place));

const rules: Write = (value, place) => {
  const seeing = inside(place, { names: ["output"] });
  const made = valueOf(value, seeing);
  return (Array.isArray(made) ? made : [made]).map((rule: unknown) => expressionOf(rule, seeing));
};

/** An agent by name, as an object, or as `{ agent, skill }`; or `{ capability }`, `{ workflow }`. */
const participant: Write = (value, place) => {
  if (isAgentObject(value)) return place.agents.nameOf(value);
  return objectOf({ agent, workflow: child })(value, place);
};

/** A list, or an object in which each has a name and options of its own. */
const participants: Write = (value, place) => {
  if (Array.isArray(value)) return value.map((one: unknown) => participant(one, place));
  if (!isObject(value) || isAgentObject(value)) return participant(value, place);
  return Object.fromEntries(Object.entries(value).map(([id, one]) => [id, nested(one, inside(place, { at: id }))]));
};

/** A word in `fallback` is a capability unless an agent of that name is declared; an object is always an agent. */
const fallback: Write = (value, place) => (Array.isArray(value) ? value : [value]).map((one: unknown) => oneFallback(one, place));
const oneFallback: Write = (value, place) => (isAgentObject(value) ? { agent: place.agents.nameOf(value) } : participant(value, place));

function nested(value: unknown, place: Place): JsonObject {
  return writeObject(value as Options, STEP, place);
}

/** A word, or a step that sees the failure. */
const handler: Write = (value, place) => {
  if (typeof value === "string") return value;
  const seeing = inside(place, { names: ["error"] });
  if (!isObject(value) || value["repair"] === undefined) return nested(value, seeing);
  // oxlint-disable-next-line unicorn/no-thenable -- a key of the file format; nobody awaits writers
  return writeObject(value, { then: nested }, seeing);
};

const block: Write = (value, place) => BlockDraft.fill(value, place).toFile();

/** The inner steps first: `until` and `score` see them. */
const loop: Write = (value, place) => {
  if (!isObject(value)) return toPlain(value, place.where);
  const within = inside(place, { names: ["iter"] });
  const steps = BlockDraft.fill(value["steps"], inside(within, { at: "steps" }));
  const seeing: Write = (source, at) => expressionOf(source, inside(at, { steps: steps.ids }));
  return writeObject(value, { steps: () => steps.toFile(), until: seeing, score: seeing }, within);
};

const succeed = objectOf({ on: (value, place) => expressionSeeing("result")(value, place) });
const approval = objectOf({ title: template, show: template, form: schema, onTimeout: handler });

/** A workflow as the child of another: the version that this program has, or any. */
const child: Write = (value, { agents, where }) => {
  if (!isBuildable(value)) return toPlain(value, where);
  agents.bringAlong(value);
  return value.version === null ? value.name : `${value.name}@${value.version}`;
};

function isBuildable(value: unknown): value is ChildWorkflow {
  return typeof value === "object" && value !== null && "build" in value;
}

const wait: Write = (value, place) => objectOf({ for: template, until: template })(value, place);

const STEP: Writers = {
  if: condition,
  agent,
  workflow: child,
  text: template,
  with: template,
  files: template,
  output: schema,
  rules,
  fallback,
  succeed,
  steps: block,
  loop,
  parallel: objectOf({ agents: participants, branches: block, succeed, onDisagree: handler }),
  handoff: objectOf({ agents: participants }),
  plan: objectOf({ agent, workflow: child, approve: approval }),
  approval,
  aggregate: objectOf({
    agent,
    from: template,
    key: expressionSeeing("item"),
    by: expressionSeeing("item"),
    value: expressionSeeing("items"),
  }),
  wait,
  set: template,
  emit: objectOf({ data: template }),
  compensate: nested,
  ...Object.fromEntries(HANDLER_NAMES.map((name) => [name, handler])),
};
