import type { JsonObject } from "../../base/json.ts";
import type { Step } from "../../definition/definition.ts";
import type { DocumentPath } from "../../definition/problem.ts";
import type { Policies } from "../read-policy.ts";
import type { Reader } from "../reader.ts";

/** What the reader of a step knows of the file around it. */
export type StepSurroundings = {
  readonly path: DocumentPath;
  readonly policies: Policies;
  /** The names under `agents`, and those that the caller knows. */
  readonly agents: ReadonlySet<string>;
  /** The ids of all steps. */
  readonly steps: ReadonlySet<string>;
};

/** A kind of step: the keys that make a step of this kind, and how it is read. */
export type StepKind = {
  readonly keys: readonly string[];
  read(reader: Reader, object: JsonObject, surroundings: StepSurroundings): Step;
};
