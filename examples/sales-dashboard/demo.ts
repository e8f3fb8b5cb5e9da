/**
 * The weekly sales dashboard from end to end: `npm run demo [-- --crash] [-- --input orders.csv]`.
 * Five agents as processes of their own, the `tutti` command as another, and with `--crash` a SIGKILL
 * for that one while an agent is at work. This program only starts, watches, tells and tidies up.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { auditCrash } from "./demo/audit.ts";
import { startFleet, type Fleet } from "./demo/fleet.ts";
import { readHistory, startOrchestrator, type Ended, type RunOrder } from "./demo/orchestrator.ts";
import { presentAudit, presentHistory, presentResult, RunResult } from "./demo/present.ts";
import { bad, bold, dim, heading, repairTerminal, say } from "./demo/terminal.ts";
import { readJournal } from "./lib/work.ts";

const USAGE = `Usage: npm run demo [-- OPTIONS]

  --crash          kill the orchestrator in the middle, start it again, and audit what that cost
  --input FILE     a CSV of orders with the columns of the sample
  --week WEEK      such as 2025-W14; the latest whole week by default
  --region REGION  EMEA, AMER, APAC or LATAM; all by default

  npm run demo -- --crash --region EMEA`;

/** How long each step takes at least, so that a person can follow: TUTTI_DEMO_PACE_MS says otherwise. */
const PACE_MS = 600;
/** With a crash there is more to see. */
const CRASH_PACE_MS = 1_200;
const CRASH_PATIENCE_MS = 60_000;
const LOOK_MS = 20;

/** A workplace of its own for each demo: database, journal, logs and all that the agents write. */
type Place = { readonly run: string; readonly workspace: string; readonly folder: string; readonly database: string };

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) return 2;
  const place = makePlace();
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());

  heading("Weekly sales dashboard");
  const paceMs = Number(process.env["TUTTI_DEMO_PACE_MS"] ?? (options.crash ? CRASH_PACE_MS : PACE_MS));
  await using fleet = await startFleet({ ...place, paceMs });
  tellFleet(fleet);
  const order: RunOrder = { run: place.run, database: place.database, input: options.input, endpoints: fleet.endpoints };
  // Awaited here: the agents must not be stopped before the run is over.
  return options.crash ? await runWithCrash(order, place, stop.signal) : finish(await runToEnd(order, stop.signal), stop.signal);
}

function readOptions(): { readonly crash: boolean; readonly input: RunOrder["input"] } | null {
  try {
    const { values } = parseArgs({
      options: {
        crash: { type: "boolean", default: false },
        input: { type: "string" },
        week: { type: "string", default: "latest" },
        region: { type: "string", default: "all" },
        help: { type: "boolean", short: "h" },
      },
    });
    const csv = values.input === undefined ? "sample" : resolve(values.input);
    if (values.help !== true && (csv === "sample" || existsSync(csv))) {
      return { crash: values.crash, input: { csv, week: values.week, region: values.region } };
    }
    if (values.help !== true) say(bad(`There is no file ${csv}.`));
  } catch (error) {
    say(bad(error instanceof Error ? error.message : String(error)));
  }
  say(USAGE);
  return null;
}

function makePlace(): Place {
  const workspace = fileURLToPath(new URL("./out", import.meta.url));
  const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  const run = `sales-${stamp}-${randomBytes(2).toString("hex")}`;
  const folder = join(workspace, run);
  mkdirSync(folder, { recursive: true });
  return { run, workspace, folder, database: join(folder, "tutti.db") };
}

function tellFleet(fleet: Fleet): void {
  for (const { name, url, pid } of fleet.endpoints) say(`  ${name.padEnd(10)} ${url} ${dim(`process ${pid}`)}`);
  say();
}

/** Runs the orchestrator to its end; a Ctrl-C ends it first. */
async function runToEnd(order: RunOrder, stop: AbortSignal): Promise<Ended> {
  const { child, ended } = startOrchestrator(order);
  const kill = (): void => void child.kill("SIGTERM");
  stop.addEventListener("abort", kill, { once: true });
  if (stop.aborted) kill();
  const end = await ended;
  stop.removeEventListener("abort", kill);
  return end;
}

async function runWithCrash(order: RunOrder, place: Place, stop: AbortSignal): Promise<number> {
  const gone = new AbortController();
  const { child, ended } = startOrchestrator(order);
  child.once("exit", () => gone.abort());
  const reached = await waitUntilAtWork("analytics", place, AbortSignal.any([stop, gone.signal]));
  child.kill(reached ? "SIGKILL" : "SIGTERM");
  const end = await ended;
  repairTerminal();
  if (!reached || end.signal !== "SIGKILL") {
    if (!stop.aborted) say(bad("The run ended before the crash was due."));
    return finish(end, stop);
  }
  say(bold(bad(`  SIGKILL to the orchestrator, process ${child.pid}, while "analytics" was at work.`)));
  const before = await readHistory(order.run, order.database);
  presentHistory(before);
  say(dim("  Starting it again, with the same id:"));
  say();
  const code = finish(await runToEnd(order, stop), stop);
  if (code !== 0) return code;
  const after = await readHistory(order.run, order.database);
  return presentAudit(auditCrash({ before, after, journal: readJournal(join(place.folder, "journal.jsonl")) })) ? 0 : 1;
}

/**
 * True once the agent is in the second stage of its work, by its own journal. The steps before it are
 * then durable, or it would have nothing to work on.
 */
async function waitUntilAtWork(agent: string, { folder }: Place, stop: AbortSignal): Promise<boolean> {
  const patience = AbortSignal.any([stop, AbortSignal.timeout(CRASH_PATIENCE_MS)]);
  while (!patience.aborted) {
    const stages = readJournal(join(folder, "journal.jsonl")).filter((entry) => entry.agent === agent && entry.event === "stage");
    if (stages.length >= 2) return true;
    await delay(LOOK_MS);
  }
  return false;
}

/** Tells how the run ended; the exit code of the demo. */
function finish({ code, signal, stdout }: Ended, stop: AbortSignal): number {
  if (stop.aborted) {
    say(dim("Stopped. The agents are gone, too."));
    return 130;
  }
  const result = parseResult(stdout);
  if (code === 0 && result?.output) {
    presentResult(result.output);
    return 0;
  }
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  say(bad(`The orchestrator ended ${how}${result === null ? "" : `; the run is ${result.status}`}.`));
  return 1;
}

function parseResult(stdout: string) {
  if (stdout.trim() === "") return null;
  const parsed = RunResult.safeParse(JSON.parse(stdout));
  return parsed.success ? parsed.data : null;
}

try {
  process.exitCode = await main();
} catch (error) {
  say(bad(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
if (process.exitCode === 0) say(dim(`\n  All of it is in ${relative(process.cwd(), fileURLToPath(new URL("./out", import.meta.url)))}.`));
