import type { Definition, Step, Target } from "../definition/definition.ts";

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
    const steps = Object.entries(definition.steps).map(([id, step]) => [id, this.#completeStep(step)] as const);
    const completed = { ...definition, steps: Object.fromEntries(steps) };
    this.#completed.set(definition, completed);
    return completed;
  }

  #completeStep(step: Step): Step {
    const fallback = step.target.kind === "capability" && step.fallback.length === 0 ? this.get(step.target.capability) : null;
    return fallback === null ? step : { ...step, fallback: [fallback] };
  }
}
