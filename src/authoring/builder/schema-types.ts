import type { StandardSchemaV1 } from "@standard-schema/spec";

import type { JsonObject } from "../../base/json.ts";

/** A schema, wherever the language has one: any Standard Schema that can say itself as JSON Schema (zod 4, arktype), or JSON Schema. */
export type AnySchema = StandardSchemaV1 | JsonObject | boolean;

/** The type of a value that an agent or a person gives and the schema lets pass. Nothing is transformed. */
export type Given<Schema> = [Schema] extends [never]
  ? unknown
  : Schema extends StandardSchemaV1
    ? StandardSchemaV1.InferInput<Schema>
    : FromJsonSchema<Schema>;

/** The type of a run's input: what the schema lets pass, its defaults written in. */
export type Prepared<Schema> = [Schema] extends [never]
  ? unknown
  : Schema extends StandardSchemaV1
    ? StandardSchemaV1.InferOutput<Schema>
    : WithDefaults<Schema>;

/** The type that a JSON Schema describes, as far as the common keywords say it; else `unknown`. */
export type FromJsonSchema<Schema> = Schema extends { readonly const: infer Value }
  ? Value
  : Schema extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : Schema extends { readonly type: readonly (infer Type)[] }
      ? Type extends unknown
        ? FromType<Schema, Type>
        : never
      : Schema extends { readonly type: infer Type }
        ? FromType<Schema, Type>
        : unknown;

type FromType<Schema, Type> = Type extends "string"
  ? string
  : Type extends "number" | "integer"
    ? number
    : Type extends "boolean"
      ? boolean
      : Type extends "null"
        ? null
        : Type extends "array"
          ? Schema extends { readonly items: infer Items }
            ? readonly FromJsonSchema<Items>[]
            : readonly unknown[]
          : Type extends "object"
            ? FromObject<Schema, RequiredOf<Schema>>
            : unknown;

type RequiredOf<Schema> = Schema extends { readonly required: readonly (infer Name extends string)[] } ? Name : never;

type FromObject<Schema, Required extends string> = Schema extends { readonly properties: infer Properties }
  ? { readonly [Name in keyof Properties as Name extends Required ? Name : never]: FromJsonSchema<Properties[Name]> } & {
      readonly [Name in keyof Properties as Name extends Required ? never : Name]?: FromJsonSchema<Properties[Name]>;
    } & { readonly [Name in Exclude<Required, keyof Properties>]: unknown }
  : [Required] extends [never]
    ? unknown
    : { readonly [Name in Required]: unknown };

/** Defaults of the outermost level: deeper ones are written in too, but stay optional for the compiler. */
type WithDefaults<Schema> = Schema extends { readonly type: "object"; readonly properties: infer Properties }
  ? FromObject<Schema, RequiredOf<Schema> | NamesWithDefault<Properties>>
  : FromJsonSchema<Schema>;

type NamesWithDefault<Properties> = {
  [Name in keyof Properties]: Properties[Name] extends { readonly default: unknown } ? Name : never;
}[keyof Properties] &
  string;
