import type { Json, JsonObject } from "../../base/json.ts";
import type { Step } from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import type { Policies } from "../file/read-policy.ts";
import type { Reader } from "../file/reader.ts";

/** What the reader of a step knows of the file around it. */
export type StepSurroundings = {
  readonly path: DocumentPath;
  readonly policies: Policies;
  /** The names under `agents`, and those that the caller knows. */
  readonly agents: ReadonlySet<string>;
  /** The steps that `needs` may name. */
  readonly visible: Visible;
  /** How many steps are around this one. */
  readonly depth: number;
  readonly isInLoop: boolean;
  /** Reads a step inside of this one. Given, because the kinds do not know each other. */
  readonly readStep: (reader: Reader, value: Json | undefined, surroundings: StepSurroundings) => Step | null;
};

/** Step ids by level, from the inside out. A chain, since a set of all of them for each step would grow with the square. */
export type Visible = {
  readonly ids: ReadonlySet<string>;
  /** Branches run at the same time, so none can wait for another. */
  readonly areBranches: boolean;
  readonly outer: Visible | null;
};

/** A kind of step: the keys that make a step of this kind, and how it is read. */
export type StepKind = {
  readonly keys: readonly string[];
  /** The keys that it may carry besides those of every step (`COMMON_KEYS`). */
  readonly besides: readonly string[];
  /** The keys of the object behind its own key. */
  readonly inside: readonly string[];
  read(reader: Reader, object: JsonObject, surroundings: StepSurroundings): Step | null;
};
