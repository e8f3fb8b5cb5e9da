/**
 * The tenants of a world. Where there are two, both have the same runs under the same ids, and whatever
 * one of them says bears its word: so whoever reads can tell whose it is, without asking the engine.
 */
import { DEFAULT_TENANT, parseTenant, type Tenant } from "../base/ids.ts";
import { type Json, isJsonObject, type JsonObject } from "../base/json.ts";
import { Random } from "./random.ts";

/** `word` is empty where there is only one tenant: then nothing is marked. */
export type SimulatedTenant = { readonly tenant: Tenant; readonly word: string };

const NEIGHBOR = "neighbor";
/** So much of a word is kept apart from its fact, as a payload. */
const LETTER_LENGTH = 9_000;

export function tenantsOf(seed: string, hasNeighbor: boolean): readonly SimulatedTenant[] {
  const neighbor = parseTenant(NEIGHBOR);
  if (!hasNeighbor || !neighbor.ok) return [{ tenant: DEFAULT_TENANT, word: "" }];
  return [DEFAULT_TENANT, neighbor.value].map((tenant) => ({ tenant, word: wordOf(seed, tenant) }));
}

function wordOf(seed: string, tenant: Tenant): string {
  return `of-${tenant}-${new Random(seed, `word of ${tenant}`).next().toString(36).slice(2, 10)}`;
}

/** How a run is called in the chronicle, and where streams of chance are named after it. */
export function nameOfRun({ tenant, id }: { readonly tenant: Tenant; readonly id: string }): string {
  return tenant === DEFAULT_TENANT ? id : `${tenant}/${id}`;
}

/** What a tenant gives to its run: in some worlds more than fits into a fact. */
export function markedInput(input: Json, { word }: SimulatedTenant, seed: string): Json {
  if (word === "" || !isJsonObject(input)) return input;
  const isLarge = new Random(seed, "letter").hits(0.2);
  return { ...input, whose: word, ...(isLarge ? { letter: word.repeat(Math.ceil(LETTER_LENGTH / word.length)) } : {}) };
}

const TRACESTATE = "tutti=";

/** What goes with every message of a run (W3C `tracestate`), so that agents know whose it is. */
export function tracestateOf({ word }: SimulatedTenant): { readonly tracestate?: string } {
  return word === "" ? {} : { tracestate: `${TRACESTATE}${word}` };
}

/** Whose a message is, by its metadata; empty where nothing is marked. */
export function whoseIn(metadata: JsonObject | { readonly tracestate?: string }): string {
  const { tracestate } = metadata;
  return typeof tracestate === "string" && tracestate.startsWith(TRACESTATE) ? tracestate.slice(TRACESTATE.length) : "";
}

/** An answer of an agent that bears the word of those whose work it is, wherever it has room for one. */
export function signed(output: Json, whose: string): Json {
  if (whose === "") return output;
  if (typeof output === "string") return signedText(output, whose);
  if (!isJsonObject(output)) return output;
  const fields = Object.entries(output).map(([key, value]): [string, Json] => [key, SIGNED.has(key) ? signed(value, whose) : value]);
  const { context_update: changes } = output;
  return {
    ...Object.fromEntries(fields),
    ...(isJsonObject(changes) ? { context_update: signedChanges(changes, whose) } : {}),
    ...(Object.hasOwn(output, "value") ? { whose } : {}),
  };
}

export function signedText(text: string, whose: string): string {
  return whose === "" ? text : `${text} ${whose}`;
}

/** Words of an answer that mean nothing to the workflow. */
const SIGNED: ReadonlySet<string> = new Set(["result", "feedback", "message"]);

function signedChanges(changes: JsonObject, whose: string): JsonObject {
  return Object.fromEntries(Object.entries(changes).map(([path, value]) => [path, { value, whose }]));
}
