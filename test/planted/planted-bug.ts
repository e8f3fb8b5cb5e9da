import type { SceneName } from "./scenes.ts";

/** A deliberate mistake in the engine, as an exact replacement of source text. */
export type PlantedBug = {
  readonly id: string;
  /** What the engine does wrong with it. */
  readonly sentence: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly text: string;
  readonly instead: string;
  /** Where it shows soonest: in a case of its own (scenes.ts); else in random ones. */
  readonly scene?: SceneName;
};
