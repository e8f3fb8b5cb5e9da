import type { Definition } from "../../definition/definition.ts";
import type { JsonObject } from "../../base/json.ts";
import type { AgentDeclaration, AgentName, AgentObject } from "./agent-types.ts";
import type { Expr, Resolved, TemplateValue } from "./expression-types.ts";
import type { OutputOf, Seen } from "./output-types.ts";
import type { AnySchema } from "./schema-types.ts";
import type { Scope, World, WorldOf } from "./scope-types.ts";
import type { ParticipantOf, StepOptions, StrategyName } from "./step-types.ts";

declare const OWN: unique symbol;

/** A finished block, and the outputs of its steps. */
export type BlockOf<out Own> = { readonly [OWN]: () => Own };

/** A workflow that can be built and run. `build` throws a `TuttiError` (T1…) with all that is wrong in it. */
export type Buildable = {
  build(): Definition;
  /** What `build` gives. */
  readonly definition: Definition;
  /** The agents that it was given as objects, by logical name. */
  readonly agentObjects: ReadonlyMap<string, AgentObject>;
  /** The sub-workflows that it was given as objects. */
  readonly children: readonly Buildable[];
};

/** A workflow under construction: each call gives a new one, and the old one stays as it was. */
export type Workflow<Input, Steps extends object, Agents extends object, Output> = Buildable & {
  readonly name: string;
  readonly version: string | null;
  /** Adds a step. It may read the steps before it, and waits for those that it reads. */
  readonly step: StepMethod<"workflow", Input, Steps, Agents, Nothing, Output>;
  /** Declares logical names of agents and where they lead; from then on only these may be named. */
  agents<const More extends { readonly [name: string]: AgentDeclaration }>(declared: More): Workflow<Input, Steps, Agents & More, Output>;
  /** What the run gives; without it, the outputs of the steps that no other step reads. */
  output<const Made extends TemplateValue>(
    make: (scope: Scope<WorldOf<Input, Steps, Agents, Nothing>>) => Made,
  ): Workflow<Input, Steps, Agents, Resolved<Made>>;
  /** The same workflow in the file format. */
  toFile(): JsonObject;
};

/** Inner steps under construction, of a group or a loop: each sees those before it and those further out. */
export type Block<Input, Steps extends object, Agents extends object, Names extends object, Own> = BlockOf<Own> & {
  readonly step: StepMethod<"block", Input, Steps, Agents, Names, Own>;
};

/** Branches under construction: they see what is further out, and not each other. */
export type Branches<Input, Steps extends object, Agents extends object, Names extends object, Own> = BlockOf<Own> & {
  readonly step: StepMethod<"branches", Input, Steps, Agents, Names, Own>;
};

export type BlockIn<W extends World> = Block<W["input"], W["steps"], W["agents"], W["names"], Nothing>;
export type BranchesIn<W extends World> = Branches<W["input"], W["steps"], W["agents"], W["names"], Nothing>;
/** No steps, no agents, no names yet. */
export type Nothing = object;

/** An id that no step in sight has. */
export type NewId<Id extends string, Taken> = Id extends keyof Taken ? `There is a step "${Id}" already.` : Id;

/** `.step(id, options)`. The type parameters are found by the compiler: what the options say about the step's output. */
export type StepMethod<Role, Input, Steps extends object, Agents extends object, Names extends object, Own> = <
  const Id extends string,
  const Agent extends AgentName<Agents> | AgentObject = never,
  const Skill extends string = never,
  const Schema extends AnySchema = never,
  List extends Expr<readonly unknown[]> | readonly TemplateValue[] = never,
  const As extends string = "item",
  const Critical extends boolean = true,
  Inner = never,
  const To extends string | readonly string[] = never,
  const Form extends AnySchema = never,
  const Strategic extends StrategyName = never,
  From extends TemplateValue = never,
  const Several extends readonly (AgentName<Agents> | AgentObject | ParticipantOf<Agents>)[] = never,
>(
  id: NewId<Id, Steps>,
  options: StepOptions<
    WorldOf<Input, Steps, Agents, Names>,
    Id,
    OutputOf<Agents, Agent, Skill, Schema, Inner, To, Form, Strategic, From, Several>,
    Agent,
    Skill,
    Schema,
    List,
    As,
    Critical,
    Inner,
    To,
    Form,
    Strategic,
    From,
    Several
  >,
) => Next<
  Role,
  Input,
  Steps,
  Agents,
  Names,
  Own,
  Id,
  Seen<OutputOf<Agents, Agent, Skill, Schema, Inner, To, Form, Strategic, From, Several>, List, Critical>
>;

/** What follows a step. A workflow's `Own` is its output; a branch that was given up is null. */
type Next<
  Role,
  Input,
  Steps extends object,
  Agents extends object,
  Names extends object,
  Own,
  Id extends string,
  Out,
> = Role extends "workflow"
  ? Workflow<Input, Steps & { readonly [Key in Id]: Out }, Agents, Own>
  : Role extends "block"
    ? Block<Input, Steps & { readonly [Key in Id]: Out }, Agents, Names, Own & { readonly [Key in Id]: Out }>
    : Branches<Input, Steps, Agents, Names, Own & { readonly [Key in Id]: Out | null }>;
