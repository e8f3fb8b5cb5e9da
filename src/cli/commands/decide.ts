/** `approve` and `reject`: decisions of people. `signal`: what a waiting run is told. */
import { Command } from "commander";

import { TuttiError } from "../../base/errors.ts";
import type { Json, JsonObject } from "../../base/json.ts";
import { didYouMean } from "../../definition/did-you-mean.ts";
import { eachStep } from "../../definition/walk.ts";
import type { RunRecord } from "../../ports/host.ts";
import type { OpenQuestion } from "../../runtime/open-questions.ts";
import { onlyDecision } from "../../runtime/run-handle.ts";
import { fieldsOf } from "../ask-text.ts";
import type { Cli } from "../cli.ts";
import { databaseOf } from "../database.ts";
import type { ExitCode } from "../exit-code.ts";
import { EXIT } from "../exit-code.ts";
import { collect, type DatabaseOption, described, type Pairs, usageError, withDatabase } from "../options.ts";
import { nameOfUser } from "../name-of-user.ts";
import { findRun } from "../run-id.ts";
import { parseJson, readValue } from "../run-input.ts";
import { openReader, openRecorder } from "../session.ts";
import { clean } from "../text.ts";
import { findOpen, give } from "./questions.ts";
import { goesOn, recordOf, refuseWhenOver } from "./steer.ts";

type DecideOptions = DatabaseOption & { readonly note?: string; readonly form?: Pairs };

export function approveCommand(cli: Cli): Command {
  return decideCommand(cli, "approve", "Approve what a run asks; it goes on.");
}

export function rejectCommand(cli: Cli): Command {
  return decideCommand(cli, "reject", "Reject what a run asks; it goes on as it says.");
}

function decideCommand(cli: Cli, name: "approve" | "reject", what: string): Command {
  const command = described(new Command(name), { what, example: `tutti ${name} @latest --note "as agreed"` })
    .argument("<question|run>", "a question's id, or a run with one open approval")
    .option("--note <text>", "the form's field `note`")
    .option("--form <key=value>", "a field of the form; repeat it", collect);
  return withDatabase(command).action(async (named: string, options: DecideOptions) => cli.exit(await decide(cli, name, named, options)));
}

async function decide(cli: Cli, name: "approve" | "reject", named: string, options: DecideOptions): Promise<ExitCode> {
  const db = await databaseOf(cli, options);
  const open = await findDecision(cli, db, named);
  if (open !== null && open.kind !== "approval" && open.kind !== "budget")
    throw usageError(`Question ${open.id} is no approval.`, `Answer it with: tutti answer ${open.id}`);
  const form = formValues(options, open);
  const decision = name === "approve" ? "approved" : "rejected";
  const value: Json = { decision, ...(form === null ? {} : { form }) };
  return give(cli, { db, id: open?.id ?? named, open, value, hint: options });
}

/** By a question's id or its beginning; else by the run. Null for a question that is not open. */
async function findDecision(cli: Cli, db: string, named: string): Promise<OpenQuestion | null> {
  if (named.startsWith("q_")) return findOpen(cli, db, named);
  await using session = openReader(cli, db);
  const { run } = await findRun(session.orchestrator, named);
  return onlyDecision(run.id, await (await session.orchestrator.open(run.id)).questions());
}

function formValues({ note, form = [] }: DecideOptions, open: OpenQuestion | null): JsonObject | null {
  const pairs = note === undefined ? form : [...form, ["note", note] as const];
  if (pairs.length === 0) return null;
  if (open?.kind === "budget") throw usageError("A question about the budget has no form.");
  const fields = open === null ? [] : fieldsOf(open.question);
  refuseMisspelt(
    form.map(([key]) => key),
    fields.map(({ name }) => name),
  );
  const schemaOf = (key: string): Json | undefined => fields.find(({ name }) => name === key)?.schema;
  return Object.fromEntries(pairs.map(([key, text]) => [key, key === "note" ? text : readValue(text, schemaOf(key))]));
}

/** A form may allow more than it names; what nearly is one of its names is a mistake all the same. */
function refuseMisspelt(keys: readonly string[], names: readonly string[]): void {
  for (const key of keys) {
    const help = names.includes(key) ? null : didYouMean(key, names);
    if (help !== null) throw usageError(`The form has no field "${clean(key)}".`, help);
  }
}

type SignalOptions = DatabaseOption & { readonly data?: string };

export function signalCommand(cli: Cli): Command {
  const command = described(new Command("signal"), {
    what: "Give a run the signal that it waits for, or will wait for.",
    example: "tutti signal @latest paid --data '{\"amount\":12}'",
  })
    .argument("<run>", "an id, its beginning, or @latest")
    .argument("<name>", "the name of the signal, as in the workflow")
    .option("--data <json>", "what comes with it, as JSON");
  return withDatabase(command).action(async (named: string, name: string, options: SignalOptions) =>
    cli.exit(await signal(cli, named, name, options)),
  );
}

async function signal(cli: Cli, named: string, name: string, options: SignalOptions): Promise<ExitCode> {
  const payload = options.data === undefined ? null : parseJson(options.data, "--data");
  const { record, db } = await recordOf(cli, named, options);
  refuseWhenOver(record);
  await refuseUnknownSignal(cli, db, record, name);
  await using session = await openRecorder(cli, db);
  const handle = await session.orchestrator.open(record.run.id);
  if (!(await handle.signal(name, payload, nameOfUser())))
    throw new TuttiError("T4003", `Run ${record.run.id} took no signal: it has ended, or is about to.`, {
      help: `See it with: tutti get ${record.run.id}`,
    });
  cli.terminal.say(`Signal "${clean(name)}" is given to run ${record.run.id}; ${goesOn(session, record, options)}`);
  return EXIT.ok;
}

/** Which signals a run can ever take stands in its definition; another one would wait for ever. */
async function refuseUnknownSignal(cli: Cli, db: string, { run, fingerprint, workflow }: RunRecord, name: string): Promise<void> {
  await using session = openReader(cli, db);
  const definition = await session.orchestrator.host.definition(run.tenant, fingerprint);
  if (definition === null) return;
  const waits = eachStep(definition).flatMap(({ step }) => (step.kind === "wait" && step.wait.kind === "signal" ? [step.wait.name] : []));
  if (waits.includes(name)) return;
  const names = [...new Set(waits)].map((each) => `"${clean(each)}"`).join(", ");
  const known = names === "" ? "It waits for no signal; a sub-workflow is a run of its own: tutti list" : `It waits for ${names}.`;
  throw usageError(`No step of workflow "${clean(workflow)}" waits for a signal "${clean(name)}".`, didYouMean(name, waits) ?? known);
}
