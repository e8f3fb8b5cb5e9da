/**
 * Tenants are walls (I14): two of them have runs of the same ids in one process, and nothing of one is
 * seen or done in the other. Whose something is, is told by what is outside of the engine: the word that
 * a tenant's people say, and that agents get with its work.
 *
 * 1. No fact, and no result, holds a word of another tenant.
 * 2. An agent gets work of a tenant in that tenant's words, in a conversation of its own.
 * 3. What a history names, a message, a task or a question, belongs to its tenant.
 * 4. Who looks, or tries, finds only what is there in their own tenant; and nobody is in their way.
 */
import type { Evidence, SimulatedRun, StoredFact, Told } from "../evidence.ts";
import { asObject, textAt, wordIn } from "./facts.ts";
import { isMessage, type Message } from "./messages.ts";
import { askedIn } from "./people.ts";

type Flaw = (invariant: string, sentence: string, run: string) => void;
type Tenants = Evidence["tenants"];

/** Whose work a message is about, as its agent was told; null when nobody's word came with it. */
export function tenantOf({ whose }: Message, tenants: Tenants): string | null {
  const [first] = tenants;
  return (tenants.length === 1 ? first : tenants.find(({ word }) => word === whose))?.tenant ?? null;
}

/** A run in all maps of the auditor: two tenants may have one of the same id. */
export function keyOf(tenant: string | null, run: string): string {
  return `${tenant ?? ""}/${run}`;
}

/** How a run is called in a sentence; its tenant is told only where there are several. */
export function labelOf(tenant: string | null, run: string, tenants: Tenants): string {
  return tenants.length === 1 ? run : keyOf(tenant, run);
}

export function auditTenants(evidence: Evidence, flaw: Flaw): void {
  const owners = new Owners(flaw);
  auditAbove(evidence, flaw);
  auditWork(evidence, { owners, flaw });
  for (const run of evidence.runs) auditNames(run, { tenants: evidence.tenants, owners, flaw });
  if (evidence.tenants.length > 1) auditLooks(evidence, flaw);
}

/** What only one tenant can have, and whose it was first. */
class Owners {
  readonly #flaw: Flaw;
  readonly #tenants = new Map<string, string>();

  constructor(flaw: Flaw) {
    this.#flaw = flaw;
  }

  claim(mark: string, tenant: string, { where, run }: { readonly where: string; readonly run: string }): void {
    const owner = this.#tenants.get(mark) ?? tenant;
    if (owner !== tenant) this.#flaw("I14", `${where} names ${mark}, which belongs to ${owner}`, run);
    this.#tenants.set(mark, owner);
  }
}

function auditAbove({ runs, tenants }: Evidence, flaw: Flaw): void {
  const keys = new Set(runs.map(({ tenant, id }) => keyOf(tenant, id)));
  for (const { id, tenant, parent } of runs) {
    if (parent === null || keys.has(keyOf(tenant, parent))) continue;
    const others = runs.filter((other) => other.id === parent).map((other) => other.tenant);
    flaw("I14", `it belongs to ${tenant}, and the run above to ${others.join(", ") || "nobody"}`, labelOf(tenant, id, tenants));
  }
}

type Kept = { readonly owners: Owners; readonly flaw: Flaw };

/** What agents wrote down. */
function auditWork({ diary, tenants }: Evidence, { owners, flaw }: Kept): void {
  for (const message of diary) {
    if (!isMessage(message)) continue;
    const tenant = tenantOf(message, tenants);
    const run = labelOf(tenant, message.run, tenants);
    const where = `${message.agent}'s work at ${message.path}`;
    if (tenant === null) {
      flaw("I14", `${where} came with the word of nobody ("${message.whose}")`, run);
      continue;
    }
    owners.claim(`message ${message.messageId}`, tenant, { where, run });
    owners.claim(`task ${message.taskId}`, tenant, { where, run });
    if (message.contextId !== undefined) owners.claim(`conversation ${message.contextId}`, tenant, { where, run });
    for (const foreign of foreignIn(message.content, tenant, tenants)) flaw("I14", `${where} holds a word of ${foreign}`, run);
  }
}

function auditNames({ id, tenant, facts }: SimulatedRun, { tenants, owners, flaw }: Kept & { readonly tenants: Tenants }): void {
  const run = labelOf(tenant, id, tenants);
  const others = tenants.filter((one) => one.tenant !== tenant);
  for (const { fact } of facts) {
    if (fact.kind === "runStarted" && fact["tenant"] !== tenant)
      flaw("I14", `it belongs to ${tenant}, and its history says ${textAt(fact, "tenant")}`, run);
    const where = `fact ${fact.seq} (${fact.kind})`;
    for (const mark of marksOf(fact)) owners.claim(mark, tenant, { where, run });
    for (const other of others) if (holds(fact, other.word)) flaw("I14", `${where} holds a word of ${other.tenant}`, run);
  }
}

/** Names in a fact that only one tenant can have. */
function marksOf(fact: StoredFact): readonly string[] {
  const messageId = wordIn(asObject(fact["intent"]), "messageId");
  const taskId = wordIn(asObject(fact["task"]), "taskId");
  const question = askedIn(fact) ?? textAt(fact, "question");
  return [
    ...(messageId === "" ? [] : [`message ${messageId}`]),
    ...(taskId === "" ? [] : [`task ${taskId}`]),
    ...(question === null ? [] : [`question ${question}`]),
  ];
}

/** Whether a text inside of a value holds a word; quicker than to write the value down. */
function holds(value: unknown, word: string): boolean {
  if (typeof value === "string") return value.includes(word);
  if (typeof value !== "object" || value === null) return false;
  for (const inner of Object.values(value)) if (holds(inner, word)) return true;
  return false;
}

function foreignIn(text: string, tenant: string, tenants: Tenants): readonly string[] {
  return tenants.filter((one) => one.tenant !== tenant && text.includes(one.word)).map((one) => one.tenant);
}

/** What somebody was told who looked, or tried. */
function auditLooks({ runs, told, tenants }: Evidence, flaw: Flaw): void {
  const questions = new Set(runs.flatMap(({ tenant, facts }) => facts.map(({ fact }) => keyOf(tenant, askedIn(fact) ?? ""))));
  const ids = new Set(runs.map(({ tenant, id }) => keyOf(tenant, id)));
  const isThere = ({ tenant, thing, key }: Shown): boolean =>
    thing === "payload" || (thing === "run" ? ids : questions).has(keyOf(tenant, key));
  for (const one of told) {
    const run = labelOf(one.tenant, one.run, tenants);
    if (one.what === "refused" && one.act === "start")
      flaw("I14", "it could not be started, and nobody else in its tenant has the id", run);
    if (one.what === "shown" && !isThere(one))
      flaw("I14", `somebody of ${one.tenant} was shown ${one.thing} ${one.key}, which is not theirs`, run);
    for (const foreign of foreignIn(textOf(one), one.tenant, tenants))
      flaw("I14", `somebody of ${one.tenant} was told a word of ${foreign} (${one.what})`, run);
  }
}

type Shown = Extract<Told, { what: "shown" }>;

function textOf(one: Told): string {
  return one.what === "shown" ? one.text : one.what === "result" ? one.output : "";
}
