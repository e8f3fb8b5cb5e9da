import { Command, Option } from "commander";

import { TuttiError } from "../../base/errors.ts";
import { RunBoard } from "../../runtime/run-board.ts";
import type { RunHandle } from "../../runtime/orchestrator.ts";
import { spawnBackground, startInBackground } from "../background.ts";
import type { Cli } from "../cli.ts";
import { conclude } from "../conclude.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { catchUp, follow, type FollowEnd } from "../follow.ts";
import { leftOverText } from "../left-over.ts";
import { logOf } from "../log.ts";
import { agentOption, collect, databaseHint, described, duration, type Pairs, usageError, withDatabase, withJson } from "../options.ts";
import { begin, type Order, type OrderOptions, readOrder } from "../order.ts";
import { LineView } from "../progress/line-view.ts";
import { LiveView } from "../progress/live-view.ts";
import { noView, type Shown, type View } from "../progress/view.ts";
import { openDriver, ownerOf, type Session } from "../session.ts";
import { counted } from "../text.ts";

type RunOptions = OrderOptions & {
  readonly watch?: boolean;
  readonly detach?: boolean;
  readonly background?: boolean;
  readonly json?: boolean;
  readonly wait?: number;
};

export function runCommand(cli: Cli): Command {
  const command = described(new Command("run"), {
    what: "Run a workflow to its end, or go on with a run that exists.",
    example: "tutti run report.tutti.yaml -i region=EMEA -i month=2025-03",
  })
    .argument("[file|name]", "a workflow file, or its name here or in workflows/")
    .option("-i <key=value>", "set a property of the input; repeat it", collect)
    .option("--input <json|@file>", "the input as JSON; @- reads standard input")
    .option("--id <run>", "the id of the run; the same id is the same run")
    .option("--watch", "show progress on stderr (the default)")
    .option("--no-watch", "show no progress")
    .option("--detach", "let it go on in the background, and print its id")
    .option("--wait <duration>", "stop watching after a time, such as 30s", duration)
    .addOption(agentOption())
    .option("--label <key=value>", "a label to find the run by; repeat it", collect)
    .addOption(new Option("--background").hideHelp());
  return withJson(withDatabase(command)).action(async (named: string | undefined, options: RunOptions) => {
    cli.exit(await run(cli, named, options));
  });
}

async function run(cli: Cli, named: string | undefined, options: RunOptions): Promise<ExitCode> {
  if (options.detach === true && options.wait !== undefined) throw usageError("--detach and --wait contradict each other.");
  const order = await readOrder(cli, named, options);
  if (options.detach === true) return detach(cli, order, options);
  const untilAt = options.wait === undefined ? null : Date.now() + options.wait;
  for (;;) {
    const code = await attend(cli, order, options, untilAt);
    if (code !== null) return code;
    cli.terminal.say("The process that owned the database has ended; this one takes the run up.");
  }
}

/** Starts or finds the run and watches it; null when the owner has gone and the run must be taken up. */
async function attend(cli: Cli, order: Order, options: RunOptions, untilAt: number | null): Promise<ExitCode | null> {
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

async function watch(cli: Cli, session: Session, handle: RunHandle, options: RunOptions, untilAt: number | null): Promise<FollowEnd> {
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

function viewOf({ terminal }: Cli, options: RunOptions, shown: Shown): View {
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

async function detach(cli: Cli, order: Order, options: RunOptions): Promise<ExitCode> {
  const { terminal } = cli;
  const hint = databaseHint(options.db);
  const pid = await ownerOf(order.db);
  if (pid === null) {
    const input = order.kind === "start" ? JSON.stringify(order.input) : null;
    const started = await startInBackground(cli, { db: order.db, run: order.id, words: wordsOf(order, options), input });
    terminal.say(`Run ${order.id} goes on in the background, in process ${started.pid}; its log is ${started.logFile}.`);
  } else {
    await using session = await openDriver(cli, order.db);
    await begin(session, order);
    terminal.say(`Run ${order.id} goes on in process ${session.ownerPid ?? process.pid}.`);
  }
  terminal.say(`Watch it with: tutti run --id ${order.id}${hint}`);
  if (options.json === true) terminal.printJson({ run: order.id });
  else terminal.print(order.id);
  return EXIT.ok;
}

function wordsOf(order: Order, { agent = [], label = [] }: RunOptions): readonly string[] {
  if (order.kind === "continue") return [];
  const pairs = (flag: string, list: Pairs): readonly string[] => list.flatMap(([name, value]) => [flag, `${name}=${value}`]);
  return [order.file, ...pairs("--agent", agent), ...pairs("--label", label)];
}

/** Runs that other processes have given to this one, and that are not over. */
async function runsGivenTo({ orchestrator }: Session, own: string, openedAt: number): Promise<readonly string[]> {
  const { items } = await orchestrator.host.list({
    tenant: orchestrator.tenant,
    status: ["running", "waiting", "paused", "canceling"],
    limit: 100,
  });
  return items.filter((record) => record.run.id !== own && record.createdAt >= openedAt).map((record) => record.run.id);
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
