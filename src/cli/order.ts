import { TuttiError } from "../base/errors.ts";
import { parseRunId, type RunId } from "../base/ids.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Definition } from "../definition/definition.ts";
import { prepareInput } from "../definition/run-input.ts";
import type { ForkOptions } from "../runtime/fork/fork-run.ts";
import { createRunId, type RunHandle } from "../runtime/orchestrator.ts";
import type { GivenWorkflow } from "../runtime/workflows/versions.ts";
import type { Cli } from "./cli.ts";
import { databasePath, loadConfig } from "./config.ts";
import { nameOfUser } from "./name-of-user.ts";
import { type Pairs, usageError } from "./options.ts";
import { findRun } from "./run-id.ts";
import { type InputOptions, readRunInput } from "./run-input.ts";
import type { Session } from "./session.ts";
import { loadWorkflow } from "./workflow-file.ts";
import { loadBelow, rooted } from "./workflows-below.ts";

/** What `tutti run` is asked to do: start a workflow under an id, or go on with a run that exists. */
export type Order =
  | {
      readonly kind: "start";
      readonly db: string;
      readonly id: RunId;
      readonly definition: Definition;
      readonly file: string;
      readonly input: Json;
      readonly bindings: JsonObject;
      /** The files of its sub-workflows. */
      readonly workflows: readonly GivenWorkflow[];
      readonly labels: { readonly [name: string]: string };
    }
  | { readonly kind: "continue"; readonly db: string; readonly id: string }
  /** A new run that goes on from a finished one. */
  | {
      readonly kind: "retry" | "fork";
      readonly db: string;
      readonly id: RunId;
      /** The finished run. */
      readonly run: string;
      readonly bindings: JsonObject;
      readonly options: ForkOptions;
    };

export type OrderOptions = InputOptions & {
  readonly id?: string;
  readonly db?: string;
  readonly agent?: Pairs;
  readonly label?: Pairs;
};

/** Reads everything that can be wrong before anything is opened. */
export async function readOrder(cli: Cli, named: string | undefined, options: OrderOptions): Promise<Order> {
  if (named === undefined) return continued(cli, options);
  const given = options.agent ?? [];
  const { definition, bindings, config, file, folder } = await loadWorkflow(cli, named, given);
  const workflows = await loadBelow(cli, { definition, folder, config }, given);
  const prepared = prepareInput(definition, await readRunInput(cli, options, definition.input));
  if (!prepared.ok) throw prepared.error;
  const db = databasePath(options.db, cli.environment, { directory: cli.directory, config });
  return {
    kind: "start",
    db,
    id: readId(options.id),
    definition: rooted(definition, folder),
    file,
    input: prepared.value,
    bindings,
    workflows,
    labels: Object.fromEntries(options.label ?? []),
  };
}

async function continued(cli: Cli, options: OrderOptions): Promise<Order> {
  if (options.id === undefined) throw usageError("Say which workflow: a file or a name; or --id of a run to go on with.");
  const startOnly = { "-i": options.i, "--input": options.input, "--agent": options.agent, "--label": options.label };
  const odd = Object.entries(startOnly).find(([, value]) => value !== undefined)?.[0];
  if (odd !== undefined) throw usageError(`${odd} belongs to the start of a run; without a workflow, --id goes on with a run as it is.`);
  const config = await loadConfig(cli.directory);
  return { kind: "continue", db: databasePath(options.db, cli.environment, { directory: cli.directory, config }), id: options.id };
}

export function readId(given: string | undefined): RunId {
  if (given === undefined) return createRunId();
  const parsed = parseRunId(given);
  if (parsed.ok) return parsed.value;
  throw new TuttiError("T2002", parsed.error);
}

/** Starts the run, or finds it. */
export async function begin({ orchestrator }: Session, order: Order): Promise<RunHandle> {
  if (order.kind === "continue") return orchestrator.open((await findRun(orchestrator, order.id)).run.id);
  if (order.kind !== "start") {
    const options = { ...order.options, id: order.id, bindings: order.bindings, draft: true, by: nameOfUser() };
    return order.kind === "retry" ? orchestrator.retry(order.run, options) : orchestrator.fork(order.run, options);
  }
  const { definition, input, id, bindings, labels, workflows } = order;
  // A file is under development: edited without a new version, it runs all the same.
  return orchestrator.start(definition, input, { id, bindings, labels, workflows, draft: true, by: nameOfUser() });
}
