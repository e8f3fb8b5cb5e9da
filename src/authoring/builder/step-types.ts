import type { AGGREGATE_STRATEGIES } from "../../definition/definition.ts";
import type { AgentName, AgentObject, SkillOf, TakenBy } from "./agent-types.ts";
import type { Expr, Ref, Templated, TemplateValue } from "./expression-types.ts";
import type { ItemOf } from "./output-types.ts";
import type { AnySchema } from "./schema-types.ts";
import type { ErrorNames, ItemNames, IterNames, Knowing, Scope, Seeing, World } from "./scope-types.ts";
import type { BlockIn, BlockOf, BranchesIn, Buildable } from "./block-types.ts";

/** A duration such as `500ms`, `30s`, `1m30s`, `2h`, `1d`. */
export type Duration =
  | `${number}${"ms" | "s" | "m" | "h" | "d" | "w"}`
  | `${number}${"s" | "m" | "h" | "d" | "w"}${number}${"ms" | "s" | "m" | "h"}`;

/** A condition: an expression, made of what the callback gets. */
export type Condition<W extends World> = (scope: Scope<W>) => Expr<boolean>;

/** A value with expressions in it: as it is, or made of what the callback gets. */
export type Said<W extends World, Value> = Value | ((scope: Scope<W>) => Value);

/** The world of a step with `each`. */
export type ItemWorld<W extends World, List, As extends string> = [List] extends [never] ? W : Knowing<W, ItemNames<ItemOf<List>, As>>;

/** All that `.step` takes: exactly one kind, what every step may carry, and where it stands. */
export type StepOptions<
  W extends World,
  Id extends string,
  Out,
  Agent,
  Skill,
  Schema,
  List,
  As extends string,
  Critical,
  Inner,
  To,
  Form,
  Strategy,
  From,
  Several,
> = Kind<ItemWorld<W, List, As>, Agent, Skill, Inner, To, Form, Strategy, From, Several> &
  Carried<ItemWorld<W, List, As>, Out, Schema, Critical> &
  Place<W, Out, List, As> & {
    /** Undoes the step when the run fails or is canceled after it completed; it may read the step's own result. */
    readonly compensate?: Undo<Seeing<W, { readonly [Key in Id]: Out }>>;
  } & { readonly needs?: Some<keyof W["steps"] & string> };

/** A nested step that stands in for a failed one. */
export type Handler<W extends World> = Kind<
  Knowing<W, ErrorNames>,
  AgentName<W["agents"]> | AgentObject,
  string,
  unknown,
  string | readonly string[],
  AnySchema,
  StrategyName,
  TemplateValue,
  readonly Participant<W>[]
> &
  Carried<Knowing<W, ErrorNames>, unknown, AnySchema, boolean> & {
    readonly [Key in keyof Place<W, unknown, never, string> | "needs" | "repair"]?: never;
  };

export type Undo<W extends World> = DelegateKind<W, AgentName<W["agents"]> | AgentObject, string> & { readonly output?: AnySchema };

type Some<Value> = Value | readonly Value[];

/** What every step may carry, wherever it stands. */
export type Carried<W extends World, Out, Schema, Critical> = {
  /** The contract of the output; its type is the type of `steps.….output`. */
  readonly output?: Schema;
  /** Business rules on the output. */
  readonly rules?: (scope: Scope<W> & { readonly output: Ref<Out> }) => Some<Expr<boolean>>;
  /** False: the run goes on without it, its output is null. */
  readonly critical?: Critical;
  readonly deadline?: Duration;
  readonly onError?: "fail" | Handler<W>;
  readonly onTimeout?: Handler<W>;
  readonly onInvalid?: "fail" | { readonly repair: number; readonly then?: Handler<W> } | Handler<W>;
  /** When a quorum cannot be reached any more. */
  readonly onDisagree?: Handler<W>;
};

/** When a step runs, and how often. */
export type Place<W extends World, Out, List, As> = {
  readonly if?: boolean | Condition<W>;
} & (
  | {
      /** The list of which each item is a subtask. */
      readonly each: (scope: Scope<W>) => List;
      /** The name of the item for expressions; `item` without it. Write it after `each`, and both before what reads it. */
      readonly as?: As;
      readonly concurrency?: number;
      readonly succeed?: Succeed<Out>;
    }
  | { readonly each?: never; readonly as?: never; readonly concurrency?: never; readonly succeed?: never }
);

type Within = { readonly within?: Duration };
type SucceedKey = "all" | "any" | "atLeast" | "first" | "quorum" | "on";
type SucceedRule<Rule> = Rule & Within & { readonly [Key in Exclude<SucceedKey, keyof Rule>]?: never };

/** When items or branches together have succeeded. */
export type Succeed<Out> =
  | "all"
  | "any"
  | SucceedRule<{ readonly all: true }>
  | SucceedRule<{ readonly any: true }>
  | SucceedRule<{ readonly atLeast: number | `${number}%` }>
  | SucceedRule<{ readonly first: number }>
  | SucceedRule<{ readonly quorum: number; readonly on: (scope: { readonly result: Ref<Out> }) => Expr<unknown> }>;

type Exactly<Key extends string, All extends string> = { readonly [Other in Exclude<All, Key>]?: never };
type KindKey =
  | "agent"
  | "capability"
  | "workflow"
  | "emit"
  | "parallel"
  | "steps"
  | "loop"
  | "handoff"
  | "plan"
  | "approval"
  | "aggregate"
  | "wait"
  | "set";
type Only<Key extends KindKey> = Exactly<Key, KindKey>;
type WorkKey = keyof Work<World> | keyof WorkHandlers<World> | "skill" | "with";
type NoWork = { readonly [Key in WorkKey]?: never };

type Kind<W extends World, Agent, Skill, Inner, To, Form, Strategy, From, Several> =
  | DelegateKind<W, Agent, Skill>
  | (Only<"parallel"> & ParallelKind<W, Inner, Several>)
  | (Only<"steps"> & NoWork & { readonly steps: (block: BlockIn<W>) => BlockOf<Inner> })
  | (Only<"loop"> & NoWork & { readonly loop: Loop<W, Inner>; readonly onExhausted?: Handler<W> })
  | (Only<"handoff"> &
      Work<W> &
      WorkHandlers<W> & {
        readonly skill?: never;
        readonly with?: Said<W, Parameters>;
        readonly handoff: Handoff<W>;
        /** When `max` turns are used up. */
        readonly onExhausted?: Handler<W>;
      })
  | (Only<"plan"> & Work<W> & WorkHandlers<W> & { readonly skill?: never; readonly with?: Said<W, Parameters>; readonly plan: Plan<W> })
  | (Only<"approval"> & NoWork & { readonly approval: Approval<W, To, Form> })
  | (Only<"aggregate"> & AggregateKind<W, Strategy, From>)
  | (Only<"wait"> & NoWork & { readonly wait: Wait<W> })
  | (Only<"set"> & NoWork & { readonly set: Said<W, { readonly [path: string]: TemplateValue }> });

/** `with`: an object of parameters, or one expression that gives it. */
export type Parameters = Expr<unknown> | { readonly [key: string]: TemplateValue | undefined };
type ParametersFor<Agents, Agent, Skill> =
  unknown extends TakenBy<Agents, Agent, Skill> ? Parameters : Templated<TakenBy<Agents, Agent, Skill>>;

export type DelegateKind<W extends World, Agent, Skill> =
  | (Only<"agent"> &
      Work<W> &
      WorkHandlers<W> & {
        /** A name of `agents`, or an agent itself. */
        readonly agent: Agent & (AgentName<W["agents"]> | AgentObject);
        readonly skill?: Skill & SkillOf<W["agents"], Agent>;
        readonly with?: Said<W, ParametersFor<W["agents"], Agent, Skill>>;
      })
  | (Only<"capability"> &
      Work<W> &
      WorkHandlers<W> & { readonly capability: string; readonly skill?: never; readonly with?: Said<W, Parameters> })
  | (Only<"workflow"> &
      Omit<Work<W>, "files"> &
      WorkHandlers<W> & {
        /** `name`, `name@range`, or a workflow of this program: its name and version. */
        readonly workflow: string | ChildWorkflow;
        readonly files?: never;
        readonly skill?: never;
        readonly with?: Said<W, Parameters>;
      })
  | (Only<"emit"> &
      Pick<Work<W>, "timeout" | "retry" | "limit"> &
      Pick<WorkHandlers<W>, "onUnknown" | "onRejected"> & { readonly emit: string | Emit<W> } & {
        readonly [Key in Exclude<WorkKey, "timeout" | "retry" | "limit" | "onUnknown" | "onRejected">]?: never;
      });

/** A workflow as the child of another: its name, and the version that this program has. */
export type ChildWorkflow = Buildable & { readonly name: string; readonly version: string | null };

/** How work is given to an agent. */
export type Work<W extends World> = {
  readonly text?: Said<W, string | Expr<string>>;
  readonly files?: Said<W, readonly TemplateValue[] | Expr<unknown>>;
  /** Of one attempt. */
  readonly timeout?: Duration;
  readonly retry?: Retry;
  /** Tried in order, once each, when the attempts are used up. */
  readonly fallback?: Some<string | AgentObject | Participant<W>>;
  readonly idle?: Duration;
  readonly ttl?: Duration;
  readonly conversation?: "fresh" | "loop" | "run" | "caller";
  readonly deliver?: "stream";
  readonly limit?: number | { readonly concurrency?: number; readonly rate?: `${number}/${"s" | "m" | "h"}` };
  readonly budget?: { readonly tokens?: number; readonly cost?: number };
  /** Paths of the run context that the agent may read, and may change. */
  readonly context?: { readonly read?: Some<string>; readonly write?: Some<string> };
};

type WorkHandlers<W extends World> = {
  readonly onRejected?: "fail" | "fallback" | Handler<W>;
  readonly onUnknown?: "fail" | "resend" | "ask" | Handler<W>;
  readonly onInputRequired?: "ask" | "fail" | Handler<W>;
  readonly onAuthRequired?: "ask" | "fail" | Handler<W>;
};

export type Retry = {
  /** All attempts, the first included. */
  readonly attempts?: number;
  readonly initial?: Duration;
  readonly factor?: number;
  readonly max?: Duration;
  readonly jitter?: "full" | "none";
};

/** Who takes part: an agent with one of its skills, or whoever has a capability. */
export type Participant<W extends World> = ParticipantOf<W["agents"]>;
export type ParticipantOf<Agents> =
  | { readonly agent: AgentName<Agents> | AgentObject; readonly skill?: string; readonly capability?: never; readonly workflow?: never }
  | { readonly capability: string; readonly agent?: never; readonly skill?: never; readonly workflow?: never }
  | { readonly workflow: string | ChildWorkflow; readonly agent?: never; readonly skill?: never; readonly capability?: never };

type ParallelKind<W extends World, Inner, Several> =
  | (Work<W> &
      WorkHandlers<W> & {
        readonly skill?: never;
        readonly with?: Said<W, Parameters>;
        readonly parallel: { readonly agents: Several; readonly branches?: never } & Join<W>;
      })
  | (NoWork & {
      readonly parallel: { readonly branches: (branches: BranchesIn<W>) => BlockOf<Inner>; readonly agents?: never } & Join<W>;
    });

type Join<W extends World> = { readonly succeed?: Succeed<unknown>; readonly onDisagree?: Handler<W> };

type Loop<W extends World, Inner> = {
  /** Iterations at most; 5 without it. */
  readonly max?: number;
  /** The inner steps. Write them before `until` and `score`, which read them. */
  readonly steps: (block: BlockIn<Knowing<W, IterNames>>) => BlockOf<Inner>;
  readonly onExhausted?: "fail" | "best" | "last";
} & (
  | { readonly until: Condition<Seeing<Knowing<W, IterNames>, Inner>>; readonly score?: never; readonly threshold?: never }
  | {
      readonly score: (scope: Scope<Seeing<Knowing<W, IterNames>, Inner>>) => Expr<number>;
      /** 0.9 without it. */
      readonly threshold?: number;
      readonly until?: never;
    }
);

type Handoff<W extends World> = {
  readonly agents:
    | readonly (AgentName<W["agents"]> | AgentObject | Participant<W>)[]
    | { readonly [id: string]: DelegateKind<W, AgentName<W["agents"]> | AgentObject, string> };
  /** The id of the first to work; the first in the list without it. */
  readonly start?: string;
  /** Turns in all; 10 without it. */
  readonly max?: number;
};

type Plan<W extends World> = Participant<W> & {
  readonly allow: readonly string[];
  readonly maxSubtasks?: number;
  readonly maxDepth?: number;
  readonly approve?: Approval<W, string | readonly string[], AnySchema>;
  readonly timeout?: Duration;
  readonly retry?: Retry;
};

type Approval<W extends World, To, Form> = {
  readonly to: To & Some<string>;
  readonly title: Said<W, string | Expr<string>>;
  readonly show?: Said<W, TemplateValue>;
  readonly form?: Form;
  readonly remind?: Duration;
  readonly escalate?: { readonly after: Duration; readonly to: Some<string> };
  readonly timeout?: Duration;
  readonly onTimeout?: "approve" | "reject" | "fail" | Handler<W>;
};

export type StrategyName = Exclude<(typeof AGGREGATE_STRATEGIES)[number], "expression">;

type OfItem<W extends World, From> = (scope: Scope<W> & { readonly item: Ref<ItemOf<From>> }) => Expr<unknown>;

type AggregateKind<W extends World, Strategy, From> =
  | (NoWork & { readonly aggregate: { readonly from: (scope: Scope<W>) => From } & Combining<W, Strategy, From> })
  | (Work<W> &
      WorkHandlers<W> & {
        readonly skill?: never;
        readonly with?: Said<W, Parameters>;
        readonly aggregate: Participant<W> & {
          readonly from: (scope: Scope<W>) => From;
          readonly strategy?: never;
          readonly value?: never;
          readonly key?: never;
          readonly by?: never;
        };
      });

type Combining<W extends World, Strategy, From> =
  | {
      readonly strategy: Strategy;
      readonly key?: OfItem<W, From>;
      readonly by?: OfItem<W, From>;
      readonly value?: never;
      readonly agent?: never;
      readonly capability?: never;
    }
  | {
      readonly value: (scope: Scope<W> & { readonly items: Ref<readonly ItemOf<From>[]> }) => Expr<unknown>;
      readonly strategy?: "expression";
      readonly key?: never;
      readonly by?: never;
      readonly agent?: never;
      readonly capability?: never;
    };

type Wait<W extends World> =
  | Duration
  | {
      readonly for: Duration | ((scope: Scope<W>) => Expr<string | number>);
      readonly until?: never;
      readonly signal?: never;
      readonly timeout?: never;
    }
  | {
      readonly until: string | ((scope: Scope<W>) => Expr<string>);
      readonly for?: never;
      readonly signal?: never;
      readonly timeout?: never;
    }
  | { readonly signal: string; readonly timeout?: Duration; readonly for?: never; readonly until?: never };

type Emit<W extends World> = {
  readonly event: string;
  readonly to?: "log" | `http${string}` | { readonly webhook: string };
  readonly data?: Said<W, TemplateValue>;
};
