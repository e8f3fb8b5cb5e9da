/** What a random definition is made with: chance, how many steps are left, and which parts of the language it uses. */
import { type Chance, isOneIn, some } from "./random-chance.ts";

export const KINDS = ["parallel", "steps", "loop", "handoff", "plan", "approval", "workflow", "emit", "aggregate", "wait", "set"] as const;
export type Kind = (typeof KINDS)[number];

const HABITS = [
  "each",
  "if",
  "optional",
  "fallback",
  "retry",
  "times",
  "contract",
  "handlers",
  "compensate",
  "context",
  "conversation",
  "limit",
  "unknown",
] as const;
/** A key, or a few that belong together, which any step may have. */
export type Habit = (typeof HABITS)[number];

/** Where a step stands: what it may read, and what it may be. */
export type Spot = {
  /** Earlier steps beside it, which it may need. */
  readonly beside: readonly string[];
  /** Steps further out that it may read. */
  readonly outer: readonly string[];
  /** How many steps are around it. */
  readonly depth: number;
  readonly isInLoop: boolean;
};

export type Draft = {
  readonly chance: Chance;
  /** What this definition may use: one that uses little goes deeper into it than one that uses everything. */
  readonly kinds: readonly Kind[];
  readonly habits: ReadonlySet<Habit>;
  /** Workflows that it may run as children. */
  readonly children: readonly string[];
  /** Steps whose output has a list under `items`. */
  readonly lists: Set<string>;
  /** Counts down; nothing with inner steps begins when it is used up. */
  left: number;
  /** Ids are never used twice, so no inner step hides an outer one. */
  lastId: number;
};

/** Most workflows are small: what is wrong shows in few steps, and thousands of them run in a second. */
export function draftOf(chance: Chance, children: readonly string[]): Draft {
  const isLarge = isOneIn(chance, 8);
  return {
    chance,
    kinds: some(chance, KINDS, 3).filter((kind) => kind !== "workflow" || children.length > 0),
    // What is optional lets a run get further, and what can be undone is needed where it does not.
    habits: new Set([...some(chance, HABITS, 3), ...some(chance, ["optional", "compensate"] as const, 2)]),
    children,
    lists: new Set(),
    left: isLarge ? 8 + chance.below(12) : 2 + chance.below(6),
    lastId: 0,
  };
}

export function nextId(draft: Draft): string {
  draft.lastId += 1;
  return `s${draft.lastId}`;
}

/** Whether the next step follows a habit of this definition. */
export function does({ chance, habits }: Draft, habit: Habit, oneIn = 2): boolean {
  return habits.has(habit) && isOneIn(chance, oneIn);
}
