import type { Json } from "../../base/json.ts";

declare const VALUE: unique symbol;

/**
 * An expression, and the type of what it gives in a run. It is made while a workflow is written, and
 * holds no value. `Expr<never>` is one of which nothing is known: it fits everywhere.
 */
export type Expr<out Value> = { readonly [VALUE]: () => Value };

/** A JSON value in which any part may be an expression. Keys with `undefined` are left out. */
export type TemplateValue =
  | null
  | boolean
  | number
  | string
  | Expr<unknown>
  | readonly TemplateValue[]
  | { readonly [key: string]: TemplateValue | undefined };

/** A value of this type, in which any part may be an expression. */
export type Templated<Value> = IsLoose<Value> extends true ? TemplateValue : Expr<Value> | TemplatedParts<Value>;

type TemplatedParts<Value> = Value extends readonly (infer Item)[]
  ? readonly Templated<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Templated<Value[Key]> }
    : Value;

/** What a template gives in a run. */
export type Resolved<Value> = [TemplateValue] extends [Value] ? unknown : ResolvedPart<Value>;

type ResolvedPart<Value> =
  Value extends Expr<infer Inner>
    ? [Inner] extends [never]
      ? unknown
      : Inner
    : Value extends readonly unknown[]
      ? { readonly [Index in keyof Value]: Resolved<Value[Index]> }
      : Value extends object
        ? { readonly [Key in keyof Value]: Resolved<Value[Key]> }
        : Value;

/** True for types that say nothing: `unknown`, `any`, `never`, and JSON itself. */
export type IsLoose<Value> = [Json] extends [Value] ? true : [Value] extends [never] ? true : false;

/**
 * A typed reference: its fields are the fields of the value, and its methods those of the expression
 * language. Reading a field makes a longer reference; nothing is computed.
 */
export type Ref<Value> = IsLoose<Value> extends true ? Loose : Expr<Value> & OrValue<Value> & Members<NonNullable<Value>, Gap<Value>>;

/**
 * A reference to something whose type nobody has said: everything may be read of it. `as<Type>()` says
 * the type; nothing checks it, as an `output` schema would.
 */
export type Loose = Expr<never> & OrValue<unknown> & { as<Value>(): Ref<Value> } & LooseMembers;

type LooseMembers = {
  (...values: readonly (TemplateValue | ((item: Loose) => TemplateValue))[]): Loose;
  readonly [key: string]: Loose;
};

/** What may be missing on the way to a value is missing in its parts. */
type Gap<Value> = Extract<Value, null | undefined>;

type OrValue<Value> = {
  /** The value, or this one where a part of the way to it is missing (a skipped step, an optional field). Null is a value. */
  orValue<const Other extends TemplateValue>(other: Other): Ref<Exclude<Value, undefined> | Widened<Resolved<Other>>>;
};

type Widened<Value> = Value extends string ? string : Value extends number ? number : Value extends boolean ? boolean : Value;

type Members<Value, Missing> = [Value] extends [readonly (infer Item)[]]
  ? ListMembers<Item, Missing>
  : [Value] extends [string]
    ? TextMembers
    : [Value] extends [object]
      ? { readonly [Key in KeyOf<Value>]: Ref<FieldOf<Value, Key> | Missing> }
      : unknown;

type KeyOf<Value> = Value extends unknown ? keyof Value : never;
type FieldOf<Value, Key> = Value extends unknown ? (Key extends keyof Value ? Value[Key] : undefined) : never;

type Test<Item> = (item: Ref<Item>) => Expr<boolean>;

type ListMembers<Item, Missing> = {
  readonly [index: number]: Ref<Item | Missing>;
  size(): Ref<number>;
  map<const Made extends TemplateValue>(make: (item: Ref<Item>) => Made): Ref<readonly Resolved<Made>[]>;
  filter(test: Test<Item>): Ref<readonly Item[]>;
  all(test: Test<Item>): Ref<boolean>;
  exists(test: Test<Item>): Ref<boolean>;
  exists_one(test: Test<Item>): Ref<boolean>;
  join(separator?: Given<string>): Ref<string>;
};

type Given<Value> = Value | Expr<Value>;

type TextMembers = {
  size(): Ref<number>;
  contains(part: Given<string>): Ref<boolean>;
  startsWith(part: Given<string>): Ref<boolean>;
  endsWith(part: Given<string>): Ref<boolean>;
  matches(pattern: Given<string>): Ref<boolean>;
  indexOf(part: Given<string>, from?: Given<number>): Ref<number>;
  lastIndexOf(part: Given<string>, from?: Given<number>): Ref<number>;
  lowerAscii(): Ref<string>;
  upperAscii(): Ref<string>;
  trim(): Ref<string>;
  substring(from: Given<number>, to?: Given<number>): Ref<string>;
  replace(part: Given<string>, by: Given<string>, limit?: Given<number>): Ref<string>;
  split(separator: Given<string>, limit?: Given<number>): Ref<readonly string[]>;
};
