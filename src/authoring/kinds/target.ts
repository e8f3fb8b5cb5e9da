/** Who does the work: `agent` with its `skill`, `capability`, or a sub-workflow. */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_ATTEMPTS } from "../../base/limits.ts";
import type { StepId, Target } from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import { isStepId } from "../../definition/step-id.ts";
import { isVersionRange, parseReference } from "../../definition/versions.ts";
import { idOfTarget } from "./named-agent.ts";
import { at, isAbsent, type Place, type Reader, readObject, readText, report, reportForm } from "../file/reader.ts";

export const TARGET_KEYS = ["agent", "capability", "workflow"] as const;
const WORKFLOW = /^[A-Za-z][A-Za-z0-9_.-]{0,127}(?:@|$)/;

/** The target of an object that has exactly one of the keys. */
export function readTarget(reader: Reader, object: JsonObject, path: DocumentPath): Target {
  const skill = at(object, path, "skill");
  if (Object.hasOwn(object, "agent"))
    return { kind: "agent", agent: readName(reader, at(object, path, "agent")), skill: readText(reader, skill) };
  if (!isAbsent(skill)) {
    report(reader, {
      code: "T1011",
      message: "`skill` belongs to `agent`; a capability is a skill already.",
      help: "Take it out, or name the agent.",
      path: skill.path,
      at: "key",
    });
  }
  if (Object.hasOwn(object, "workflow")) return readWorkflow(reader, at(object, path, "workflow"));
  return { kind: "capability", capability: readName(reader, at(object, path, "capability")) };
}

export function readName(reader: Reader, place: Place): string {
  if (typeof place.value === "string" && place.value.trim() !== "" && place.value.length <= 128) return place.value;
  reportForm(reader, place, "a name");
  return "";
}

/** `name`, or `name@range`. */
export function readWorkflow(reader: Reader, place: Place): Target {
  if (typeof place.value !== "string" || !WORKFLOW.test(place.value)) {
    const help =
      typeof place.value === "string" && place.value.includes("${{") ? "Which workflow it is must be known before the run." : null;
    reportForm(reader, place, "the name of a workflow, such as publish_brief@^2", help);
    return { kind: "workflow", name: "unnamed", range: "*" };
  }
  const { name, range } = parseReference(place.value);
  if (!isVersionRange(range)) {
    const message = `"${range}" is no range of versions.`;
    report(reader, { code: "T1011", message, help: `Write for example ${name}@^2, ${name}@1.2.0, or ${name} alone.`, path: place.path });
  }
  return { kind: "workflow", name, range };
}

/** `fallback`: a word is an agent when one of that name is declared, else a capability. */
export function readFallback(reader: Reader, place: Place, agents: ReadonlySet<string>): readonly Target[] {
  if (isAbsent(place)) return [];
  const values: readonly Json[] = Array.isArray(place.value) ? place.value : [place.value as Json];
  if (values.length >= MAX_ATTEMPTS)
    report(reader, { code: "T1017", message: `A step has at most ${MAX_ATTEMPTS - 1} fallbacks.`, path: place.path, at: "key" });
  return values.flatMap((value, index) => {
    const path = Array.isArray(place.value) ? [...place.path, index] : place.path;
    if (typeof value === "string" && value !== "") return [fallbackNamed(value, agents)];
    const target = readTargetObject(reader, { value, path });
    if (target === null)
      reportForm(reader, { value, path }, "a capability, the name of an agent, or an object with one of `agent` and `capability`");
    return target === null ? [] : [target];
  });
}

function fallbackNamed(name: string, agents: ReadonlySet<string>): Target {
  return agents.has(name) ? { kind: "agent", agent: name, skill: null } : { kind: "capability", capability: name };
}

/** An object that names a target and nothing else; null when it does not. */
function readTargetObject(reader: Reader, place: Place): Target | null {
  if (!isJsonObject(place.value)) return null;
  const object = place.value;
  readObject(reader, place, { known: [...TARGET_KEYS, "skill"] });
  return hasOneTarget(object) ? readTarget(reader, object, place.path) : null;
}

export function hasOneTarget(object: JsonObject): boolean {
  return TARGET_KEYS.filter((key) => Object.hasOwn(object, key)).length === 1;
}

/** One of several agents: a word is an agent here; its id is its name, made to fit. */
export type Participant = { readonly id: StepId; readonly target: Target; readonly path: DocumentPath };

/** The list behind `agents`. Null when it cannot be read. */
export function readParticipants(reader: Reader, place: Place): readonly Participant[] | null {
  if (!Array.isArray(place.value)) {
    reportForm(reader, place, "a list of agents");
    return null;
  }
  const ids = new Set<string>();
  const participants = place.value.flatMap((value: Json, index): readonly Participant[] => {
    const path = [...place.path, index];
    const target: Target | null =
      typeof value === "string" && value.trim() !== ""
        ? { kind: "agent", agent: value, skill: null }
        : readTargetObject(reader, { value, path });
    if (target === null) {
      reportForm(reader, { value, path }, "the name of an agent, or an object with one of `agent` and `capability`");
      return [];
    }
    const id = idOfTarget(target);
    if (!isStepId(id)) {
      reportUnfit(reader, { id, target, path });
      return [];
    }
    if (ids.has(id)) reportTwice(reader, id, path);
    ids.add(id);
    return [{ id, target, path }];
  });
  return participants.length === place.value.length && ids.size === participants.length ? participants : null;
}

/** In a list, an agent's name is its id as well; in an object, its id may be another. */
function reportUnfit(reader: Reader, { id, target, path }: Participant): void {
  const other = isStepId(`${id}_agent`) ? `${id}_agent` : "another_name";
  const who = target.kind === "agent" ? `agent: ${target.agent}` : `capability: ${id}`;
  const key = path.at(-3) === "handoff" ? "agents" : "branches";
  report(reader, {
    code: "T1014",
    message: `"${id}" cannot be the id of a step, and in a list an agent's name is its id.`,
    help: `Write an object, which gives each agent an id: ${key}: { ${other}: { ${who} }, … }.`,
    path,
  });
}

function reportTwice(reader: Reader, id: string, path: DocumentPath): void {
  const message = `Two of the agents would both be called "${id}".`;
  report(reader, { code: "T1014", message, help: "Give them ids of their own: write an object with a key for each.", path });
}

/** What is wrong with a participant stands at its name, and what is wrong with its work, at the step. */
export function moveParticipants(
  reader: Reader,
  participants: readonly Participant[],
  { holder, step }: { readonly holder: DocumentPath; readonly step: DocumentPath },
): void {
  for (const { id, path } of participants) {
    const from = [...holder, id];
    reader.moves.push({ from, to: step }, { from, to: path, whole: true });
    for (const key of [...TARGET_KEYS, "skill"]) reader.moves.push({ from: [...from, key], to: path });
  }
}
