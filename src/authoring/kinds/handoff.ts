import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { MAX_ITERATIONS } from "../../base/limits.ts";
import { DEFAULTS, type DelegateStep, type HandoffStep, type StepId } from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import { at, isAbsent, type Place, type Reader, readNumber, readText, report, reportForm } from "../file/reader.ts";
import { BARE, type Common, readCommon, readDisagreeHandler, readInvalidHandler } from "./common.ts";
import { handlersOf, isTooDeep, readHandlers, readLoneStep } from "./handlers.ts";
import { readInside, reportMissing, WORK_KEYS } from "./keys.ts";
import type { StepKind, StepSurroundings } from "./kind.ts";
import { moveParticipants, readParticipants } from "./target.ts";
import { readWork } from "./work.ts";

const INSIDE = ["agents", "start", "max"] as const;

/** `handoff:`: agents of which one works at a time and may hand over to another (requirements B011). */
export const handoffKind: StepKind = {
  keys: ["handoff"],
  besides: [...WORK_KEYS, "onExhausted"],
  inside: INSIDE,
  read(reader, object, surroundings) {
    const { common, handlers } = readCommon(reader, object, surroundings);
    const { path } = surroundings;
    const ofOutcome = [
      readInvalidHandler(reader, object, surroundings),
      readDisagreeHandler(reader, object, surroundings),
      readHandlers(reader, [["onExhausted", at(object, path, "onExhausted")]], surroundings),
    ];
    const inner = readInside(reader, at(object, path, "handoff"), handoffKind);
    if (inner === null) return null;
    const place = (key: (typeof INSIDE)[number]): Place => at(inner, [...path, "handoff"], key);
    const agents = readAgents(reader, place("agents"), { object, common, surroundings });
    if (agents === null) return null;
    const { context: _, ...rest } = common;
    const max = readNumber(reader, place("max"), { least: 1, most: MAX_ITERATIONS, whole: true, standard: DEFAULTS.handoff.max });
    return {
      kind: "handoff",
      agents,
      start: readStart(reader, place("start"), agents),
      max,
      ...rest,
      ...handlersOf(handlers, ...ofOutcome),
    };
  },
};

type Agents = HandoffStep["agents"];
type InStep = { readonly object: JsonObject; readonly common: Common; readonly surroundings: StepSurroundings };

/**
 * A list of agents, or an object that gives each an id. The work stands beside `handoff`; the contract
 * does too, and is that of the last agent: a reply that hands over is no output.
 */
function readAgents(reader: Reader, place: Place, inStep: InStep): Agents | null {
  if (isAbsent(place)) {
    reportMissing(reader, place.path.slice(0, -1), "`handoff` has no agents.", "Give it `agents: [triage, billing]`.");
    return null;
  }
  if (!isJsonObject(place.value) && !Array.isArray(place.value)) {
    reportForm(reader, place, "a list of agents, or an object with one for each id");
    return null;
  }
  const shared = sharedWork(reader, inStep);
  const agents = isJsonObject(place.value)
    ? readNamed(reader, place.value, { path: place.path, shared, inStep })
    : readListed(reader, place, { path: place.path, shared, inStep });
  if (agents !== null && Object.keys(agents).length < 2)
    reportMissing(reader, place.path, "A handoff needs two agents or more.", "With one agent it is an ordinary step.");
  return agents;
}

type Shared = Omit<DelegateStep, "target">;

/** What every agent is given. A reply that hands over fits no contract, so the agents themselves have none. */
function sharedWork(reader: Reader, { object, common, surroundings }: InStep): Shared {
  const { onInvalid: _, ...rest } = object;
  const { work, handlers } = readWork(reader, rest, { surroundings, repairs: { usual: null, isChecked: false } });
  const access = common.context === undefined ? {} : { context: common.context };
  return { kind: "delegate", ...BARE, ...access, ...work, ...handlersOf(handlers) };
}

type Named = { readonly path: DocumentPath; readonly shared: Shared; readonly inStep: InStep };

function readListed(reader: Reader, place: Place, { path, shared, inStep }: Named): Agents | null {
  const participants = readParticipants(reader, place);
  if (participants === null) return null;
  moveParticipants(reader, participants, { holder: path, step: inStep.surroundings.path });
  return Object.fromEntries(participants.map(({ id, target }): [StepId, DelegateStep] => [id, { ...shared, target }]));
}

/** An agent's own keys come before those beside `handoff`. */
function readNamed(reader: Reader, object: JsonObject, { path, shared, inStep }: Named): Agents | null {
  const { surroundings } = inStep;
  if (isTooDeep(reader, path, surroundings)) return null;
  const agents = Object.keys(object).map((id): [StepId, DelegateStep | null] => {
    const entry = at(object, path, id);
    const step = readLoneStep(reader, entry, surroundings);
    if (step === null) return [id, null];
    if (step.kind === "delegate" && isJsonObject(entry.value)) {
      const own = new Set(Object.keys(entry.value));
      for (const key of WORK_KEYS) if (!own.has(key)) reader.moves.push({ from: [...entry.path, key], to: [...surroundings.path, key] });
      return [id, withShared(step, entry.value, shared)];
    }
    report(reader, {
      code: "T1011",
      message: `"${id}" is no agent.`,
      help: "Give it `agent`, `capability` or `workflow`.",
      path: entry.path,
      at: "key",
    });
    return [id, null];
  });
  const read = agents.flatMap(([id, step]) => (step === null ? [] : [[id, step] as const]));
  return read.length === agents.length ? Object.fromEntries(read) : null;
}

/** What the entry does not write is taken from the step; a policy that it writes replaces the step's word and handler. */
function withShared(own: DelegateStep, entry: JsonObject, shared: Shared): DelegateStep {
  const { text, with: parameters, timeoutMs, retry, fallback, onUnknown, ...rest } = own;
  const has = (key: string): boolean => Object.hasOwn(entry, key);
  const { onRejected, onInputRequired, onAuthRequired, handlers, ...base } = shared;
  const left = Object.fromEntries(Object.entries(handlers ?? {}).filter(([name]) => !has(name)));
  return {
    ...base,
    ...(onRejected === undefined || has("onRejected") ? {} : { onRejected }),
    ...(onInputRequired === undefined || has("onInputRequired") ? {} : { onInputRequired }),
    ...(onAuthRequired === undefined || has("onAuthRequired") ? {} : { onAuthRequired }),
    ...rest,
    text: has("text") ? text : shared.text,
    with: has("with") ? parameters : shared.with,
    timeoutMs: has("timeout") ? timeoutMs : shared.timeoutMs,
    retry: has("retry") ? retry : shared.retry,
    fallback: has("fallback") ? fallback : shared.fallback,
    onUnknown: has("onUnknown") ? onUnknown : shared.onUnknown,
    ...handlersOf(left, own.handlers ?? {}),
  };
}

/** Who begins: the first, unless another is named, by its id or as the agent that it is. */
function readStart(reader: Reader, place: Place, agents: Agents): StepId {
  const ids = Object.keys(agents);
  const start = readText(reader, place) ?? ids[0] ?? "";
  return Object.hasOwn(agents, start) ? start : (ids.find((id) => isNamed(agents[id], start)) ?? start);
}

function isNamed(step: DelegateStep | undefined, name: string): boolean {
  return step?.target.kind === "agent" && step.target.agent === name;
}
