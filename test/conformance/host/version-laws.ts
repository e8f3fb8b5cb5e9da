import { expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import type { DefinitionFilter, DefinitionRecord } from "../../../src/ports/host.ts";
import { single } from "./workflows.ts";
import { refOf, tenantOf, type OpenWorld, type World } from "./world.ts";

/** A definition of one step; `mark` makes it another one. */
function report(version: string | null, mark = "", name = "report"): Definition {
  const steps = { a: { capability: "work", text: `Write ${mark}.` } };
  return workflowFromObject({ name, ...(version === null ? {} : { version }), steps });
}

export function versionLaws(open: OpenWorld): void {
  it("keeps several versions of one name side by side, and lists them by name, the newest first", async () => {
    const world = await open();
    const first = await world.host.define(DEFAULT_TENANT, report("1.0.0"));
    await world.advance(1_000);
    const second = await world.host.define(DEFAULT_TENANT, report("1.1.0"));
    await world.host.define(DEFAULT_TENANT, report("3.0.0", "", "another"));
    const now = world.clock.now();
    const expected: readonly DefinitionRecord[] = [
      { name: "another", version: "3.0.0", fingerprint: expect.any(String), storedAt: now },
      { name: "report", version: "1.1.0", fingerprint: second, storedAt: now },
      { name: "report", version: "1.0.0", fingerprint: first, storedAt: now - 1_000 },
    ];
    expect(await world.host.definitions(DEFAULT_TENANT, { limit: 10 })).toEqual({ items: expected, nextCursor: null });
    await world.open();
    expect(await world.host.definitions(DEFAULT_TENANT, { limit: 10 })).toEqual({ items: expected, nextCursor: null });
    expect(await world.host.definition(DEFAULT_TENANT, first)).toEqual(report("1.0.0"));
  });

  it("finds definitions by name, by version, by fingerprint, and without drafts", async () => {
    const world = await open();
    const fingerprint = await world.host.define(DEFAULT_TENANT, report("1.0.0"));
    await world.host.define(DEFAULT_TENANT, report("1.0.0", "edited"), { draft: true });
    await world.host.define(DEFAULT_TENANT, report("1.0.0", "", "another"));
    expect(await versionsOf(world, { name: "report" })).toHaveLength(2);
    expect(await versionsOf(world, { version: "1.0.0" })).toEqual(["another@1.0.0", "report@1.0.0"]);
    expect(await versionsOf(world, { fingerprint })).toEqual(["report@1.0.0"]);
    expect(await versionsOf(world, { name: "report", releases: true })).toEqual(["report@1.0.0"]);
    expect(await versionsOf(world, { name: "nobody" })).toEqual([]);
    expect((await world.host.definitions(tenantOf("other"), { limit: 10 })).items).toEqual([]);
    expect(await world.host.countVersions(DEFAULT_TENANT, "report")).toBe(2);
    expect(await world.host.countVersions(tenantOf("other"), "report")).toBe(0);
  });

  it("pages through all definitions, each once", async () => {
    const world = await open();
    for (let index = 0; index < 7; index += 1) {
      await world.host.define(DEFAULT_TENANT, report(`1.${index}.0`));
      if (index % 2 === 0) await world.advance(1_000);
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let page = 0; page === 0 || cursor !== null; page += 1) {
      const filter: DefinitionFilter = { name: "report", limit: 3, ...(cursor === null ? {} : { cursor }) };
      const listed: Awaited<ReturnType<typeof world.host.definitions>> = await world.host.definitions(DEFAULT_TENANT, filter);
      seen.push(...listed.items.map(({ version }) => version));
      cursor = listed.nextCursor;
    }
    expect(seen.toSorted()).toEqual(["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0", "1.6.0"]);
    expect(await world.host.definitions(DEFAULT_TENANT, { limit: 7 })).toMatchObject({ nextCursor: null });
  });
}

export function takenVersionLaws(open: OpenWorld): void {
  it("refuses another definition under a version that is taken, shows the difference, and changes nothing", async () => {
    const world = await open();
    const fingerprint = await world.host.define(DEFAULT_TENANT, report("1.0.0", "it"));
    await expect(world.host.define(DEFAULT_TENANT, report("1.0.0", "it well"))).rejects.toMatchObject({
      code: "T1501",
      message: expect.stringContaining('steps.a.text: "Write it." → "Write it well."'),
      details: { version: "1.0.0", stored: fingerprint, differences: [expect.stringContaining("steps.a.text")] },
    });
    await world.open();
    await expect(world.host.define(DEFAULT_TENANT, report("1.0.0", "it well"))).rejects.toMatchObject({ code: "T1501" });
    expect(await world.host.define(DEFAULT_TENANT, report("1.0.0", "it"))).toBe(fingerprint);
    expect(await versionsOf(world, {})).toEqual(["report@1.0.0"]);
  });

  it("of two definitions that ask for one version at once, one gets it", async () => {
    const world = await open();
    const both = [report("1.0.0", "one"), report("1.0.0", "two"), report("1.0.0", "one")];
    const results = await Promise.allSettled(both.map((definition) => world.host.define(DEFAULT_TENANT, definition)));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await versionsOf(world, {})).toEqual(["report@1.0.0"]);
  });

  it("keeps a draft of a version that is taken under that version, a plus and its fingerprint", async () => {
    const world = await open();
    await world.host.define(DEFAULT_TENANT, report("1.0.0", "one"), { draft: true });
    const second = await world.host.define(DEFAULT_TENANT, report("1.0.0", "two"), { draft: true });
    expect(await world.host.define(DEFAULT_TENANT, report("1.0.0", "two"), { draft: true })).toBe(second);
    await expect(world.host.define(DEFAULT_TENANT, report("1.0.0", "two"))).rejects.toMatchObject({ code: "T1501" });
    const marked = `report@1.0.0+${second.slice(0, 12)}`;
    expect(await versionsOf(world, {})).toEqual(expect.arrayContaining(["report@1.0.0", marked]));
    const unnamed = await world.host.define(DEFAULT_TENANT, report(null));
    expect(await versionsOf(world, { fingerprint: unnamed })).toEqual([`report@0.0.0+${unnamed.slice(0, 12)}`]);
  });

  it("a version is free again when storing it has failed", async () => {
    const world = await open();
    world.harness.failCommits(1);
    await expect(world.host.define(DEFAULT_TENANT, report("1.0.0", "one"))).rejects.toMatchObject({ retryable: true });
    const fingerprint = await world.host.define(DEFAULT_TENANT, report("1.0.0", "two"));
    expect(await versionsOf(world, { fingerprint })).toEqual(["report@1.0.0"]);
  });

  it("lets the agents of a stored definition lead elsewhere when that is asked for", async () => {
    const world = await open();
    const elsewhere: Definition = { ...single, agents: { far: { kind: "local", name: "elsewhere" } } };
    const fingerprint = await world.host.define(DEFAULT_TENANT, single);
    expect(await world.host.define(DEFAULT_TENANT, elsewhere, { rebind: true })).toBe(fingerprint);
    expect(await world.host.definition(DEFAULT_TENANT, fingerprint)).toEqual(elsewhere);
    await world.open();
    expect(await world.host.definition(DEFAULT_TENANT, fingerprint)).toEqual(elsewhere);
  });
}

export function parentLaws(open: OpenWorld): void {
  it("knows the runs that belong to another run", async () => {
    const world = await open();
    const fingerprint = await world.host.define(DEFAULT_TENANT, single);
    const common = { seed: "s", workflow: "single", version: "1.0.0", fingerprint, input: {}, by: "test" };
    await world.host.start({ run: refOf("above"), ...common });
    const { record } = await world.host.start({ run: refOf("below"), ...common, parent: { run: "above", effect: "default/above/a/1/1" } });
    expect(record.parent).toBe("above");
    await world.open();
    expect(await world.host.get(refOf("below"))).toEqual(record);
    const listed = await world.host.list({ tenant: DEFAULT_TENANT, parent: "above", limit: 10 });
    expect(listed.items).toEqual([record]);
    expect(await world.host.get(refOf("above"))).not.toHaveProperty("parent");
  });
}

async function versionsOf(world: World, filter: Partial<DefinitionFilter>): Promise<readonly string[]> {
  const { items } = await world.host.definitions(DEFAULT_TENANT, { limit: 100, ...filter });
  return items.map(({ name, version }) => `${name}@${version}`);
}
