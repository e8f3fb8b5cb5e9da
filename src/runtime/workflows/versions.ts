/**
 * Which definition a sub-workflow means (workflow-language.md, Versions; issue "the whole language").
 *
 * 1. Every reference of a run, at any depth, is fixed before the run starts: one version for each
 *    `name@range`, recorded with the run. A run below takes what it finds recorded above it.
 * 2. What the process brings along goes before what is stored; if none of it fits, the stored ones are
 *    looked at: the highest release in the range, else the newest draft (definition/versions.ts).
 * 3. What is brought along and chosen is stored before the run starts, so that every process can go on.
 */
import { TuttiError } from "../../base/errors.ts";
import type { Tenant } from "../../base/ids.ts";
import type { JsonObject } from "../../base/json.ts";
import { MAX_RANGES_KNOWN, MAX_VERSIONS_READ, MAX_WORKFLOW_REFERENCES } from "../../base/limits.ts";
import type { Definition } from "../../definition/definition.ts";
import { fingerprintOf } from "../../definition/fingerprint.ts";
import { bestVersion, ownVersion, referenceKey, type WorkflowReference } from "../../definition/versions.ts";
import { eachStep } from "../../definition/walk.ts";
import type { DefinitionFilter, DefinitionRecord, Host } from "../../ports/host.ts";
import type { WorkflowVersion } from "../../scheduler/input.ts";
import { recordedBindings } from "./child-bindings.ts";

/** A workflow that a process brings along: from a file, or from its own code. */
export type GivenWorkflow = {
  readonly definition: Definition;
  /** Where its agents lead; absent: where the definition says. */
  readonly bindings?: JsonObject;
};

/** The versions of the sub-workflows of a run. */
export type FixedVersions = { readonly [reference: string]: WorkflowVersion };

export type ResolveParts = {
  readonly host: Host;
  readonly tenant: Tenant;
  readonly given: readonly GivenWorkflow[];
  /** Looked at when none of the given ones fits. Never drafts. */
  readonly spare?: readonly GivenWorkflow[];
  /** What a run above has fixed already. */
  readonly fixed?: FixedVersions;
  /** Given definitions are under development (`DefineOptions.draft`). */
  readonly draft?: boolean;
};

export type Resolved = {
  readonly workflows: FixedVersions;
  /** To be recorded with the run, beside its own bindings. */
  readonly bindings: JsonObject;
  /** Each workflow once, so that one can see whether its agents are there. */
  readonly below: readonly Below[];
};

type Below = { readonly workflow: WorkflowVersion; readonly definition: Definition; readonly bindings: JsonObject };

/** Of a run that exists already: its own record counts. */
export const NOTHING_BELOW: Resolved = { workflows: {}, bindings: {}, below: [] };

const referencesByDefinition = new WeakMap<Definition, readonly WorkflowReference[]>();

/** The sub-workflows that a definition itself refers to, each `name@range` once. */
export function referencesOf(definition: Definition): readonly WorkflowReference[] {
  const known = referencesByDefinition.get(definition);
  if (known !== undefined) return known;
  const found = new Map<string, WorkflowReference>();
  for (const { step } of eachStep(definition)) {
    if (step.kind !== "delegate") continue;
    for (const target of [step.target, ...step.fallback]) if (target.kind === "workflow") found.set(referenceKey(target), target);
  }
  const references = [...found.values()];
  referencesByDefinition.set(definition, references);
  return references;
}

/** Fixes every sub-workflow of a run. Rejects with T1502 when one is not to be found, T1503 when there are too many. */
export async function resolveWorkflows(definition: Definition, parts: ResolveParts): Promise<Resolved> {
  const workflows: { [reference: string]: WorkflowVersion } = {};
  const below = new Map<string, Below>();
  const pending: Definition[] = [definition];
  for (let above = pending.pop(); above !== undefined; above = pending.pop()) {
    for (const reference of referencesOf(above)) {
      const key = referenceKey(reference);
      if (workflows[key] !== undefined) continue;
      if (Object.keys(workflows).length >= MAX_WORKFLOW_REFERENCES) throw tooMany(definition);
      const found = await find(reference, above, parts);
      workflows[key] = found.workflow;
      if (below.has(found.workflow.fingerprint)) continue;
      below.set(found.workflow.fingerprint, found);
      pending.push(found.definition);
    }
  }
  const recorded = [...below.values()].map(({ workflow, bindings }) => recordedBindings(workflow, bindings));
  return { workflows, bindings: Object.assign({}, ...recorded) as JsonObject, below: [...below.values()] };
}

async function find(reference: WorkflowReference, above: Definition, parts: ResolveParts): Promise<Below> {
  const fixed = parts.fixed?.[referenceKey(reference)];
  if (fixed !== undefined) return storedBelow(fixed, parts);
  const given = bestVersion(versionsGiven(reference.name, parts.given), reference.range);
  if (given !== null) return storeGiven(given.workflow, parts);
  const spare = bestVersion(versionsGiven(reference.name, parts.spare ?? []), reference.range);
  if (spare !== null) return storeGiven(spare.workflow, { ...parts, draft: false });
  const stored = await bestStored(reference, parts);
  if (stored !== null) return storedBelow(stored, parts);
  throw await notFound(reference, above, parts);
}

function versionsGiven(name: string, given: readonly GivenWorkflow[]) {
  return given
    .filter(({ definition }) => definition.name === name)
    .map((workflow) => ({ workflow, version: ownVersion(workflow.definition, fingerprintOf(workflow.definition)) }));
}

async function storeGiven({ definition, bindings }: GivenWorkflow, { host, tenant, draft }: ResolveParts): Promise<Below> {
  const workflow = await storeDefinition(definition, { host, tenant, ...(draft === undefined ? {} : { draft }) });
  return { workflow, definition, bindings: { ...definition.agents, ...bindings } };
}

async function storedBelow({ name, version, fingerprint }: WorkflowVersion, { host, tenant }: ResolveParts): Promise<Below> {
  const definition = await host.definition(tenant, fingerprint);
  if (definition === null) {
    throw new TuttiError("T5009", `Workflow ${name}@${version}, which the run was to use, is not in this database any more.`);
  }
  return { workflow: { name, version, fingerprint }, definition, bindings: { ...definition.agents } };
}

/** Stores a definition, and says under which version. Rejects with T1501. */
export async function storeDefinition(
  definition: Definition,
  { host, tenant, draft = false }: { readonly host: Host; readonly tenant: Tenant; readonly draft?: boolean },
): Promise<WorkflowVersion> {
  const fingerprint = await host.define(tenant, definition, draft ? { draft } : {});
  // Only a draft may be kept under another version than its own; and every start comes here.
  if (!draft) return { name: definition.name, version: ownVersion(definition, fingerprint), fingerprint };
  const { items } = await host.definitions(tenant, { fingerprint, limit: 1 });
  const [stored] = items;
  return { name: definition.name, version: stored?.version ?? ownVersion(definition, fingerprint), fingerprint };
}

const VERSIONS_PER_PAGE = 1_000;

/** The best stored version of a reference, and how many there were; it stays the best while there are as many. */
type Found = { readonly versions: number; readonly best: DefinitionRecord | null };

const foundByHost = new WeakMap<Host, Map<string, Found>>();

/** The best stored version of a reference; null when none fits. Every start asks, and there may be thousands. */
export async function bestStored(
  reference: WorkflowReference,
  { host, tenant }: Pick<ResolveParts, "host" | "tenant">,
): Promise<DefinitionRecord | null> {
  const found = foundByHost.get(host) ?? new Map<string, Found>();
  foundByHost.set(host, found);
  const key = `${tenant}/${referenceKey(reference)}`;
  const versions = await host.countVersions(tenant, reference.name);
  const before = found.get(key);
  if (before?.versions === versions) return before.best;
  const best = await searchStored(reference, { host, tenant });
  if (found.size >= MAX_RANGES_KNOWN) found.clear();
  found.set(key, { versions, best });
  return best;
}

async function searchStored(
  { name, range }: WorkflowReference,
  { host, tenant }: Pick<ResolveParts, "host" | "tenant">,
): Promise<DefinitionRecord | null> {
  const exact = await host.definitions(tenant, { name, version: range, limit: 1 });
  if (exact.items[0] !== undefined) return exact.items[0];
  const releases = bestVersion(await allStored(host, tenant, { name, releases: true }), range);
  return releases ?? bestVersion(await allStored(host, tenant, { name }), range);
}

async function allStored(host: Host, tenant: Tenant, filter: Omit<DefinitionFilter, "limit">): Promise<readonly DefinitionRecord[]> {
  const found: DefinitionRecord[] = [];
  for (let cursor: string | null = ""; cursor !== null && found.length < MAX_VERSIONS_READ;) {
    const page: Awaited<ReturnType<Host["definitions"]>> = await host.definitions(tenant, {
      ...filter,
      limit: VERSIONS_PER_PAGE,
      ...(cursor === "" ? {} : { cursor }),
    });
    found.push(...page.items);
    cursor = page.nextCursor;
  }
  return found;
}

const VERSIONS_TOLD = 5;

async function notFound(reference: WorkflowReference, above: Definition, parts: ResolveParts): Promise<TuttiError> {
  const { host, tenant, given, spare = [] } = parts;
  const { name, range } = reference;
  const { items } = await host.definitions(tenant, { name, limit: VERSIONS_TOLD });
  const known = [...new Set([...versionsGiven(name, [...given, ...spare]), ...items].map(({ version }) => version))];
  const why = known.length === 0 ? `there is no workflow "${name}"` : `no version of it fits; there are ${known.join(", ")}`;
  return new TuttiError("T1502", `Workflow "${above.name}" refers to ${name}@${range}, and ${why}.`, {
    help: `Put ${name}.tutti.yaml beside its file, name the file under workflows in tutti.config.ts, or store it with \`tutti workflows publish FILE\`. In a program: openOrchestrator({ workflows: [...] }).`,
    details: { workflow: above.name, reference: referenceKey(reference), known },
  });
}

function tooMany(definition: Definition): TuttiError {
  return new TuttiError(
    "T1503",
    `Workflow "${definition.name}" refers to more than ${MAX_WORKFLOW_REFERENCES} sub-workflows, all depths counted.`,
    {
      help: "Give what differs between them as input, and let several steps use one workflow.",
    },
  );
}
