import { Command, InvalidArgumentError } from "commander";

import { createAgentFactory } from "../../agents/agent-factory.ts";
import type { AgentBinding, Definition } from "../../definition/definition.ts";
import type { LocalAgent } from "../../ports/agents.ts";
import type { GivenWorkflow } from "../../runtime/workflows/versions.ts";
import { fromConfigPlace } from "../bindings.ts";
import { readCallers } from "../callers-file.ts";
import type { Cli, OpenedServer, WorkflowToServe } from "../cli.ts";
import { databasePath, loadConfig, type LoadedConfig } from "../config.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { type LeftOver, leftOverText, readLeftOvers } from "../left-over.ts";
import { logOf } from "../log.ts";
import {
  agentOption,
  collectTexts,
  type DatabaseOption,
  described,
  type JsonOption,
  type Pairs,
  usageError,
  withDatabase,
  withJson,
} from "../options.ts";
import { bringUpToDate } from "../session.ts";
import { counted } from "../text.ts";
import { loadWorkflow } from "../workflow-file.ts";
import { loadBelow, rooted } from "../workflows-below.ts";

type ServeOptions = DatabaseOption &
  JsonOption & {
    readonly port: number;
    readonly grpcPort?: number;
    readonly host: string;
    readonly token?: string;
    readonly callers?: string;
    readonly streaming: boolean;
    readonly publicUrl?: string;
    readonly signingKey?: readonly string[];
    readonly pushTo?: readonly string[];
    readonly agent?: Pairs;
  };

const PORT = 4000;
/** Somebody waits for the command to end, and what is cut off goes on the next time. */
const DRAIN_MS = 3_000;

export function serveCommand(cli: Cli): Command {
  const command = described(new Command("serve"), {
    what: "Serve workflows, and the agents of tutti.config.ts, as A2A agents.",
    example: "tutti serve report.tutti.yaml --port 4000",
  })
    .argument("[file|name...]", "workflow files, or their names here or in workflows/")
    .option("--port <port>", "the port; 0 takes any free one", port, PORT)
    .option("--grpc-port <port>", "serve gRPC too, at this port; it needs @grpc/grpc-js and @bufbuild/protobuf", port)
    .option("--host <address>", "the address to listen on; all but loopback need --token or --callers", "127.0.0.1")
    .option("--token <name>", "the environment variable with the token that callers must send")
    .option("--callers <file>", "who may call: YAML or JSON with a secret, tenants and roles for each name")
    .option("--no-streaming", "open no streams; callers poll, or are pushed to")
    .option("--public-url <url>", "the address that cards give, when it is another one", url)
    .option("--signing-key <name>", "the environment variable with a key that signs cards; once for each", collectTexts)
    .option("--push-to <origin>", "a private or http origin that push notifications may go to; once for each", collectTexts)
    .addOption(agentOption());
  return withJson(withDatabase(command)).action(async (files: readonly string[], options: ServeOptions) => {
    cli.exit(await serve(cli, files, options));
  });
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError("Write a port from 0 to 65535.");
  return Number(text);
}

function url(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ""))
    throw new InvalidArgumentError("Write an address that begins with http:// or https://.");
  return text;
}

/** Stays until it is told to end, as the owner of the database: the other commands go through it. */
async function serve(cli: Cli, files: readonly string[], options: ServeOptions): Promise<ExitCode> {
  const config = await loadConfig(cli.directory);
  const workflows = await Promise.all(files.map((file) => toServe(cli, file, options.agent ?? [])));
  const agents = await agentsOf(cli, config);
  if (workflows.length + agents.length === 0) {
    throw usageError("There is nothing to serve.", "Give a workflow file, or name an agent of this machine in tutti.config.ts.");
  }
  const token = tokenOf(cli, options.token);
  const callers = options.callers === undefined ? [] : await readCallers(cli, options.callers);
  const db = databasePath(options.db, cli.environment, { directory: cli.directory, config });
  await bringUpToDate(db);
  const leftOvers = await readLeftOvers(db);
  const { host, grpcPort, publicUrl, signingKey = [], pushTo = [] } = options;
  const server = await cli.openServer({
    db,
    log: logOf(cli, !cli.terminal.isLive),
    workflows,
    agents,
    host,
    port: options.port,
    drainMs: DRAIN_MS,
    signing: signingKey.map((secret) => ({ secret })),
    readSecret: (name) => cli.environment[name],
    push: { allow: pushTo },
    callers,
    streaming: options.streaming,
    ...(token === null ? {} : { token }),
    ...(grpcPort === undefined ? {} : { grpc: { port: grpcPort } }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
  });
  try {
    tellLeftOvers(cli, leftOvers);
    tell(cli, server, options);
    await toldToEnd();
    cli.terminal.say("Closing; what is open goes on when it is served again. Ctrl-C again ends at once.");
  } finally {
    await server.close();
  }
  return EXIT.ok;
}

/** A workflow whose agents are bound: what is recorded with a run is what this process was told. */
async function toServe(cli: Cli, file: string, given: Pairs): Promise<WorkflowToServe> {
  const { definition, bindings, config, folder } = await loadWorkflow(cli, file, given);
  const children: readonly GivenWorkflow[] = await loadBelow(cli, { definition, folder, config }, given);
  // Made by `toJson` from checked bindings a moment ago.
  const agents = bindings as unknown as Definition["agents"];
  return { definition: rooted({ ...definition, agents }, folder), children };
}

/** The agents of the configuration that are at home in this process; others have a server of their own. */
async function agentsOf(cli: Cli, config: LoadedConfig): Promise<readonly LocalAgent[]> {
  const factory = createAgentFactory((name) => cli.environment[name]);
  const bindings = Object.entries(config.agents).map(([name, place]): AgentBinding => fromConfigPlace(name, place, config));
  const loaded = await Promise.all(bindings.flatMap((binding) => (binding.kind === "module" ? [factory.module(binding.specifier)] : [])));
  return loaded.filter((agent) => agent.kind === "local");
}

/** The token's name, once it is certain that there is one. It is read anew for each request. */
function tokenOf(cli: Cli, name: string | undefined): (() => string | undefined) | null {
  if (name === undefined) return null;
  if ((cli.environment[name] ?? "") === "") {
    throw usageError(
      `The environment variable ${name} is not set.`,
      "--token takes the name of a variable that holds the token, not the token.",
    );
  }
  return () => cli.environment[name];
}

function tellLeftOvers({ terminal }: Cli, [first, ...others]: readonly LeftOver[]): void {
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  terminal.say(`${terminal.paint("good", "Resumed")}  ${counted(others.length + 1, "run")}  ${leftOverText(first)}${more}`);
}

function tell({ terminal }: Cli, { url: address, grpcUrl, cards }: OpenedServer, { token, callers, json, host }: ServeOptions): void {
  const known = [
    ...(token === undefined ? [] : ["callers with the token"]),
    ...(callers === undefined ? [] : [`the callers of ${callers}`]),
  ];
  const who = known.length === 0 ? `everyone who can reach ${host}` : known.join(" and ");
  // The first card is that of the server itself.
  const [, ...things] = cards;
  const what = things.length > 3 ? `${things.length} agents` : things.map(({ name }) => name).join(", ");
  const where = grpcUrl === null ? address : `${address} and, over gRPC, ${grpcUrl}`;
  terminal.say(`${terminal.paint("good", "Serving")}  ${what} at ${where} for ${who}. Ctrl-C ends.`);
  if (json === true) terminal.printJson({ url: address, grpcUrl, cards });
  else for (const card of cards) terminal.print(card.url);
}

/** Resolves at the first signal; a second one finds nobody who listens, and ends the process. */
function toldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
