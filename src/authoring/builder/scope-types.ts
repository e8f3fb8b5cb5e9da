import type { Loose, Ref, IsLoose } from "./expression-types.ts";

/** What the steps of a block can see, as types: never a value. */
export type World = {
  readonly input: unknown;
  /** Outputs by step. */
  readonly steps: object;
  /** Agents by logical name. */
  readonly agents: object;
  /** Further names with their references: an item, `iter`, `error`. */
  readonly names: object;
};

/** A world, of its parts. */
export type WorldOf<Input, Steps extends object, Agents extends object, Names extends object> = {
  readonly input: Input;
  readonly steps: Steps;
  readonly agents: Agents;
  readonly names: Names;
};

/** The world with more steps in it. */
export type Seeing<W extends World, Steps> = {
  readonly input: W["input"];
  readonly steps: W["steps"] & Steps;
  readonly agents: W["agents"];
  readonly names: W["names"];
};

/** The world with more names in it. */
export type Knowing<W extends World, Names> = {
  readonly input: W["input"];
  readonly steps: W["steps"];
  readonly agents: W["agents"];
  readonly names: W["names"] & Names;
};

/** What a callback gets: one reference for each name of the expression language that has a value at its place. */
export type Scope<W extends World> = {
  readonly input: Ref<W["input"]>;
  readonly steps: { readonly [Id in keyof W["steps"]]: StepRef<W["steps"][Id]> };
  readonly context: Loose;
  readonly run: { readonly id: Ref<string>; readonly started_at: Ref<string> };
} & W["names"];

/** A step that is over (workflow-language.md, What goes out and what comes back). */
export type StepRef<Output> = {
  readonly output: Ref<Output>;
  readonly text: Ref<string>;
  readonly data: Loose;
  readonly artifacts: Loose;
  readonly status: Ref<"completed" | "skipped" | "failed" | "canceled">;
  readonly error: Loose;
  readonly errors: Loose;
  readonly attempts: Ref<number>;
  readonly agent: Ref<string>;
  readonly usage: Loose;
  readonly agreed: Loose;
};

/** In a loop: the number of the iteration, and the steps of the one before it (null in the first). */
export type IterNames = { readonly iter: { readonly number: Ref<number>; readonly prev: Loose } };

/** In a handler: why the step failed. `question` is there when an agent asked. */
export type ErrorNames = {
  readonly error: {
    readonly reason: Ref<string>;
    readonly code: Ref<string>;
    readonly message: Ref<string>;
    readonly details: Loose;
    readonly question: Loose;
  };
};

/** In an `each`: the item under its name, and its place. */
export type ItemNames<Item, As extends string> = { readonly [Name in As]: Ref<Item> } & { readonly index: Ref<number> };

/** The outputs of steps, as the output of the step that holds them. */
export type Outputs<Steps> = IsLoose<Steps> extends true ? unknown : { readonly [Id in keyof Steps]: Steps[Id] };
