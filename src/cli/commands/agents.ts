import { Command } from "commander";

import { createAgentFactory } from "../../agents/agent-factory.ts";
import type { AgentBinding } from "../../definition/definition.ts";
import { type AgentCheck, checkAgent } from "../agent-check.ts";
import { fromConfigPlace, toJson } from "../bindings.ts";
import type { Cli } from "../cli.ts";
import { loadConfig } from "../config.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { agentOption, described, type JsonOption, type Pairs, usageError, withJson } from "../options.ts";
import { sentenceOf } from "../report-error.ts";
import { alignRows, clean } from "../text.ts";
import { loadWorkflow } from "../workflow-file.ts";
import { sendCommand } from "./agents-send.ts";

type ListOptions = JsonOption & { readonly agent?: Pairs };
type CheckOptions = JsonOption & { readonly secret?: string };
type Bindings = { readonly [name: string]: AgentBinding };

/** An agent as a workflow would find it. */
type Found = AgentCheck & { readonly agent: string; readonly place: string };

const MARKS = { error: "✗", warning: "!", note: "·" } as const;
const STYLES = { error: "bad", warning: "warn", note: "dim" } as const;

export function agentsCommand(cli: Cli): Command {
  const command = described(new Command("agents"), {
    what: "Look at agents: list them, check one, or send one a message.",
    example: "tutti agents check http://127.0.0.1:4001",
  });
  return command.addCommand(listCommand(cli)).addCommand(checkCommand(cli)).addCommand(sendCommand(cli));
}

function listCommand(cli: Cli): Command {
  const command = described(new Command("list"), {
    what: "List the agents of a workflow, or of tutti.config.ts.",
    example: "tutti agents list report.tutti.yaml",
  })
    .argument("[file]", "a workflow file, or its name")
    .addOption(agentOption());
  return withJson(command).action(async (named: string | undefined, options: ListOptions) => cli.exit(await list(cli, named, options)));
}

async function list(cli: Cli, named: string | undefined, options: ListOptions): Promise<ExitCode> {
  const found = await findAll(cli, await bindingsFor(cli, named, options.agent ?? []));
  if (options.json === true) cli.terminal.printJson({ agents: found });
  else if (found.length === 0)
    cli.terminal.say(
      named === undefined ? "No agents: tutti.config.ts names none; give a workflow file." : "The workflow binds no agents.",
    );
  else tellAll(cli, found);
  return EXIT.ok;
}

function checkCommand(cli: Cli): Command {
  const command = described(new Command("check"), {
    what: "Read an agent's card, and say what is wrong with it.",
    example: "tutti agents check http://127.0.0.1:4001",
  })
    .argument("<url|file>", "an agent, or a workflow with all its agents")
    .option("--secret <name>", "the environment variable with its token");
  return withJson(command).action(async (place: string, options: CheckOptions) => cli.exit(await check(cli, place, options)));
}

async function check(cli: Cli, place: string, options: CheckOptions): Promise<ExitCode> {
  const isUrl = /^https?:\/\//i.test(place);
  if (isUrl && !URL.canParse(place)) throw usageError(`"${place}" is not an address.`);
  const bindings: Bindings = isUrl
    ? { agent: { kind: "card", url: place, secret: options.secret ?? null } }
    : await bindingsFor(cli, place, []);
  const found = await findAll(cli, bindings);
  if (options.json === true) cli.terminal.printJson({ agents: found });
  else for (const one of found) tellOne(cli, one);
  return found.some(({ findings }) => findings.some(({ severity }) => severity === "error")) ? EXIT.error : EXIT.ok;
}

async function bindingsFor(cli: Cli, named: string | undefined, given: Pairs): Promise<Bindings> {
  if (named !== undefined) {
    const { bindings } = await loadWorkflow(cli, named, given);
    // Made by `toJson` from checked bindings a moment ago.
    return bindings as unknown as Bindings;
  }
  const config = await loadConfig(cli.directory);
  const places = Object.entries({ ...config.agents, ...config.capabilities });
  return toJson(Object.fromEntries(places.map(([name, place]) => [name, fromConfigPlace(name, place, config)]))) as unknown as Bindings;
}

function findAll(cli: Cli, bindings: Bindings): Promise<readonly Found[]> {
  return Promise.all(Object.entries(bindings).map(([name, binding]) => find(cli, name, binding)));
}

async function find(cli: Cli, agent: string, binding: AgentBinding): Promise<Found> {
  switch (binding.kind) {
    case "card": {
      const secret = binding.secret === null ? null : (cli.environment[binding.secret] ?? null);
      const checked = await checkAgent(binding.url, secret);
      const isMissing = binding.secret !== null && secret === null;
      const findings = isMissing
        ? [{ severity: "error", message: `The secret ${binding.secret} is not set in the environment.` } as const, ...checked.findings]
        : checked.findings;
      return { agent, place: binding.url, ...checked, findings };
    }
    case "module":
      return findModule(cli, agent, binding.specifier);
    case "capability":
      return {
        agent,
        place: `capability ${binding.capability}`,
        ...NOTHING,
        findings: [{ severity: "note", message: "Found at each attempt, by what agents can do." }],
      };
    case "local":
      return {
        agent,
        place: `function agent ${binding.name}`,
        ...NOTHING,
        findings: [{ severity: "note", message: "Only the program that registers it can say more." }],
      };
  }
}

const NOTHING: AgentCheck = { url: "", reachable: true, name: null, version: null, protocol: null, skills: [], findings: [] };

async function findModule(cli: Cli, agent: string, specifier: string): Promise<Found> {
  try {
    const made = await createAgentFactory((name) => cli.environment[name]).module(specifier);
    const skills =
      made.kind === "local" ? made.capabilities.map(({ name, description }) => ({ id: name, description: clean(description) })) : [];
    return {
      agent,
      place: specifier,
      ...NOTHING,
      name: made.name,
      version: made.kind === "local" ? made.version : null,
      protocol: "in this process",
      skills,
    };
  } catch (error) {
    return { agent, place: specifier, ...NOTHING, reachable: false, findings: [{ severity: "error", message: sentenceOf(error) }] };
  }
}

function tellAll({ terminal }: Cli, found: readonly Found[]): void {
  const rows = found.map(({ agent, place, protocol, skills, reachable, findings }) => [
    agent,
    reachable ? "✓ reachable" : "✗ unreachable",
    protocol ?? "–",
    skills.map(({ id }) => id).join(", ") || "–",
    findings.find(({ severity }) => severity === "error")?.message ?? place,
  ]);
  for (const line of alignRows(
    [["AGENT", "STATE", "PROTOCOL", "SKILLS", "PLACE"], ...rows],
    terminal.isDataSeen ? terminal.columns : Number.POSITIVE_INFINITY,
  ))
    terminal.print(line);
}

function tellOne({ terminal }: Cli, { agent, place, name, version, protocol, skills, reachable, findings }: Found): void {
  const head = name === null ? agent : `${name} ${version ?? ""}`.trimEnd();
  terminal.print(`${reachable ? "✓" : "✗"} ${terminal.paint("strong", head)}  ${place}`);
  if (protocol !== null) terminal.print(`  protocol  ${protocol}`);
  skills.forEach(({ id, description }, index) => terminal.print(`  ${index === 0 ? "skills  " : "        "}  ${id}: ${description}`));
  for (const { severity, message } of findings)
    terminal.print(`  ${terminal.paint(STYLES[severity], `${MARKS[severity]} ${severity}`)}  ${message}`);
}
