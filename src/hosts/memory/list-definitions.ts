import type { DefinitionFilter, DefinitionRecord, Page } from "../../ports/host.ts";
import { pageOf } from "../mailbox/page.ts";

/** A page of definitions, by name, and of one name the newest first. */
export function pageOfDefinitions(rows: readonly DefinitionRecord[], filter: DefinitionFilter): Page<DefinitionRecord> {
  const matching = rows.filter((row) => matches(row, filter)).toSorted(byPlace);
  const after = filter.cursor === undefined ? 0 : matching.findIndex((row) => cursorOf(row) === filter.cursor) + 1;
  const items = matching
    .slice(after, after + filter.limit + 1)
    .map(({ name, version, fingerprint, storedAt }) => ({ name, version, fingerprint, storedAt }));
  return pageOf(items, filter.limit, cursorOf);
}

function matches(row: DefinitionRecord, { name, version, fingerprint, releases }: DefinitionFilter): boolean {
  if (name !== undefined && row.name !== name) return false;
  if (version !== undefined && row.version !== version) return false;
  if (fingerprint !== undefined && row.fingerprint !== fingerprint) return false;
  return releases !== true || !row.version.includes("+");
}

function byPlace(left: DefinitionRecord, right: DefinitionRecord): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  if (left.storedAt !== right.storedAt) return right.storedAt - left.storedAt;
  return left.fingerprint < right.fingerprint ? -1 : 1;
}

/** Definitions are never taken out, so the place of one stays. */
function cursorOf({ name, storedAt, fingerprint }: DefinitionRecord): string {
  return `${storedAt}/${fingerprint}/${name}`;
}
