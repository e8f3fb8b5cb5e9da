/**
 * Where the agents of sub-workflows lead. A run records it for all that may run below it, under
 * `name@version/agent`, because a process that takes the run up may not have the files any more. No
 * agent is called so: its name holds no slash.
 */
import type { JsonObject } from "../../base/json.ts";
import type { Definition } from "../../definition/definition.ts";
import type { WorkflowVersion } from "../../scheduler/input.ts";

/** The bindings of a workflow's agents, as the run above it records them. */
export function recordedBindings({ name, version }: WorkflowVersion, bindings: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(bindings).map(([agent, binding]) => [`${name}@${version}/${agent}`, binding]));
}

/** True for what a run records for the runs below it. */
export function isForBelow(key: string): boolean {
  return key.includes("/");
}

/**
 * The bindings of a run below another one: what was recorded for it, else what its definition says,
 * else the agents of the run above, which its capabilities may need.
 */
export function bindingsBelow(definition: Definition, workflow: WorkflowVersion, above: JsonObject | null): JsonObject {
  const prefix = `${workflow.name}@${workflow.version}/`;
  const entries = Object.entries(above ?? {});
  const own = entries.filter(([key]) => key.startsWith(prefix)).map(([key, binding]) => [key.slice(prefix.length), binding] as const);
  return { ...Object.fromEntries(entries.filter(([key]) => !isForBelow(key))), ...definition.agents, ...Object.fromEntries(own) };
}

/** What a run hands on to the runs below it. */
export function bindingsForBelow(bindings: JsonObject | null): JsonObject {
  return Object.fromEntries(Object.entries(bindings ?? {}).filter(([key]) => isForBelow(key)));
}
