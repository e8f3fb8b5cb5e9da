import { frameOf, ownerOf, stepIdOf } from "./paths.ts";
import { plannedSteps, type Step, type Steps, type Workflow } from "./workflow.ts";

/** From a path of a run to what its workflow says there; what an agent has planned becomes a part of it. */
export class Places {
  readonly workflow: Workflow;
  readonly #planned = new Map<string, Steps>();
  readonly #found = new Map<string, Step | null>();

  constructor(workflow: Workflow) {
    this.workflow = workflow;
  }

  /** The step that a path executes; null when the workflow has none there. */
  stepAt(path: string): Step | null {
    const known = this.#found.get(path);
    if (known !== undefined) return known;
    const found = this.#find(path);
    this.#found.set(path, found);
    return found;
  }

  /** The steps that stand beside each other in a frame. */
  stepsIn(frame: string): Steps | null {
    if (frame === "") return this.workflow.steps;
    const owner = ownerOf(frame);
    return this.#planned.get(owner) ?? this.stepAt(owner)?.block ?? null;
  }

  /** An agent's plan is accepted. */
  plan(path: string, subtasks: readonly unknown[]): void {
    const holder = this.stepAt(path);
    if (holder !== null) this.#planned.set(path, plannedSteps(holder, subtasks));
  }

  #find(path: string): Step | null {
    const [frame, id] = [frameOf(path), stepIdOf(path)];
    const beside = this.stepsIn(frame)?.get(id);
    if (beside !== undefined || frame === "") return beside ?? null;
    return this.stepAt(ownerOf(frame))?.inner.get(id) ?? null;
  }
}
