import type { AnswerOf } from "./agent-types.ts";
import type { Resolved } from "./expression-types.ts";
import type { Given } from "./schema-types.ts";
import type { Outputs } from "./scope-types.ts";

/** The output of a step, as far as its options say it: the schema first, then what the kind gives. */
export type OutputOf<Agents, Agent, Skill, Schema, Inner, To, Form, Strategy, From, Several> = [Several] extends [never]
  ? [Schema] extends [never]
    ? OutputOfKind<Agents, Agent, Skill, Inner, To, Form, Strategy, From>
    : Given<Schema>
  : { readonly [Id in BranchId<Several>]: Given<Schema> | null };

type OutputOfKind<Agents, Agent, Skill, Inner, To, Form, Strategy, From> = [Inner] extends [never]
  ? [To] extends [never]
    ? [Strategy] extends [never]
      ? AnswerOf<Agents, Agent, Skill>
      : Aggregated<Strategy, From>
    : Decision<Form>
  : Outputs<Inner>;

/** The output of an approval. */
export type Decision<Form> = {
  readonly decision: "approved" | "rejected";
  readonly by: string;
  readonly decided_at: string;
  readonly form: Given<Form>;
};

type Aggregated<Strategy, From> = Strategy extends "count" | "sum" | "average"
  ? number
  : Strategy extends "first" | "best" | "majority"
    ? ItemOf<From>
    : Strategy extends "list"
      ? readonly ItemOf<From>[]
      : Strategy extends "dict"
        ? { readonly [key: string]: ItemOf<From> }
        : unknown;

/** An item of a list, or a value of an object, that an expression gives. */
export type ItemOf<List> =
  Resolved<List> extends infer Value
    ? Value extends readonly (infer Item)[]
      ? Item
      : Value extends object
        ? Value[keyof Value]
        : unknown
    : never;

/** The output as other steps see it: a list for an `each`, null where a failure is tolerated. */
export type Seen<Out, List, Critical> = [List] extends [never] ? Tolerated<Out, Critical> : readonly Tolerated<Out, Critical>[];
type Tolerated<Out, Critical> = false extends Critical ? Out | null : Out;

/** The ids of branches that are named after their agents. */
type BranchId<Several> = Several extends readonly (infer One)[] ? IdOf<NameOf<One>> : never;
type NameOf<One> = One extends string
  ? One
  : One extends { readonly name: infer Name extends string }
    ? Name
    : One extends { readonly agent: infer Agent }
      ? NameOf<Agent>
      : One extends { readonly capability: infer Name extends string }
        ? Name
        : string;
type IdOf<Name extends string> = string extends Name ? string : Lowercase<Replaced<Name>>;
type Replaced<Name extends string> = Name extends `${infer Before}${"-" | "."}${infer After}` ? `${Before}_${Replaced<After>}` : Name;
