import type { Definition, Step, Target } from "../../definition/definition.ts";
import { mapSteps } from "../../definition/walk.ts";

/**
 * The fallbacks of capabilities (requirements W042, W107). They are written into a definition when a
 * run of it begins, as all defaults are: so the history knows them, and a restart with another
 * registry does not change what the run does. A step's own `fallback` wins.
 */
export class Fallbacks {
  readonly #byCapability = new Map<string, Target>();
  /** Definitions never change, so each is completed once; compiling knows them by their identity. */
  #completed = new WeakMap<Definition, Definition>();

  set(capability: string, fallback: Target): void {
    this.#byCapability.set(capability, fallback);
    this.#completed = new WeakMap();
  }

  get(capability: string): Target | null {
    return this.#byCapability.get(capability) ?? null;
  }

  complete(definition: Definition): Definition {
    if (this.#byCapability.size === 0) return definition;
    const known = this.#completed.get(definition);
    if (known !== undefined) return known;
    const completed = mapSteps(definition, (step) => this.#completeStep(step));
    this.#completed.set(definition, completed);
    return completed;
  }

  #completeStep<Kind extends Step>(step: Kind): Kind {
    if (step.kind !== "delegate") return step;
    const fallback = step.target.kind === "capability" && step.fallback.length === 0 ? this.get(step.target.capability) : null;
    return fallback === null ? step : { ...step, fallback: [fallback] };
  }
}
