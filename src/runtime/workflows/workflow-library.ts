import { TuttiError } from "../../base/errors.ts";
import type { Tenant } from "../../base/ids.ts";
import type { JsonObject } from "../../base/json.ts";
import { parseReference } from "../../definition/versions.ts";
import type { Definition } from "../../definition/definition.ts";
import type { DefinitionFilter, DefinitionRecord, Host, Page } from "../../ports/host.ts";
import type { WorkflowVersion } from "../../scheduler/input.ts";
import { bindingsBelow } from "./child-bindings.ts";
import type { Registry } from "../registry/registry.ts";
import {
  bestStored,
  type FixedVersions,
  type GivenWorkflow,
  NOTHING_BELOW,
  referencesOf,
  type Resolved,
  resolveWorkflows,
  storeDefinition,
} from "./versions.ts";

export type LibraryParts = { readonly host: Host; readonly registry: Registry; readonly tenant: Tenant };

export type ResolveOptions = {
  /** Workflows for this run alone; they go before those of the process. */
  readonly given?: readonly GivenWorkflow[];
  readonly draft?: boolean;
  /** What an earlier run has fixed, for a run that repeats a part of it. */
  readonly fixed?: FixedVersions;
};

/** The workflows that runs can start on and refer to: those that are stored, and those that this process brings along. */
export class WorkflowLibrary {
  readonly #parts: LibraryParts;
  readonly #given: GivenWorkflow[] = [];
  /** Definitions never change, and neither do the versions under which they are stored: as drafts, and as what they name. */
  readonly #drafts = new WeakMap<Definition, WorkflowVersion>();
  readonly #released = new WeakMap<Definition, WorkflowVersion>();

  constructor(parts: LibraryParts) {
    this.#parts = parts;
  }

  /** Brings a workflow along, for runs that refer to it by `workflow: name@range`. */
  add(definition: Definition, bindings?: JsonObject): void {
    this.#given.push({ definition, ...(bindings === undefined ? {} : { bindings }) });
  }

  /** Stores a definition and says under which version. A draft takes a version of its own when it must; else T1501. */
  async store(definition: Definition, draft = false): Promise<WorkflowVersion> {
    const cache = draft ? this.#drafts : this.#released;
    const known = cache.get(definition);
    if (known !== undefined) return known;
    const { host, tenant } = this.#parts;
    const stored = await storeDefinition(definition, { host, tenant, draft });
    cache.set(definition, stored);
    return stored;
  }

  /** Stores a definition for others to refer to; stored already, its agents lead where it says from now on. Rejects with T1501. */
  async publish(definition: Definition): Promise<WorkflowVersion> {
    const { host, tenant } = this.#parts;
    await host.define(tenant, definition, { rebind: true });
    return this.store(definition);
  }

  /** Stored definitions, by name; of one name the newest first. */
  list(filter: DefinitionFilter): Promise<Page<DefinitionRecord>> {
    return this.#parts.host.definitions(this.#parts.tenant, filter);
  }

  /** The best stored definition for `name` or `name@range`. Rejects with T1504 when there is none. */
  async find(reference: string): Promise<DefinitionRecord & { readonly definition: Definition }> {
    const { host, tenant } = this.#parts;
    const { name, range } = parseReference(reference);
    const record = await bestStored({ name, range }, { host, tenant });
    const definition = record === null ? null : await host.definition(tenant, record.fingerprint);
    if (record !== null && definition !== null) return { ...record, definition };
    const known = (await this.list({ name, limit: 1 })).items.length > 0;
    throw new TuttiError("T1504", known ? `No stored version of "${name}" fits ${range}.` : `No workflow "${name}" is stored here.`, {
      help: `\`tutti workflows list${known ? ` ${name}` : ""}\` shows what there is.`,
    });
  }

  /** Fixes the sub-workflows of a run that is about to start. Rejects with T1502. */
  async resolve(definition: Definition, { given = [], draft = false, fixed = {} }: ResolveOptions = {}): Promise<Resolved> {
    if (referencesOf(definition).length === 0) return NOTHING_BELOW;
    const { host, tenant, registry } = this.#parts;
    // What the registry knows of fallbacks is written into every definition that is started here.
    const complete = (workflow: GivenWorkflow): GivenWorkflow => ({
      ...workflow,
      definition: registry.fallbacks.complete(workflow.definition),
    });
    return resolveWorkflows(definition, { host, tenant, given: given.map(complete), spare: this.#given.map(complete), fixed, draft });
  }

  /** Why a sub-workflow could not run here, as a sentence; null when all can. */
  async cannotRunBelow({ below }: Resolved, recorded: JsonObject): Promise<string | null> {
    for (const { definition, workflow } of below) {
      const bindings = bindingsBelow(definition, workflow, recorded);
      const reason = this.#parts.registry.cannotBind(definition, bindings);
      if (reason !== null) return `sub-workflow ${workflow.name}@${workflow.version}: ${reason}`;
      await this.#parts.registry.load(definition, bindings);
    }
    return null;
  }
}
