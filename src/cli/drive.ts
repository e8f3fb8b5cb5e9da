/**
 * Drives a run from the command line: starts or finds it, watches it, and tells how it ended. When the
 * process that owned the database goes away, this one takes the run up.
 */
import { TuttiError } from "../base/errors.ts";
import type { RunHandle } from "../runtime/orchestrator.ts";
import { RunBoard } from "../runtime/board/run-board.ts";
import { spawnBackground } from "./background.ts";
import type { Cli } from "./cli.ts";
import { conclude } from "./conclude.ts";
import type { ExitCode } from "./exit-code.ts";
import { catchUp, follow, type FollowEnd } from "./follow.ts";
import { leftOverText } from "./left-over.ts";
import { logOf } from "./log.ts";
import { databaseHint, type DatabaseOption } from "./options.ts";
import { begin, type Order } from "./order.ts";
import { LineView } from "./progress/line-view.ts";
import { LiveView } from "./progress/live-view.ts";
import { noView, type Shown, type View } from "./progress/view.ts";
import { openDriver, type Session } from "./session.ts";
import { counted } from "./text.ts";

export type DriveOptions = DatabaseOption & {
  readonly watch?: boolean;
  readonly background?: boolean;
  readonly json?: boolean;
  /** Stop watching after so many milliseconds. */
  readonly wait?: number;
};

/** Drives the run to its end, or until there is a reason to stop watching it. */
export async function drive(cli: Cli, order: Order, options: DriveOptions): Promise<ExitCode> {
  const untilAt = options.wait === undefined ? null : Date.now() + options.wait;
  for (;;) {
    const code = await attend(cli, order, options, untilAt);
    if (code !== null) return code;
    cli.terminal.say("The process that owned the database has ended; this one takes the run up.");
  }
}

/** Starts or finds the run and watches it; null when the owner has gone and the run must be taken up. */
async function attend(cli: Cli, order: Order, options: DriveOptions, untilAt: number | null): Promise<ExitCode | null> {
  const openedAt = Date.now();
  const session = await openDriver(cli, order.db, logOf(cli, options.background === true));
  const foreign: string[] = [];
  try {
    tellLeftOvers(cli, session, order);
    const handle = await beginWithOwner(session, order);
    const end = handle === null ? "ownerGone" : await watch(cli, session, handle, options, untilAt);
    if (handle === null || end === "ownerGone") return null;
    const record = await session.orchestrator.record(handle.id);
    const code = await conclude(cli, end, { session, record, json: options.json === true, hint: databaseHint(options.db) });
    if (session.role === "owner") foreign.push(...(await runsGivenTo(session, handle.id, openedAt)));
    if (options.background === true) await stayFor(session, foreign.splice(0));
    return code;
  } finally {
    await session[Symbol.asyncDispose]();
    handOver(cli, session.db, foreign);
  }
}

/** Null when the owner went away before it took the order; the same order again is then the same run. */
async function beginWithOwner(session: Session, order: Order): Promise<RunHandle | null> {
  try {
    return await begin(session, order);
  } catch (error) {
    if (session.role === "guest" && error instanceof TuttiError && (error.code === "T5011" || error.code === "T5008")) return null;
    throw error;
  }
}

async function watch(cli: Cli, session: Session, handle: RunHandle, options: DriveOptions, untilAt: number | null): Promise<FollowEnd> {
  const { orchestrator } = session;
  const record = await orchestrator.record(handle.id);
  if (record.endedAt !== null) return "over";
  const definition = await orchestrator.host.definition(orchestrator.tenant, record.fingerprint);
  if (definition === null) throw new TuttiError("T5009", `The definition of run ${handle.id} is not in this database.`);
  if (session.role === "owner") {
    const state = await orchestrator.host.inspect(handle.run);
    const reason = orchestrator.registry.cannotBind(definition, state?.bindings ?? null);
    if (reason !== null)
      throw new TuttiError("T2106", `Run ${handle.id} cannot go on here: ${reason}.`, {
        help: "Bring it back, and try again; the run waits, unchanged.",
      });
  }
  const board = new RunBoard(definition);
  if (!handle.created) await catchUp(session, handle.run, board);
  const hint = session.role === "guest" ? "Ctrl-C stops watching, not the run" : "Ctrl-C stops here; nothing is lost";
  const view = viewOf(cli, options, { run: record.run.id, workflow: record.workflow, version: record.version, board, hint });
  view.begin();
  const onQuestion = options.background === true ? "stay" : cli.keyboard !== null && cli.terminal.isLive ? "ask" : "stop";
  return follow(cli, { session, run: handle.run, board, view, untilAt, onQuestion });
}

function viewOf({ terminal }: Cli, options: DriveOptions, shown: Shown): View {
  if (options.watch === false || options.background === true) return noView;
  return terminal.isLive ? new LiveView(terminal, shown) : new LineView(terminal, shown);
}

/** `Resumed  1 run  run_… (4 steps kept, 0 repeated, 1 A2A task re-attached: task_7f3a)`. */
function tellLeftOvers({ terminal }: Cli, { leftOvers }: Session, order: Order): void {
  const [first, ...others] = leftOvers.toSorted((left, right) => Number(right.run === order.id) - Number(left.run === order.id));
  if (first === undefined) return;
  terminal.say(`${terminal.paint("good", "Resumed")}  ${counted(leftOvers.length, "run")}  ${leftOverText(first)}`);
  for (const other of others.slice(0, OTHERS_TOLD)) terminal.say(`                ${leftOverText(other)}`);
  if (others.length > OTHERS_TOLD) terminal.say(`                and ${others.length - OTHERS_TOLD} more: tutti list --status running`);
}

const OTHERS_TOLD = 4;

/** Runs that other processes have given to this one, and that are not over. Sub-workflows go with the run above them. */
async function runsGivenTo({ orchestrator }: Session, own: string, openedAt: number): Promise<readonly string[]> {
  const { items } = await orchestrator.host.list({
    tenant: orchestrator.tenant,
    status: ["running", "waiting", "paused", "canceling"],
    limit: 100,
  });
  return items
    .filter((record) => record.parent === undefined && record.run.id !== own && record.createdAt >= openedAt)
    .map((record) => record.run.id);
}

async function stayFor({ orchestrator }: Session, runs: readonly string[]): Promise<void> {
  for (const id of runs) await (await orchestrator.open(id)).result();
}

/** One background process takes up what others have given to this one; it drives all of them. */
function handOver(cli: Cli, db: string, runs: readonly string[]): void {
  const [first] = runs;
  if (first === undefined || db === ":memory:") return;
  const { pid } = spawnBackground(cli, { db, run: first, words: [], input: null });
  cli.terminal.say(
    `${counted(runs.length, "other run")} of this database ${runs.length === 1 ? "goes" : "go"} on in the background, in process ${pid}.`,
  );
}
