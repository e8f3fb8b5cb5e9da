import { dirname, resolve } from "node:path";

import { Command } from "commander";

import { definitionToYaml } from "../../authoring/print/print-definition.ts";
import { TuttiError } from "../../base/errors.ts";
import type { Json } from "../../base/json.ts";
import type { Definition } from "../../definition/definition.ts";
import { compareDefinitions, type Difference, differenceText } from "../../definition/difference.ts";
import { isDraft } from "../../definition/versions.ts";
import type { DefinitionFilter, DefinitionRecord } from "../../ports/host.ts";
import type { WorkflowLibrary } from "../../runtime/workflows/workflow-library.ts";
import type { Cli } from "../cli.ts";
import { databasePath } from "../config.ts";
import { databaseOf } from "../database.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { type DatabaseOption, described, type JsonOption, usageError, wholeNumber, withDatabase, withJson } from "../options.ts";
import { openReader, openRecorder } from "../session.ts";
import { alignRows } from "../text.ts";
import { type LoadedWorkflow, loadWorkflow } from "../workflow-file.ts";
import { rooted } from "../workflows-below.ts";

type Options = DatabaseOption & JsonOption;
type ListOptions = Options & { readonly limit: number; readonly cursor?: string };

const LIMIT = 50;
const DIFFERENCES_SHOWN = 200;

export function workflowsCommand(cli: Cli): Command {
  const workflows = described(new Command("workflows"), {
    what: "Stored workflows: list, show, compare and publish their versions.",
    example: "tutti workflows list",
  });
  for (const create of [listCommand, showCommand, diffCommand, publishCommand]) workflows.addCommand(create(cli));
  return workflows;
}

function listCommand(cli: Cli): Command {
  const command = described(new Command("list"), {
    what: "List stored versions, by name, newest first.",
    example: "tutti workflows list sales_report",
  })
    .argument("[name]", "only versions of this workflow")
    .option("--limit <count>", "how many", wholeNumber, LIMIT)
    .option("--cursor <cursor>", "go on where the page before ended");
  return withJson(withDatabase(command)).action(async (name: string | undefined, options: ListOptions) =>
    cli.exit(await list(cli, name, options)),
  );
}

function showCommand(cli: Cli): Command {
  const command = described(new Command("show"), {
    what: "Print a stored workflow as YAML; the highest version that fits.",
    example: "tutti workflows show sales_report@^1",
  }).argument("<workflow>", "a name, or name@version; a version may be a range");
  return withJson(withDatabase(command)).action(async (named: string, options: Options) => cli.exit(await show(cli, named, options)));
}

function diffCommand(cli: Cli): Command {
  const command = described(new Command("diff"), {
    what: "Say how two workflows differ: stored ones or files.",
    example: "tutti workflows diff sales_report@1.0.0 sales_report.tutti.yaml",
  })
    .argument("<from>", "name@version, or a file")
    .argument("<to>", "name@version, or a file");
  return withJson(withDatabase(command)).action(async (from: string, to: string, options: Options) =>
    cli.exit(await diff(cli, [from, to], options)),
  );
}

function publishCommand(cli: Cli): Command {
  const command = described(new Command("publish"), {
    what: "Store workflow files under their versions, without running them.",
    example: "tutti workflows publish publish_brief.tutti.yaml",
  }).argument("<file...>", "workflow files");
  return withJson(withDatabase(command)).action(async (files: readonly string[], options: Options) =>
    cli.exit(await publish(cli, files, options)),
  );
}

async function list(cli: Cli, name: string | undefined, options: ListOptions): Promise<ExitCode> {
  await using session = openReader(cli, await databaseOf(cli, options));
  const { limit, cursor } = options;
  const filter: DefinitionFilter = { limit, ...(name === undefined ? {} : { name }), ...(cursor === undefined ? {} : { cursor }) };
  const { items, nextCursor } = await session.orchestrator.workflows.list(filter);
  if (options.json === true) {
    cli.terminal.printJson({ workflows: items.map(recordDocument), nextCursor });
    return EXIT.ok;
  }
  if (items.length === 0) cli.terminal.say(name === undefined ? "No workflows." : `No workflow "${name}".`);
  else tellRecords(cli, items);
  if (nextCursor !== null) cli.terminal.say(`More: --cursor ${nextCursor}`);
  return EXIT.ok;
}

function recordDocument({ name, version, fingerprint, storedAt }: DefinitionRecord) {
  return { name, version, fingerprint, draft: isDraft(version), storedAt: new Date(storedAt).toISOString() };
}

function tellRecords({ terminal }: Cli, records: readonly DefinitionRecord[]): void {
  const rows = records.map(({ name, version, fingerprint, storedAt }) => [
    name,
    version,
    fingerprint.slice(0, 12),
    new Date(storedAt).toISOString(),
  ]);
  const columns = terminal.isDataSeen ? terminal.columns : Number.POSITIVE_INFINITY;
  for (const line of alignRows([["WORKFLOW", "VERSION", "FINGERPRINT", "STORED"], ...rows], columns)) terminal.print(line);
}

async function show(cli: Cli, named: string, options: Options): Promise<ExitCode> {
  await using session = openReader(cli, await databaseOf(cli, options));
  const { definition, ...record } = await session.orchestrator.workflows.find(named);
  if (options.json === true) cli.terminal.printJson({ ...recordDocument(record), definition });
  else {
    cli.terminal.say(`${record.name}@${record.version}  ${record.fingerprint.slice(0, 12)}`);
    cli.terminal.print(definitionToYaml(definition).trimEnd());
  }
  return EXIT.ok;
}

async function diff(cli: Cli, named: readonly [string, string], options: Options): Promise<ExitCode> {
  const [from, to] = [await readSide(cli, named[0], options), await readSide(cli, named[1], options)];
  const { differences, isWhole } = compareDefinitions(from, to, DIFFERENCES_SHOWN);
  if (options.json === true) {
    cli.terminal.printJson({ from: named[0], to: named[1], differences: differences.map(differenceDocument), isWhole });
    return EXIT.ok;
  }
  for (const difference of differences) cli.terminal.print(differenceText(difference));
  if (differences.length === 0) cli.terminal.say("They are the same, wherever their agents may lead.");
  if (!isWhole) cli.terminal.say(`There are more; these are the first ${DIFFERENCES_SHOWN}.`);
  return EXIT.ok;
}

function differenceDocument(difference: Difference): Json {
  return { ...difference };
}

/** A file is told by its ending or by a slash; everything else is the name of a stored workflow. */
async function readSide(cli: Cli, named: string, options: Options): Promise<Definition> {
  if (/[/\\]|\.(?:ya?ml|json)$/i.test(named)) return (await loadWorkflow(cli, named, [])).definition;
  await using session = openReader(cli, await databaseOf(cli, options));
  return (await session.orchestrator.workflows.find(named)).definition;
}

async function publish(cli: Cli, files: readonly string[], options: Options): Promise<ExitCode> {
  const loaded: LoadedWorkflow[] = [];
  for (const named of files) loaded.push(await loadWorkflow(cli, named, []));
  for (const { definition, file } of loaded) expectRelease(definition, file);
  const [first] = loaded;
  if (first === undefined) throw usageError("Say which files.");
  const db = databasePath(options.db, cli.environment, { directory: cli.directory, config: first.config });
  await using session = await openRecorder(cli, db);
  const published: Json[] = [];
  for (const { definition, file } of loaded) {
    const folder = dirname(resolve(cli.directory, file));
    published.push(await publishOne(cli, session.orchestrator.workflows, rooted(definition, folder)));
  }
  if (options.json === true) cli.terminal.printJson({ published });
  return EXIT.ok;
}

async function publishOne(cli: Cli, library: WorkflowLibrary, definition: Definition): Promise<Json> {
  const { name, version, fingerprint } = await library.publish(definition);
  cli.terminal.say(`${name}@${version} is stored.  ${fingerprint.slice(0, 12)}`);
  return { name, version, fingerprint };
}

/** A version that others refer to must be one that can be told from others. */
function expectRelease({ name, version }: Definition, file: string): void {
  if (version !== null && !isDraft(version)) return;
  const why = version === null ? "has no version" : `has version ${version}, and a version with a plus is a draft`;
  throw new TuttiError("T1012", `Workflow "${name}" in ${file} ${why}; it cannot be published.`, {
    help: "Write for example version: 1.0.0 in the file.",
  });
}
