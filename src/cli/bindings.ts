/**
 * Where the agents of a run lead: `--agent`, then the environment, then the file, then the
 * configuration (workflow-language.md, Binding agents). What is decided here is recorded with the
 * run, with absolute paths, so that any process can take the run up.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

import { TuttiError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { AgentBinding, Definition, Step, Target } from "../definition/definition.ts";
import { nameOfTarget } from "../definition/target.ts";
import { eachStep } from "../definition/walk.ts";
import type { ConfigPlace } from "./config-form.ts";
import type { LoadedConfig } from "./config.ts";

export type BindingSources = {
  /** `--agent`, in order; a later one wins. */
  readonly given: readonly (readonly [string, string])[];
  readonly environment: NodeJS.ProcessEnv;
  readonly config: LoadedConfig;
  /** Paths of `--agent` and of the environment start here. */
  readonly directory: string;
};

const PREFIX = "TUTTI_AGENT_";

/** Names that are bound from outside of a file, so that its steps may use them. */
export function namesFromOutside({ given, environment, config }: BindingSources): readonly string[] {
  const fromEnvironment = Object.keys(environment).flatMap((key) =>
    key.startsWith(PREFIX) ? [key.slice(PREFIX.length).toLowerCase()] : [],
  );
  return [...given.map(([name]) => name), ...fromEnvironment, ...Object.keys(config.agents)];
}

/** The bindings to record with a run. Throws T2105 when a place cannot be used. */
export function bindingsOf(
  definition: Definition,
  workflowFolder: string,
  sources: BindingSources,
): { readonly [name: string]: AgentBinding } {
  const bindings: { [name: string]: AgentBinding } = {};
  for (const name of namesOf(definition, sources)) {
    const binding =
      fromOutside(name, definition, sources) ?? fromFile(name, definition, workflowFolder) ?? fromConfig(name, sources.config);
    if (binding !== null) bindings[name] = binding;
  }
  return bindings;
}

/** Bindings as a run records them. */
export function toJson(bindings: { readonly [name: string]: AgentBinding }): JsonObject {
  return Object.fromEntries(Object.entries(bindings).map(([name, binding]) => [name, { ...binding }]));
}

/** A place as a person types it: an address, or a module with `#export`. */
export function parsePlace(name: string, place: string, folder: string): AgentBinding {
  if (/^https?:\/\//i.test(place)) {
    if (URL.canParse(place)) return { kind: "card", url: place, secret: null };
    throw bindingError(name, `"${place}" is not an address`);
  }
  return moduleBinding(name, place, folder);
}

/** What the run may need: an agent that it cannot ask for is not recorded, and so is never missed. */
function namesOf(definition: Definition, { given, config }: BindingSources): ReadonlySet<string> {
  const targets = eachStep(definition).flatMap(({ step }) => targetsOf(step));
  const used = targets.filter(({ kind }) => kind === "agent" || kind === "capability").map(nameOfTarget);
  const isOpen =
    targets.some(({ kind }) => kind === "capability") || Object.values(definition.agents).some(({ kind }) => kind === "capability");
  return new Set([
    ...Object.keys(definition.agents),
    ...used,
    ...given.map(([name]) => name),
    ...(isOpen ? Object.keys(config.agents) : []),
  ]);
}

/** Whom a step may ask. The subtasks of a plan go to one of its capabilities. */
function targetsOf(step: Step): readonly Target[] {
  if (step.kind === "plan") return step.capabilities.map((capability): Target => ({ kind: "capability", capability }));
  return step.kind === "delegate" ? [step.target, ...step.fallback] : [];
}

function fromOutside(name: string, definition: Definition, { given, environment, directory }: BindingSources): AgentBinding | null {
  const place = given.findLast(([other]) => other === name)?.[1] ?? environment[environmentName(name)];
  if (place === undefined || place === "") return null;
  const binding = parsePlace(name, place, directory);
  const declared = definition.agents[name];
  // The secret of the file goes along only while it reaches the same server.
  if (binding.kind !== "card" || declared?.kind !== "card" || new URL(binding.url).origin !== URL.parse(declared.url)?.origin)
    return binding;
  return { ...binding, secret: declared.secret };
}

/** `TUTTI_AGENT_CHECKER_A` for `checker_a` and `checker-a`. */
export function environmentName(name: string): string {
  return `${PREFIX}${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
}

function fromFile(name: string, definition: Definition, folder: string): AgentBinding | null {
  const binding = definition.agents[name] ?? null;
  return binding?.kind === "module" ? moduleBinding(name, binding.specifier, folder) : binding;
}

function fromConfig(name: string, config: LoadedConfig): AgentBinding | null {
  const place = config.agents[name] ?? config.capabilities[name];
  return place === undefined ? null : fromConfigPlace(name, place, config);
}

export function fromConfigPlace(name: string, place: ConfigPlace, config: LoadedConfig): AgentBinding {
  if (typeof place === "string") {
    const other = config.agents[place];
    // The name of an agent of the configuration is a place as well: `capabilities: { search: "finder" }`.
    if (other !== undefined && place !== name && typeof other !== "string") return fromConfigPlace(place, other, config);
    return parsePlace(name, typeof other === "string" && place !== name ? other : place, config.folder);
  }
  if ("card" in place) return { kind: "card", url: place.card, secret: place.auth?.secret ?? null };
  if ("module" in place) return moduleBinding(name, place.module, config.folder);
  return { kind: "capability", capability: place.capability };
}

function moduleBinding(name: string, specifier: string, folder: string): AgentBinding {
  const { path, hash } = moduleOf(specifier, folder);
  if (!existsSync(path))
    throw bindingError(name, `there is no module ${path}, and it is not an address that begins with http:// or https://`);
  return { kind: "module", specifier: `${path}${hash}` };
}

/** Whether there is a file behind `./agents.ts#name`. */
export function hasModule(specifier: string, folder: string): boolean {
  return existsSync(moduleOf(specifier, folder).path);
}

function moduleOf(specifier: string, folder: string): { readonly path: string; readonly hash: string } {
  const at = specifier.lastIndexOf("#");
  return { path: resolve(folder, at === -1 ? specifier : specifier.slice(0, at)), hash: at === -1 ? "" : specifier.slice(at) };
}

function bindingError(name: string, why: string): TuttiError {
  return new TuttiError("T2105", `Agent "${name}" cannot be bound: ${why}.`, {
    help: `Write for example --agent ${name}=http://127.0.0.1:4001 or --agent ${name}=./agents.ts#${/^[A-Za-z_]\w*$/.test(name) ? name : "agent"}.`,
  });
}
