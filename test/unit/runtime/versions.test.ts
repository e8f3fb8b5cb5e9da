/** Which definition a sub-workflow means, fixed before a run starts. */
import { describe, expect, it } from "vitest";

import { createAgentFactory } from "../../../src/agents/agent-factory.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { MAX_WORKFLOW_REFERENCES } from "../../../src/base/limits.ts";
import type { AgentBinding, Definition, Step } from "../../../src/definition/definition.ts";
import { openMemory } from "../../../src/hosts/memory/open-memory.ts";
import { Orchestrator } from "../../../src/runtime/orchestrator.ts";
import { Registry } from "../../../src/runtime/registry/registry.ts";
import { referencesOf } from "../../../src/runtime/workflows/versions.ts";

/** A workflow whose steps are the given sub-workflows; without any, one step of its own. */
function flow(name: string, version: string | null, references: readonly string[] = [], mark = ""): Definition {
  const ids = references.length === 0 ? ["only"] : references.map((_, index) => `s${index}`);
  const steps = Object.fromEntries(ids.map((id) => [id, { capability: "work", text: `Do it${mark}.` }]));
  const made = workflowFromObject({ name, ...(version === null ? {} : { version }), steps });
  const targeted = Object.entries(made.steps).map(([id, step], index) => [id, withTarget(step, references[index])] as const);
  return { ...made, steps: Object.fromEntries(targeted) };
}

function withTarget(step: Step, reference: string | undefined): Step {
  if (step.kind !== "delegate" || reference === undefined) return step;
  const [name = "", range = "*"] = reference.split("@");
  return { ...step, target: { kind: "workflow", name, range } };
}

function open(given: readonly Definition[] = []): Orchestrator {
  const registry = new Registry(createAgentFactory(() => undefined));
  const host = openMemory({ performer: { perform: () => undefined, cannotRecover: () => null } });
  const orchestrator = new Orchestrator({ host, registry, close: () => host.close() });
  for (const definition of given) orchestrator.workflows.add(definition);
  return orchestrator;
}

async function versionsOf({ workflows }: Orchestrator, top: Definition, options: Parameters<typeof workflows.resolve>[1] = {}) {
  const resolved = await workflows.resolve(top, options);
  return Object.fromEntries(Object.entries(resolved.workflows).map(([key, { version }]) => [key, version]));
}

describe("the sub-workflows of a run", () => {
  it("are the highest stored releases in their ranges, at every depth", async () => {
    await using orchestrator = open();
    for (const version of ["1.0.0", "1.2.0", "2.0.0"]) await orchestrator.workflows.publish(flow("leaf", version));
    await orchestrator.workflows.publish(flow("middle", "3.1.0", ["leaf@^1"]));
    expect(await versionsOf(orchestrator, flow("top", "1.0.0", ["middle@3", "leaf"]))).toEqual({
      "middle@3": "3.1.0",
      "leaf@*": "2.0.0",
      "leaf@^1": "1.2.0",
    });
  });

  it("are first what the run brings along, then what the process does, then what is stored", async () => {
    await using orchestrator = open([flow("leaf", "1.5.0", [], " in the process")]);
    await orchestrator.workflows.publish(flow("leaf", "1.9.0"));
    const top = flow("top", "1.0.0", ["leaf@^1", "leaf@1.9.0"]);
    expect(await versionsOf(orchestrator, top)).toEqual({ "leaf@^1": "1.5.0", "leaf@1.9.0": "1.9.0" });
    const given = [{ definition: flow("leaf", "1.1.0", [], " in a file") }];
    expect(await versionsOf(orchestrator, top, { given })).toEqual({ "leaf@^1": "1.1.0", "leaf@1.9.0": "1.9.0" });
    expect((await orchestrator.workflows.list({ name: "leaf", limit: 10 })).items).toHaveLength(3);
  });

  it("of a definition that was tried as a draft keep to what is published: it is refused under a version that is taken", async () => {
    await using orchestrator = open();
    await orchestrator.workflows.publish(flow("leaf", "1.0.0"));
    const edited = flow("leaf", "1.0.0", [], " better");
    const drafted = await orchestrator.workflows.store(edited, true);
    expect(drafted.version).toMatch(/^1\.0\.0\+/);
    await expect(orchestrator.workflows.store(edited)).rejects.toMatchObject({ code: "T1501" });
    expect(await orchestrator.workflows.store(edited, true)).toEqual(drafted);
  });

  it("in edited files are drafts beside the version that they name", async () => {
    await using orchestrator = open();
    await orchestrator.workflows.publish(flow("leaf", "1.0.0"));
    const given = [{ definition: flow("leaf", "1.0.0", [], " better") }];
    const top = flow("top", null, ["leaf@^1"]);
    expect(await versionsOf(orchestrator, top, { given, draft: true })).toEqual({
      "leaf@^1": expect.stringMatching(/^1\.0\.0\+[0-9a-f]{12}$/),
    });
    await expect(orchestrator.workflows.resolve(top, { given })).rejects.toMatchObject({ code: "T1501" });
  });

  it("that are not to be found are told before the run starts, with the versions that there are", async () => {
    await using orchestrator = open();
    await orchestrator.workflows.publish(flow("leaf", "1.0.0"));
    const start = (top: Definition) => orchestrator.start(top, {}, { id: "run-1" });
    await expect(start(flow("top", "1.0.0", ["leaf@^2"]))).rejects.toMatchObject({
      code: "T1502",
      message: expect.stringContaining("there are 1.0.0"),
    });
    await expect(start(flow("top", "1.0.0", ["nobody"]))).rejects.toMatchObject({
      code: "T1502",
      message: expect.stringContaining('no workflow "nobody"'),
    });
    await expect(orchestrator.record("run-1")).rejects.toMatchObject({ code: "T4001" });
  });

  it("may refer to each other: every reference is followed once", async () => {
    await using orchestrator = open();
    const top = flow("ping", "1.0.0", ["pong"]);
    for (const definition of [top, flow("pong", "1.0.0", ["ping", "pong"])]) await orchestrator.workflows.publish(definition);
    expect(await versionsOf(orchestrator, top)).toEqual({ "pong@*": "1.0.0", "ping@*": "1.0.0" });
  });

  it("are bounded in number", async () => {
    const names = Array.from({ length: MAX_WORKFLOW_REFERENCES + 1 }, (_, index) => `leaf_${index}`);
    await using orchestrator = open(names.map((name) => flow(name, "1.0.0")));
    await expect(orchestrator.workflows.resolve(flow("top", "1.0.0", names))).rejects.toMatchObject({ code: "T1503" });
  });

  it("are found in fallbacks too, each once", () => {
    const top = flow("top", "1.0.0", ["a@^1", "a@^1"]);
    const { s0 } = top.steps;
    if (s0?.kind !== "delegate") throw new Error("It is a delegate step.");
    const spare: Definition = { ...top, steps: { ...top.steps, s0: { ...s0, fallback: [{ kind: "workflow", name: "b", range: "*" }] } } };
    expect(referencesOf(spare).map(({ name }) => name)).toEqual(["a", "b"]);
  });
});

describe("what a run records of its sub-workflows", () => {
  it("is where their agents lead, under the version and the agent's name", async () => {
    const writer: AgentBinding = { kind: "card", url: "https://writer.example.com", secret: null };
    await using orchestrator = open([{ ...flow("leaf", "1.0.0"), agents: { writer } }]);
    const { bindings } = await orchestrator.workflows.resolve(flow("top", "1.0.0", ["leaf"]));
    expect(bindings).toEqual({ "leaf@1.0.0/writer": writer });
    const handle = await orchestrator.start(flow("top", "1.0.0", ["leaf"]), {});
    const [started] = await orchestrator.host.history(handle.run, 1, 1);
    expect(started?.fact).toMatchObject({ workflows: { "leaf@*": { name: "leaf", version: "1.0.0" } }, bindings });
  });

  it("are looked for among all stored versions only when others have been stored since", async () => {
    await using orchestrator = open();
    const { host, workflows } = orchestrator;
    const definitions = host.definitions.bind(host);
    let read = 0;
    host.definitions = (...asked) => {
      read += 1;
      return definitions(...asked);
    };
    await workflows.publish(flow("leaf", "1.0.0"));
    const top = flow("top", "1.0.0", ["leaf@^1", "leaf@*"]);
    expect(await versionsOf(orchestrator, top)).toEqual({ "leaf@^1": "1.0.0", "leaf@*": "1.0.0" });
    const readAtFirst = read;
    expect(await versionsOf(orchestrator, top)).toEqual({ "leaf@^1": "1.0.0", "leaf@*": "1.0.0" });
    await workflows.publish(flow("twig", "7.0.0"));
    expect(await versionsOf(orchestrator, top)).toEqual({ "leaf@^1": "1.0.0", "leaf@*": "1.0.0" });
    expect(read).toBe(readAtFirst);
    await workflows.publish(flow("leaf", "1.1.0"));
    await workflows.publish(flow("leaf", "2.0.0"));
    expect(await versionsOf(orchestrator, top)).toEqual({ "leaf@^1": "1.1.0", "leaf@*": "2.0.0" });
  });

  it("says nothing new when the same run is asked for again", async () => {
    await using orchestrator = open();
    await orchestrator.workflows.publish({
      ...flow("leaf", "1.0.0"),
      agents: { a: { kind: "card", url: "https://a.example.com", secret: null } },
    });
    const top = flow("top", "1.0.0", ["leaf"]);
    await orchestrator.start(top, {}, { id: "run-1" });
    await orchestrator.workflows.publish(flow("leaf", "1.1.0"));
    expect(await orchestrator.start(top, {}, { id: "run-1" })).toMatchObject({ created: false });
    const [started] = await orchestrator.host.history(orchestrator.ref("run-1"), 1, 1);
    expect(started?.fact).toMatchObject({ workflows: { "leaf@*": { version: "1.0.0" } } });
  });

  it("an agent of a sub-workflow that nobody is, stops the start", async () => {
    await using orchestrator = open([flow("leaf", "1.0.0")]);
    await expect(orchestrator.start(flow("top", "1.0.0", ["leaf"]), {})).rejects.toMatchObject({
      code: "T4115",
      message: expect.stringContaining("sub-workflow leaf@1.0.0"),
    });
  });
});

describe("publishing", () => {
  it("again with other agents lets them lead there; another meaning is refused", async () => {
    await using orchestrator = open();
    const first = await orchestrator.workflows.publish(flow("leaf", "1.0.0"));
    const agents: Definition["agents"] = { writer: { kind: "local", name: "writer" } };
    expect(await orchestrator.workflows.publish({ ...flow("leaf", "1.0.0"), agents })).toEqual(first);
    expect((await orchestrator.workflows.find("leaf@^1")).definition.agents).toEqual(agents);
    await expect(orchestrator.workflows.publish(flow("leaf", "1.0.0", [], " otherwise"))).rejects.toMatchObject({ code: "T1501" });
    await expect(orchestrator.workflows.find("leaf@^2")).rejects.toMatchObject({ code: "T1504" });
  });
});
