import type { StandardSchemaV1 } from "@standard-schema/spec";

import type { FromJsonSchema } from "./schema-types.ts";

/** An agent as a value: what `defineAgent` and `remoteAgent` give. */
export type AgentObject =
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "remote"; readonly name: string; readonly url: string };

/** Where a logical name leads, as in a file (workflow-language.md, Binding agents). */
export type AgentPlace =
  | { readonly card: string; readonly auth?: { readonly secret: string } }
  | { readonly module: string }
  | { readonly capability: string }
  | { readonly local: string };

export type AgentDeclaration = AgentObject | AgentPlace;

/** Names that the workflow declares; any name while it declares none, since the configuration may bind it. */
export type AgentName<Agents> = [keyof Agents] extends [never] ? string : keyof Agents & string;

/** The agent itself, whether it is given or named. */
type AgentOf<Agents, Agent> = Agent extends keyof Agents ? Agents[Agent] : Agent;

/** The capabilities of a function agent by name; `never` for an agent that is known only at run time. */
type CapabilitiesOf<Agent> = Agent extends { readonly spec: { readonly capabilities: infer Capabilities } } ? Capabilities : never;

/** The skills that may be asked of an agent. */
export type SkillOf<Agents, Agent> = [CapabilitiesOf<AgentOf<Agents, Agent>>] extends [never]
  ? string
  : keyof CapabilitiesOf<AgentOf<Agents, Agent>> & string;

type SpecOf<Agents, Agent, Skill> = [Agent] extends [never]
  ? never
  : CapabilitiesOf<AgentOf<Agents, Agent>> extends infer Capabilities
    ? [Skill] extends [never]
      ? Capabilities[OnlyKey<Capabilities>]
      : Skill extends keyof Capabilities
        ? Capabilities[Skill]
        : never
    : never;

/** The key of an object that has one; else `never`. */
type OnlyKey<Value> = keyof Value extends infer Key
  ? [keyof Value] extends [Key]
    ? IsUnion<Key> extends true
      ? never
      : keyof Value
    : never
  : never;
type IsUnion<Value, All = Value> = Value extends unknown ? ([All] extends [Value] ? false : true) : never;

/** What a function agent answers; `unknown` when its definition does not say. */
export type AnswerOf<Agents, Agent, Skill> =
  SpecOf<Agents, Agent, Skill> extends { readonly output?: infer Schema } ? Out<NonNullable<Schema>> : unknown;

/** What a function agent takes; `unknown` when its definition does not say. */
export type TakenBy<Agents, Agent, Skill> =
  SpecOf<Agents, Agent, Skill> extends { readonly input?: infer Schema } ? In<NonNullable<Schema>> : unknown;

type Out<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Schema> : FromJsonSchema<Schema>;
type In<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferInput<Schema> : FromJsonSchema<Schema>;
