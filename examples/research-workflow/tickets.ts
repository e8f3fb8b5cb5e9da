import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { z } from "zod";

import { pathOf, runFolder, writeWhole } from "../sales-dashboard/lib/workspace.ts";

export const Ticket = z.object({ id: z.string(), created_at: z.string(), channel: z.string(), text: z.string() });
export type Ticket = z.infer<typeof Ticket>;

/** Where each source of tickets is. */
export const SOURCES: { readonly [source: string]: URL } = { support_tickets: new URL("./data/support_tickets.jsonl", import.meta.url) };

/** Where the files of runs go: `RESEARCH_WORKSPACE`, or `out/` of this example. */
const workspace = (): string => process.env["RESEARCH_WORKSPACE"] ?? fileURLToPath(new URL("./out", import.meta.url));

export function parseTickets(text: string): readonly Ticket[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Ticket.parse(JSON.parse(line)));
}

/** Reads tickets from a reference into the workspace; nothing outside of it is read. */
export function readTickets(uri: string): readonly Ticket[] {
  return parseTickets(readFileSync(pathOf(uri, workspace()), "utf8"));
}

/** Writes tickets into the folder of a run, and gives the reference. */
export function writeTickets(run: string, name: string, tickets: readonly Ticket[]): Promise<string> {
  const path = `${runFolder(run, workspace())}/${name}.jsonl`;
  return writeWhole(path, tickets.map((ticket) => `${JSON.stringify(ticket)}\n`).join(""));
}
