import { TuttiError } from "../../base/errors.ts";
import type { Json, JsonObject } from "../../base/json.ts";
import type { Definition } from "../../definition/definition.ts";
import { workflowFromObject } from "../file/workflow-from-object.ts";
import { AgentBook } from "./agent-book.ts";
import type { AgentObject } from "./agent-types.ts";
import type { Buildable, Nothing, Workflow } from "./block-types.ts";
import { schemaToJson } from "./schema-to-json.ts";
import type { AnySchema, Prepared } from "./schema-types.ts";
import { type Place, templateOf } from "./scope.ts";
import { type Options, stepToFile } from "./step-to-file.ts";
import type { Duration, Retry } from "./step-types.ts";
import { toPlain } from "./template.ts";

/** What a workflow carries besides its steps: the top-level keys of a file. */
export type WorkflowOptions<Schema> = {
  readonly version?: string;
  readonly description?: string;
  /** The run's input. Its defaults are written in; its type is the type of `input`. */
  readonly input?: Schema;
  /** Of the whole run, parked time included. */
  readonly timeout?: Duration;
  readonly defaults?: { readonly timeout?: Duration; readonly retry?: Retry };
  readonly budget?: {
    readonly attempts?: number;
    readonly subtasks?: number;
    readonly time?: Duration;
    readonly tokens?: number;
    readonly cost?: number;
    readonly depth?: number;
    readonly hops?: number;
    readonly onExceeded?: "fail" | "ask";
  };
  readonly usage?: { readonly tokens?: string; readonly cost?: string; readonly model?: string };
};

/**
 * Begins a workflow (requirement B012). Steps are added one by one, and `orchestrator.run` takes the
 * result; it is the same definition that a file gives.
 *
 * @example
 * const report = workflow("sales_report", { version: "1.0.0", input: z.object({ region: z.string() }) })
 *   .step("data", { capability: "data_query", with: ({ input }) => ({ region: input.region }), output: Sales })
 *   .step("report", { capability: "report", with: ({ steps }) => ({ rows: steps.data.output.rows }) })
 *   .output(({ steps }) => ({ report: steps.report.output }));
 */
export function workflow<const Schema extends AnySchema = never>(
  name: string,
  options: WorkflowOptions<Schema> = {},
): Workflow<Prepared<Schema>, Nothing, Nothing, unknown> {
  const { input, ...plain } = options;
  const head = { name, ...(toPlain(plain, name) as JsonObject), ...(input === undefined ? {} : { input: schemaToJson(input, "input") }) };
  const draft: unknown = new WorkflowDraft({ head, agents: new AgentBook(), steps: [], output: undefined });
  // The types say what has been built so far; a draft has no types of its own.
  return draft as Workflow<Prepared<Schema>, Nothing, Nothing, unknown>;
}

type State = {
  readonly head: JsonObject & { readonly name: string };
  readonly agents: AgentBook;
  readonly steps: readonly (readonly [string, JsonObject])[];
  readonly output: Json | undefined;
};

/** A workflow under construction, without its types. It never changes: each call gives another one. */
export class WorkflowDraft implements Buildable {
  readonly #state: State;
  #built: Definition | null = null;

  constructor(state: State) {
    this.#state = state;
  }

  get name(): string {
    return this.#state.head.name;
  }

  get version(): string | null {
    const { version } = this.#state.head;
    return typeof version === "string" ? version : null;
  }

  step(id: string, options: Options): WorkflowDraft {
    const { steps } = this.#state;
    if (steps.some(([other]) => other === id))
      throw new TuttiError("T1014", `There is a step "${id}" already.`, { help: "Choose another id." });
    const place = this.#place(`steps.${id}`);
    return this.#with({ agents: place.agents, steps: [...steps, [id, stepToFile(id, options, place)]] });
  }

  agents(declared: Options): WorkflowDraft {
    const agents = this.#state.agents.copy();
    for (const [name, agent] of Object.entries(declared)) agents.declare(name, agent);
    return this.#with({ agents });
  }

  output(make: unknown): WorkflowDraft {
    return this.#with({ output: templateOf(make, this.#place("output")) });
  }

  get agentObjects(): ReadonlyMap<string, AgentObject> {
    return this.#state.agents.objects();
  }

  get children(): readonly Buildable[] {
    return this.#state.agents.children();
  }

  get definition(): Definition {
    return this.build();
  }

  toFile(): JsonObject {
    const { head, agents, steps, output } = this.#state;
    const places = agents.toFile();
    return {
      tutti: "1.0",
      ...head,
      ...(Object.keys(places).length === 0 ? {} : { agents: places }),
      steps: Object.fromEntries(steps),
      ...(output === undefined ? {} : { output }),
    };
  }

  build(): Definition {
    return (this.#built ??= workflowFromObject(this.toFile()));
  }

  #with(change: Partial<State>): WorkflowDraft {
    return new WorkflowDraft({ ...this.#state, ...change });
  }

  /** A place that sees all steps so far; the agents that it meets belong to the next draft. */
  #place(where: string): Place {
    const { agents, steps } = this.#state;
    return { agents: agents.copy(), steps: steps.map(([id]) => id), names: [], where };
  }
}
