import { randomUUID } from "node:crypto";

import { Command } from "commander";

import { remoteAgent } from "../../agents/remote-agent.ts";
import type { Json } from "../../base/json.ts";
import type { RemoteAgent, Watch, Work } from "../../ports/agents.ts";
import type { Intent, RemoteTask } from "../../scheduler/input.ts";
import type { Outcome, Reply } from "../../scheduler/outcome.ts";
import type { Cli } from "../cli.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { described, duration, type JsonOption, usageError, withJson } from "../options.ts";
import { parseJson } from "../run-input.ts";
import { clean } from "../text.ts";

type SendOptions = JsonOption & { readonly data?: string; readonly skill?: string; readonly secret?: string; readonly wait: number };

const WAIT_MS = 600_000;

/** What came of one message. */
type Came = { readonly outcome: Outcome; readonly task: RemoteTask | null };

export function sendCommand(cli: Cli): Command {
  const command = described(new Command("send"), {
    what: "Send an agent one message, and print its result.",
    example: 'tutti agents send http://127.0.0.1:4001 "Say hello" --skill greet',
  })
    .argument("<url>", "the agent")
    .argument("[text]", "the message in words")
    .option("--data <json>", "a data part: the skill's input")
    .option("--skill <id>", "the skill that is asked for")
    .option("--secret <name>", "the environment variable with its token")
    .option("--wait <duration>", "how long to wait for its result (10m)", duration, WAIT_MS);
  return withJson(command).action(async (url: string, text: string | undefined, options: SendOptions) =>
    cli.exit(await send(cli, url, text, options)),
  );
}

async function send(cli: Cli, url: string, text: string | undefined, options: SendOptions): Promise<ExitCode> {
  if (!URL.canParse(url)) throw usageError(`"${url}" is not an address.`, "It begins with http:// or https://.");
  if (text === undefined && options.data === undefined) throw usageError("Give a text, or --data with JSON.");
  const secret = options.secret === undefined ? undefined : cli.environment[options.secret];
  if (options.secret !== undefined && secret === undefined) throw usageError(`The environment variable ${options.secret} is not set.`);
  const input = options.data === undefined ? null : parseJson(options.data, "--data");
  const agent = remoteAgent(url, secret === undefined ? {} : { secret });
  const signal = AbortSignal.timeout(options.wait);
  const came = await exchange(cli, agent, workOf(text ?? null, input, options.skill ?? ""), signal);
  return tell(cli, came, options.json === true);
}

async function exchange(cli: Cli, agent: RemoteAgent, work: Work, signal: AbortSignal): Promise<Came> {
  const card = await agent.describe(signal);
  if (!card.ok) return { outcome: card.outcome, task: null };
  const { url, binding, tenant } = card.identity;
  const intent: Intent = { agent: agent.name, url, binding, tenant, messageId: work.key, contextId: null };
  const sent = await agent.send(work, intent, signal);
  switch (sent.kind) {
    case "answer":
    case "notSent":
      return { outcome: sent.outcome, task: null };
    case "contextRefused":
      return { outcome: unknown("the agent refused a context that was not sent"), task: null };
    case "ambiguous":
      return { outcome: unknown(sent.message), task: null };
    case "task":
      if (sent.over !== null) return { outcome: sent.over, task: sent.task };
      cli.terminal.say(cli.terminal.paint("dim", `task ${sent.task.taskId}`));
      return { outcome: await agent.attend(sent.task, watchOf(cli, signal)), task: sent.task };
  }
}

function unknown(message: string): Outcome {
  return { kind: "unknown", failure: { code: "T4104", message, retryable: false } };
}

function watchOf({ terminal }: Cli, signal: AbortSignal): Watch {
  return {
    signal,
    progress: ({ percent, phase, note }) =>
      terminal.say(terminal.paint("dim", clean([percent === undefined ? "" : `${percent}%`, phase ?? "", note ?? ""].join(" ")))),
    chunk: () => undefined,
  };
}

function workOf(text: string | null, input: Json, capability: string): Work {
  const key = randomUUID();
  const assignment = {
    sender: "tutti agents send",
    receiver: "",
    workflow_id: `send-${key}`,
    workflow_type: "agents send",
    subtask_id: "message",
    attempt: 1,
    correlation_id: key,
    ttl_ms: 30_000,
    operation: capability,
    timestamp: new Date().toISOString(),
    hop_count: 1,
  };
  return { key, capability, input, text, exchanges: [], task: null, assignment };
}

function tell({ terminal }: Cli, { outcome, task }: Came, json: boolean): ExitCode {
  if (json)
    terminal.printJson({
      status: outcome.kind,
      ...(task === null ? {} : { task: task.taskId, context: task.contextId }),
      ...detailsOf(outcome),
    });
  switch (outcome.kind) {
    case "completed":
      if (!json) printReply(outcome.reply, terminal);
      return EXIT.ok;
    case "inputRequired":
    case "authRequired":
      terminal.say(`${terminal.paint("warn", "?")} The agent asks: ${clean(outcome.question.prompt)}`);
      return EXIT.waiting;
    case "failed":
    case "rejected":
    case "canceled":
    case "unknown":
      terminal.say(
        `${terminal.paint("bad", "error")} ${terminal.paint("strong", clean(outcome.failure.code))}  The outcome is ${outcome.kind}: ${clean(outcome.failure.message)}`,
      );
      return outcome.kind === "canceled" ? EXIT.runCanceled : outcome.kind === "unknown" || task === null ? EXIT.error : EXIT.runFailed;
  }
}

function detailsOf(outcome: Outcome): object {
  if (outcome.kind === "completed") return { reply: outcome.reply };
  return "question" in outcome ? { question: outcome.question } : { error: outcome.failure };
}

function printReply({ text, data = [], artifacts = [] }: Reply, terminal: Cli["terminal"]): void {
  for (const value of data) terminal.printJson(value);
  if (text !== undefined && text !== "") terminal.print(text);
  for (const artifact of artifacts)
    if (artifact.data === undefined && artifact.text === undefined)
      terminal.say(`artifact ${clean(artifact.name)} (${clean(artifact.mediaType)})`);
}
