/** Making agent cards: of an agent, of a workflow, of a whole server. Pure; `toWire` is their form on the wire. */
import type { AgentCard, AgentExtension, AgentInterface, SecurityRequirement, SecurityScheme } from "@a2a-js/sdk";

import { assert } from "../../base/assert.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_SKILL_EXAMPLES } from "../../base/limits.ts";
import type { Definition, JsonSchema } from "../../definition/definition.ts";
import { fingerprintOf } from "../../definition/fingerprint.ts";
import { leavesOf } from "../../definition/graph.ts";
import { ownVersion } from "../../definition/versions.ts";
import type { LocalAgent } from "../../ports/agents.ts";
import { inputModesOf, takesFiles } from "../wire/input-modes.ts";
import { DEDUPE_EXTENSION, OUTPUT_MODES, SCHEMAS_EXTENSION } from "../wire/wire.ts";

/** Where and how what a card describes can be asked. */
export type CardPlace = {
  /** The preferred one first. */
  readonly interfaces: readonly CardInterface[];
  readonly streaming: boolean;
  readonly pushNotifications: boolean;
  readonly extendedAgentCard: boolean;
  /** Further extensions, beside our own for deduplication and schemas. */
  readonly extensions?: readonly { readonly uri: string; readonly description: string; readonly required: boolean }[];
  /** Callers must satisfy one of them; none means that everybody may ask. */
  readonly security: readonly CardSecurity[];
};

export type CardInterface = {
  readonly url: string;
  readonly binding: "JSONRPC" | "HTTP+JSON" | "GRPC";
  readonly version: "1.0" | "0.3";
  /** What every request there must name. */
  readonly tenant?: string;
};

/** How callers say who they are. */
export type CardSecurity =
  /** `Authorization: Bearer …`; `format` is a hint, such as `JWT`. */
  { readonly kind: "bearer"; readonly format?: string } | { readonly kind: "apiKey"; readonly header: string };

/** What can be asked for: a skill, with the schemas that A2A itself has no place for. */
export type CardSkill = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly examples: readonly string[];
  /** Absent: it takes files when all that the card is of does. */
  readonly takesFiles?: boolean;
  readonly inputSchema: JsonObject | null;
  readonly outputSchema: JsonObject | null;
};

type Described = { readonly name: string; readonly description: string; readonly version: string };

/** The card of an agent of this process: a skill for each capability (A2A 4.4). */
export function cardOfAgent(agent: LocalAgent, place: CardPlace): AgentCard {
  return cardOf(agent, skillsOfAgent(agent), place);
}

/** The card of a workflow: one skill, the workflow itself. */
export function cardOfWorkflow(definition: Definition, place: CardPlace): AgentCard {
  const skill = skillOfWorkflow(definition);
  const version = ownVersion(definition, fingerprintOf(definition));
  return cardOf({ name: definition.name, description: skill.description, version }, [skill], place);
}

/** The card of a server: what it serves, as skills (`skillOfWorkflow`, `skillsOfAgent`). */
export function cardOfServer(server: Described & { readonly skills: readonly CardSkill[] }, place: CardPlace): AgentCard {
  return cardOf(server, server.skills, place);
}

/**
 * The card that those get who say who they are: the same, with more (A2A 3.1.11). A skill of the same
 * id replaces the public one. It is another card, so that it must be signed by itself.
 */
export function extendedCard(
  card: AgentCard,
  more: { readonly description?: string; readonly skills?: readonly CardSkill[]; readonly extensions?: readonly AgentExtension[] },
): AgentCard {
  assert(card.capabilities?.extendedAgentCard === true, "Only a card that announces an extended card has one.");
  const { description = card.description, skills = [], extensions = [] } = more;
  const added = new Set(skills.map(({ id }) => id));
  const modesOf = (id: string) => card.skills.find((skill) => skill.id === id)?.inputModes ?? [];
  const kept = (card.capabilities.extensions ?? []).filter(({ uri }) => uri !== SCHEMAS_EXTENSION);
  const known = card.capabilities.extensions.find(({ uri }) => uri === SCHEMAS_EXTENSION)?.params?.["skills"];
  const schemas = schemasExtension({ ...(isJsonObject(known) ? known : {}), ...schemasOf(skills) });
  return {
    ...card,
    description,
    capabilities: { ...card.capabilities, extensions: [...kept, ...schemas, ...extensions] },
    skills: [...card.skills.filter(({ id }) => !added.has(id)), ...skills.map((skill) => toSkill(skill, modesOf(skill.id)))],
    signatures: [],
  };
}

/** A workflow as a skill. The examples are those of its input schema. */
export function skillOfWorkflow(definition: Definition): CardSkill {
  const { name, description, input } = definition;
  return {
    id: name,
    name,
    description: description ?? `Runs the workflow ${name}.`,
    tags: [],
    examples: examplesOf(input),
    takesFiles: takesFiles(input),
    inputSchema: objectSchema(input),
    outputSchema: outputSchemaOf(definition),
  };
}

/** The capabilities of an agent as skills. */
export function skillsOfAgent(agent: LocalAgent): readonly CardSkill[] {
  return agent.capabilities.map(({ name, description, tags, inputSchema, outputSchema }) => ({
    id: name,
    name,
    description,
    tags,
    examples: examplesOf(inputSchema),
    takesFiles: true,
    inputSchema,
    outputSchema,
  }));
}

function cardOf({ name, description, version }: Described, skills: readonly CardSkill[], place: CardPlace): AgentCard {
  assert(place.interfaces.length > 0, "A card names at least one interface.");
  assert(new Set(skills.map(({ id }) => id)).size === skills.length, "Every skill of a card has an id of its own.");
  const { streaming, pushNotifications, extendedAgentCard, extensions = [] } = place;
  // What every skill takes; one that takes more says so itself.
  const all = { files: skills.length > 0 && skills.every((skill) => skill.takesFiles === true) };
  const modesOf = ({ takesFiles: files = false }: CardSkill) => (files && !all.files ? inputModesOf({ files }) : []);
  return {
    name,
    // Required, and left out of what the SDKs sign when empty: so it never is.
    description: description === "" ? name : description,
    supportedInterfaces: place.interfaces.map(toInterface),
    provider: undefined,
    version: version === "" ? "0.0.0" : version,
    capabilities: {
      streaming,
      pushNotifications,
      extendedAgentCard,
      extensions: [dedupeExtension(), ...schemasExtension(schemasOf(skills)), ...extensions.map((one) => ({ ...one, params: undefined }))],
    },
    securitySchemes: Object.fromEntries(place.security.map((one) => [one.kind, toScheme(one)])),
    securityRequirements: place.security.map(toRequirement),
    defaultInputModes: [...inputModesOf(all)],
    defaultOutputModes: [...OUTPUT_MODES],
    skills: skills.map((skill) => toSkill(skill, modesOf(skill))),
    signatures: [],
  };
}

function toInterface({ url, binding, version, tenant = "" }: CardInterface): AgentInterface {
  return { url, protocolBinding: binding, protocolVersion: version, tenant };
}

function toSkill({ id, name, description, tags, examples }: CardSkill, inputModes: readonly string[]): AgentCard["skills"][number] {
  return {
    id,
    name,
    description: description === "" ? name : description,
    // The protocol wants at least one.
    tags: tags.length === 0 ? [name] : [...tags],
    examples: [...examples],
    inputModes: [...inputModes],
    outputModes: [],
    securityRequirements: [],
  };
}

function toScheme(security: CardSecurity): SecurityScheme {
  switch (security.kind) {
    case "bearer": {
      const value = { description: "", scheme: "Bearer", bearerFormat: security.format ?? "" };
      return { scheme: { $case: "httpAuthSecurityScheme", value } };
    }
    case "apiKey": {
      const value = { description: "", location: "header", name: security.header };
      return { scheme: { $case: "apiKeySecurityScheme", value } };
    }
  }
}

/**
 * A role, which OpenAPI allows for any scheme and nobody has to send. Without one the SDKs leave the
 * whole requirement out of what they sign and check, and would find our signature wrong.
 */
function toRequirement({ kind }: CardSecurity): SecurityRequirement {
  return { schemes: { [kind]: { list: ["caller"] } } };
}

function dedupeExtension(): AgentExtension {
  const description = "A second message with the same id and content makes no second task.";
  return { uri: DEDUPE_EXTENSION, description, required: false, params: undefined };
}

function schemasExtension(skills: JsonObject): AgentExtension[] {
  if (Object.keys(skills).length === 0) return [];
  const description = "JSON Schemas of what the skills take and give.";
  return [{ uri: SCHEMAS_EXTENSION, description, required: false, params: { skills } }];
}

function schemasOf(skills: readonly CardSkill[]): JsonObject {
  const schemas: [string, JsonObject][] = [];
  for (const { id, inputSchema: input, outputSchema: output } of skills) {
    if (input === null && output === null) continue;
    schemas.push([id, { ...(input === null ? {} : { input }), ...(output === null ? {} : { output }) }]);
  }
  return Object.fromEntries(schemas);
}

/** `examples` is JSON Schema's own word (2020-12, validation 9.5); a skill shows them as texts. */
function examplesOf(schema: JsonSchema | null): readonly string[] {
  const examples = isJsonObject(schema) ? schema["examples"] : undefined;
  if (!Array.isArray(examples)) return [];
  return examples.slice(0, MAX_SKILL_EXAMPLES).map((example: Json) => (typeof example === "string" ? example : JSON.stringify(example)));
}

/** What the output always fits: the contract of the only last step, when that step alone makes it. */
function outputSchemaOf({ output, steps }: Definition): JsonObject | null {
  const [last, ...others] = leavesOf(steps);
  const step = last === undefined || others.length > 0 ? undefined : steps[last];
  if (output !== null || step?.kind !== "delegate") return null;
  const isAlwaysThere = step.critical && step.if === null && step.each === null && step.handlers === undefined;
  return isAlwaysThere ? objectSchema(step.output) : null;
}

function objectSchema(schema: JsonSchema | null): JsonObject | null {
  return isJsonObject(schema) ? schema : null;
}
