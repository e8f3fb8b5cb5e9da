import { TuttiError } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import { inside, type Place } from "./scope.ts";
import { type Options, stepToFile } from "./step-to-file.ts";

/** Inner steps under construction, without their types. Branches do not see each other: `isOpen` is false. */
export class BlockDraft {
  readonly #place: Place;
  readonly #steps: readonly (readonly [string, JsonObject])[];

  constructor(place: Place, steps: readonly (readonly [string, JsonObject])[] = []) {
    this.#place = place;
    this.#steps = steps;
  }

  /** What a callback makes of an empty block. */
  static fill(make: unknown, place: Place): BlockDraft {
    const made: unknown = typeof make === "function" ? (make as (empty: BlockDraft) => unknown)(new BlockDraft(place)) : null;
    if (made instanceof BlockDraft) return made;
    throw new TuttiError("T1011", `${place.where} must be a callback that returns its block of steps.`, {
      help: "Write (block) => block.step(…).step(…).",
    });
  }

  step(id: string, options: Options): BlockDraft {
    if (this.#place.steps.includes(id) || this.ids.includes(id))
      throw new TuttiError("T1014", `There is a step "${id}" in sight of ${this.#place.where} already.`, { help: "Choose another id." });
    const place = inside(this.#place, { steps: this.ids, at: id });
    return new BlockDraft(this.#place, [...this.#steps, [id, stepToFile(id, options, place)]]);
  }

  get ids(): readonly string[] {
    return this.#steps.map(([id]) => id);
  }

  toFile(): JsonObject {
    return Object.fromEntries(this.#steps);
  }
}
