import { Command } from "commander";

import type { HistoryEntry } from "../../ports/host.ts";
import type { Fact } from "../../scheduler/index.ts";
import type { Cli } from "../cli.ts";
import { databaseOf } from "../database.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { type DatabaseOption, described, type JsonOption, wholeNumber, withDatabase, withJson } from "../options.ts";
import { findRun } from "../run-id.ts";
import { openReader } from "../session.ts";
import { clean, cut, pad } from "../text.ts";

type HistoryOptions = DatabaseOption & JsonOption & { readonly follow?: boolean; readonly from: number };

const FACTS_PER_PAGE = 1_000;
const KIND_COLUMNS = 18;
const DETAIL_COLUMNS = 120;

export function historyCommand(cli: Cli): Command {
  const command = described(new Command("history"), {
    what: "Print the facts of a run, oldest first.",
    example: "tutti history @latest --follow --json",
  })
    .argument("<run>", "an id, its beginning, @latest or @failed")
    .option("--follow", "print what comes, until the run is over")
    .option("--from <seq>", "begin at this sequence number", wholeNumber, 1);
  return withJson(withDatabase(command), "one JSON document a line: {seq, …fact}").action(async (named: string, options: HistoryOptions) =>
    cli.exit(await history(cli, named, options)),
  );
}

async function history(cli: Cli, named: string, options: HistoryOptions): Promise<ExitCode> {
  await using session = openReader(cli, await databaseOf(cli, options));
  const { orchestrator } = session;
  const { run } = await findRun(orchestrator, named);
  const print = (entry: HistoryEntry): void =>
    cli.terminal.print(options.json === true ? JSON.stringify({ seq: entry.seq, ...entry.fact }) : lineOf(entry));
  if (options.follow !== true) {
    for (let seq = options.from; ;) {
      const entries = await orchestrator.host.history(run, seq, FACTS_PER_PAGE);
      entries.forEach(print);
      if (entries.length < FACTS_PER_PAGE) return EXIT.ok;
      seq += entries.length;
    }
  }
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once("SIGINT", interrupt);
  for await (const entry of orchestrator.host.watch(run, options.from, stop.signal)) if (entry.kind === "fact") print(entry);
  process.off("SIGINT", interrupt);
  return stop.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

function lineOf({ seq, fact }: HistoryEntry): string {
  const { kind, at, ...rest } = fact;
  const place = "path" in fact ? fact.path : "step" in fact ? fact.step : "";
  return `${String(seq).padStart(5)}  ${new Date(at).toISOString()}  ${pad(kind, KIND_COLUMNS)}  ${pad(place, 16)}  ${detailOf(fact, rest)}`.trimEnd();
}

/** What is new in a fact, as `name=value`; its place stands in a column of its own. */
function detailOf(fact: Fact, rest: object): string {
  const shown = Object.entries(rest).filter(
    ([name]) => name !== "path" && name !== "step" && !(name === "turn" && "turn" in fact && fact.turn === 1),
  );
  return cut(
    clean(shown.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ")),
    DETAIL_COLUMNS,
  );
}
