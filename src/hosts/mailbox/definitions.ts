/**
 * Which definition has which version (ports/host.ts, law 10).
 *
 * 1. The first definition that is stored under a name and version has it for ever.
 * 2. A definition whose storing is under way counts: the next one for the same version waits for it, so
 *    that of two at once one wins, and the other one sees that.
 */
import { TuttiError } from "../../base/errors.ts";
import type { Tenant } from "../../base/ids.ts";
import { canonicalJson } from "../../base/json.ts";
import type { Definition } from "../../definition/definition.ts";
import { compareDefinitions, comparisonText, differenceText } from "../../definition/difference.ts";
import { draftVersion, isDraft, ownVersion } from "../../definition/versions.ts";
import type { DefineOptions, DefinitionRecord } from "../../ports/host.ts";
import type { Programs } from "./programs.ts";
import type { Batch, Store } from "./store.ts";

export type DefinitionsParts = {
  readonly store: () => Store;
  readonly programs: Programs;
  readonly now: () => number;
  /** Adds to the next commit; resolves when it is durable. */
  readonly ride: (add: (batch: Batch) => void) => Promise<void>;
};

const DIFFERENCES_TOLD = 3;

export class Definitions {
  readonly #parts: DefinitionsParts;
  /** By tenant, name and version: settles when the definition is stored, or could not be. */
  readonly #underWay = new Map<string, Promise<void>>();
  /** Versions that have been looked for and are there; each stays for ever, and every start asks. */
  readonly #held = new Set<string>();

  constructor(parts: DefinitionsParts) {
    this.#parts = parts;
  }

  /** The fingerprint under which the definition is stored now. */
  async define(tenant: Tenant, definition: Definition, options: DefineOptions = {}): Promise<string> {
    const { programs } = this.#parts;
    const { fingerprint } = programs.compile(definition);
    const version = ownVersion(definition, fingerprint);
    const isSpare = options.draft === true || isDraft(version);
    const known = programs.find(tenant, fingerprint);
    if (known !== null) {
      // Kept as a draft, because its version is another definition: that has not changed since.
      if (!isSpare && !this.#has(tenant, fingerprint, version)) throw this.#taken(tenant, version, definition, fingerprint);
      if (options.rebind === true) await this.#rebind(tenant, fingerprint, known.definition, definition);
      return fingerprint;
    }
    const slot = `${tenant}/${definition.name}@${version}`;
    const before = this.#underWay.get(slot);
    if (before !== undefined) {
      await before;
      return this.define(tenant, definition, options);
    }
    const isTaken = this.#holderOf(tenant, definition.name, version) !== null;
    if (isTaken && !isSpare) throw this.#taken(tenant, version, definition, fingerprint);
    const storedAs = isTaken ? draftVersion(definition, fingerprint) : version;
    const stored = this.#store(tenant, definition, { name: definition.name, version: storedAs, fingerprint });
    const settled = stored.then(undefined, () => undefined);
    this.#underWay.set(slot, settled);
    try {
      await stored;
      return fingerprint;
    } finally {
      this.#underWay.delete(slot);
    }
  }

  #store(tenant: Tenant, definition: Definition, as: Omit<DefinitionRecord, "storedAt">): Promise<void> {
    const { ride, now } = this.#parts;
    return ride((batch) => batch.definitions.push({ tenant, ...as, storedAt: now(), definition, rebinds: false }));
  }

  async #rebind(tenant: Tenant, fingerprint: string, stored: Definition, given: Definition): Promise<void> {
    if (canonicalJson(stored.agents) === canonicalJson(given.agents)) return;
    const definition: Definition = { ...stored, agents: given.agents };
    const as = { name: stored.name, version: ownVersion(stored, fingerprint), fingerprint, storedAt: 0 };
    await this.#parts.ride((batch) => batch.definitions.push({ tenant, ...as, definition, rebinds: true }));
    this.#parts.programs.replace(tenant, fingerprint, definition);
  }

  #holderOf(tenant: Tenant, name: string, version: string): DefinitionRecord | null {
    return this.#parts.store().definitions(tenant, { name, version, limit: 1 }).items[0] ?? null;
  }

  #has(tenant: Tenant, fingerprint: string, version: string): boolean {
    const key = `${tenant}/${fingerprint}@${version}`;
    if (this.#held.has(key)) return true;
    const isThere = this.#parts.store().definitions(tenant, { fingerprint, version, limit: 1 }).items.length > 0;
    if (isThere) this.#held.add(key);
    return isThere;
  }

  #taken(tenant: Tenant, version: string, given: Definition, fingerprint: string): TuttiError {
    const { name } = given;
    const holder = this.#holderOf(tenant, name, version);
    const stored = holder === null ? null : this.#parts.store().definition(tenant, holder.fingerprint);
    const comparison = stored === null ? { differences: [], isWhole: false } : compareDefinitions(stored, given);
    return new TuttiError(
      "T1501",
      `Version ${version} of workflow "${name}" is another definition already. They differ: ${comparisonText(comparison, DIFFERENCES_TOLD)}.`,
      {
        help: "Give the changed definition a higher version; a version never changes its meaning, since runs are kept on it.",
        details: {
          workflow: name,
          version,
          stored: holder?.fingerprint ?? null,
          given: fingerprint,
          differences: comparison.differences.map(differenceText),
          isWhole: comparison.isWhole,
        },
      },
    );
  }
}
