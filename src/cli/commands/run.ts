import { Command, Option } from "commander";

import { startInBackground } from "../background.ts";
import type { Cli } from "../cli.ts";
import { drive, type DriveOptions } from "../drive.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { agentOption, collect, databaseHint, described, duration, type Pairs, usageError, withDatabase, withJson } from "../options.ts";
import { begin, type Order, type OrderOptions, readOrder } from "../order.ts";
import { openDriver, ownerOf } from "../session.ts";

type RunOptions = OrderOptions & DriveOptions & { readonly detach?: boolean };

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
  return drive(cli, order, options);
}

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
  if (order.kind !== "start") return [];
  const pairs = (flag: string, list: Pairs): readonly string[] => list.flatMap(([name, value]) => [flag, `${name}=${value}`]);
  return [order.file, ...pairs("--agent", agent), ...pairs("--label", label)];
}
