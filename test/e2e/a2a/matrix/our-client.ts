/** Our client as a step of a workflow uses it: describe, send, attend. */
import { remoteAgent } from "../../../../src/agents/remote-agent.ts";
import type { RemoteAgent, Sent, Work as GivenWork } from "../../../../src/ports/agents.ts";
import { Egress } from "../../../../src/runtime/egress/egress.ts";
import type { Intent, RemoteTask } from "../../../../src/scheduler/input.ts";
import type { Outcome } from "../../../../src/scheduler/outcome.ts";
import { gate, never, watching, work } from "../harness.ts";
import { contentWord, eachOnce, type Seen, type Talk, type TestClient, type Work } from "./talk.ts";

/** `origin`: where the agent is that the card leads to. */
export function ourClient(cardUrl: string, origin: string): TestClient {
  const egress = new Egress();
  const remote = remoteAgent(cardUrl, { name: "matrix", egress, origins: [origin], log: () => undefined });
  const intents = new WeakMap<Talk, { readonly intent: Intent; readonly given: GivenWork }>();
  return {
    async give(skill, input) {
      const given = work(skill, input);
      const intent = await intentFor(remote);
      const { task, outcome } = await atRest(remote, await remote.send(given, intent, never()));
      const talk: Talk = {
        seen: seenOf(outcome),
        taskId: task?.taskId ?? null,
        answer: (text) => answer(remote, { given, task, outcome }, text),
      };
      intents.set(talk, { intent, given });
      return talk;
    },
    async begin(skill, input) {
      const sent = await remote.send(work(skill, input), await intentFor(remote), never());
      if (sent.kind !== "task") throw new Error(`It is no task: ${JSON.stringify(sent)}`);
      return follow(remote, sent.task);
    },
    async lists(talk) {
      const { intent, given } = intents.get(talk) ?? {};
      if (intent === undefined || given === undefined) throw new Error("The talk was not this client's.");
      const found = await remote.find(given, intent, never());
      return found.kind === "task" && found.task.taskId === talk.taskId;
    },
    [Symbol.asyncDispose]: () => egress.close(),
  };
}

/** The intent as the runtime records it: with the version of the chosen interface. */
async function intentFor(remote: RemoteAgent): Promise<Intent> {
  const described = await remote.describe(never());
  if (!described.ok) throw new Error(`The agent cannot be described: ${JSON.stringify(described.outcome)}`);
  const { url, binding, tenant, protocolVersion, takesContextId } = described.identity;
  const version = protocolVersion.startsWith("1.") ? {} : { version: protocolVersion };
  const contextId = takesContextId ? crypto.randomUUID() : null;
  return { agent: remote.name, url, binding, tenant, messageId: crypto.randomUUID(), contextId, ...version };
}

type AtRest = { readonly task: RemoteTask | null; readonly outcome: Outcome };

async function atRest(remote: RemoteAgent, sent: Sent): Promise<AtRest> {
  if (sent.kind === "answer" || sent.kind === "notSent") return { task: null, outcome: sent.outcome };
  if (sent.kind !== "task") throw new Error(`It was not taken: ${JSON.stringify(sent)}`);
  return { task: sent.task, outcome: sent.over ?? (await remote.attend(sent.task, watching().watch)) };
}

async function answer(remote: RemoteAgent, of: AtRest & { readonly given: GivenWork }, text: string): Promise<Seen> {
  const { given, task, outcome } = of;
  const question = "question" in outcome ? outcome.question : { prompt: "" };
  const more = { ...given, task, exchanges: [{ question, answer: text }] };
  const intent = { ...(await intentFor(remote)), contextId: task?.contextId ?? null };
  return seenOf((await atRest(remote, await remote.send(more, intent, never()))).outcome);
}

function follow(remote: RemoteAgent, task: RemoteTask): Work {
  const begun = gate();
  const seen = watching({ progress: () => begun.open() });
  const end = remote.attend(task, seen.watch).then((outcome) => ({ seen: seenOf(outcome), pieces: seen.chunks }));
  return {
    begun: begun.opened,
    end,
    async interrupt() {
      const more = work("slow", null, { task, exchanges: [{ question: { prompt: "?" }, answer: "now" }] });
      await remote.send(more, { ...(await intentFor(remote)), contextId: task.contextId }, never());
    },
    async cancel() {
      await remote.cancel(task, "Enough.", never());
    },
  };
}

function seenOf(outcome: Outcome): Seen {
  switch (outcome.kind) {
    case "completed":
      return { kind: "completed", contents: contentsOf(outcome.reply) };
    case "failed":
    case "unknown":
    case "rejected":
      return { kind: outcome.kind, contents: [], said: outcome.failure.message };
    case "inputRequired":
    case "authRequired":
      return { kind: outcome.kind, contents: [], said: outcome.question.prompt };
    case "canceled":
      return { kind: "canceled", contents: [] };
  }
}

function contentsOf({ text, data = [], artifacts = [] }: Extract<Outcome, { kind: "completed" }>["reply"]): readonly string[] {
  const beside = artifacts.flatMap((one): readonly string[] => [
    ...("text" in one ? [contentWord("text", one.text)] : []),
    ...("data" in one ? [contentWord("data", one.data)] : []),
    ...("bytes" in one ? [contentWord("raw", one.bytes)] : []),
    ...("url" in one ? [contentWord("url", one.url)] : []),
  ]);
  const values = (Array.isArray(data) ? data : [data]).map((value) => contentWord("data", value));
  return eachOnce([...(text === undefined ? [] : [contentWord("text", text)]), ...values, ...beside]);
}
