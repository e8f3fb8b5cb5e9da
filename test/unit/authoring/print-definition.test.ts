import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { lintText } from "../../../src/authoring/lint/linter.ts";
import { loadText } from "../../../src/authoring/file/load-file.ts";
import { toMermaid } from "../../../src/authoring/graph/mermaid.ts";
import { definitionToObject, definitionToYaml } from "../../../src/authoring/print/print-definition.ts";
import { readDefinition } from "../../../src/authoring/file/read-definition.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { Json, JsonObject } from "../../../src/base/json.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import { fingerprintOf } from "../../../src/definition/fingerprint.ts";
import { randomFile } from "./random-file.ts";
import { WHOLE_LANGUAGE } from "./whole-language.ts";

function read(text: string): Definition {
  const loaded = loadText(text, "w.yaml");
  if (!loaded.ok)
    throw new Error(loaded.error.map(({ line, code, message, sourceLine }) => `${line} ${code} ${message} ${sourceLine}`).join("\n"));
  return loaded.value;
}

/** The one step `a` as it is printed. */
function printed(step: JsonObject, more: JsonObject = {}): Json | undefined {
  const definition = workflowFromObject({ name: "w", steps: { a: step }, ...more });
  return (definitionToObject(definition)["steps"] as JsonObject)["a"];
}

describe("a definition that is printed and read again is the same", () => {
  it("for a file that uses all of the language", () => {
    const definition = read(WHOLE_LANGUAGE);
    const again = read(definitionToYaml(definition));
    expect(again).toEqual(definition);
    expect(fingerprintOf(again)).toBe(fingerprintOf(definition));
  });

  it("for random files over the whole language; the picture and the linter never fail on them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fff_ffff }), (seed) => {
        const { definition, problems } = readDefinition(randomFile(seed));
        expect(problems).toEqual([]);
        if (definition === null) return;
        const text = definitionToYaml(definition);
        const again = read(text);
        expect(again).toEqual(definition);
        expect(fingerprintOf(again)).toBe(fingerprintOf(definition));
        expect(definitionToYaml(again)).toBe(text);
        expect(toMermaid(definition)).toContain("flowchart TD");
        expect(lintText(text, "w.yaml").filter(({ code }) => !code.startsWith("T14"))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  it("with agents that are declared elsewhere", () => {
    const file = { name: "w", steps: { a: { agent: "outside", fallback: ["outside", "inside", { capability: "outside" }] } } };
    const agents = ["outside"];
    const definition = workflowFromObject(file, { agents });
    const object = definitionToObject(definition, { agents });
    expect(object["steps"]).toEqual({ a: { agent: "outside", fallback: ["outside", "inside", { capability: "outside" }] } });
    expect(workflowFromObject(object, { agents })).toEqual(definition);
  });
});

describe("a definition is printed as a person writes it", () => {
  it("without defaults, and without needs that an expression implies", () => {
    const steps = {
      a: { capability: "c", timeout: "10m", retry: { attempts: 3 }, critical: true, onUnknown: "fail", rules: [], needs: [] },
      b: { capability: "c", needs: ["a"], with: { x: "${{ steps.a.output }}" } },
      d: { capability: "c", needs: ["a", "b"], if: "steps.b.output" },
    };
    expect(definitionToObject(workflowFromObject({ name: "w", timeout: "24h", steps }))).toEqual({
      tutti: "1.0",
      name: "w",
      steps: {
        a: { capability: "c" },
        b: { capability: "c", with: { x: "${{ steps.a.output }}" } },
        d: { needs: ["a"], if: "steps.b.output", capability: "c" },
      },
    });
  });

  it("with needs of inner steps where they are implied from inside", () => {
    const inner = { steps: { x: { capability: "c", with: { x: "${{ steps.a.output }}" } }, y: { capability: "c", needs: ["x"] } } };
    const object = definitionToObject(workflowFromObject({ name: "w", steps: { a: { capability: "c" }, b: inner } }));
    expect(object["steps"]).toEqual({ a: { capability: "c" }, b: inner });
  });

  it("with what most steps have alike under `defaults`", () => {
    const fast = { capability: "c", timeout: "1m" };
    const object = definitionToObject(workflowFromObject({ name: "w", steps: { a: fast, b: fast, d: { capability: "c" } } }));
    expect(object).toMatchObject({
      defaults: { timeout: "1m" },
      steps: { a: { capability: "c" }, d: { capability: "c", timeout: "10m" } },
    });
  });

  const spellings: readonly (readonly [what: string, step: JsonObject, shown: JsonObject])[] = [
    [
      "agents of a parallel step",
      { parallel: { agents: ["x", { capability: "y" }] }, text: "t" },
      { parallel: { agents: ["x", { capability: "y" }] }, text: "t" },
    ],
    [
      "branches that do the same",
      { parallel: { branches: { x: { capability: "x" }, y: { capability: "y" } }, succeed: { first: 1 } } },
      { parallel: { agents: [{ capability: "x" }, { capability: "y" }], succeed: "any" } },
    ],
    [
      "an aggregator agent",
      { aggregate: { from: [1], capability: "c" }, text: "t" },
      { capability: "c", text: "t", with: { results: [1] } },
    ],
    [
      "a sub-workflow",
      { capability: "run_subworkflow", with: { workflow: "w@^1", params: { a: 1 } } },
      { workflow: "w@^1", with: { a: 1 } },
    ],
    ["an event for the log", { emit: { event: "e", to: "log" } }, { emit: "e" }],
    ["a wait", { wait: { for: "5m" } }, { wait: "5m" }],
    ["repairs", { capability: "c", output: true, onInvalid: { repair: 0 } }, { capability: "c", output: true, onInvalid: "fail" }],
    ["a rate", { capability: "c", limit: { rate: "60/m" } }, { capability: "c", limit: { rate: "1/s" } }],
    ["a duration", { capability: "c", deadline: "90m" }, { capability: "c", deadline: "1h30m" }],
  ];
  it.each(spellings)("%s", (_, step, shown) => {
    expect(printed(step, { agents: { x: { local: "x" } } })).toEqual(shown);
  });

  it("as YAML with short values on one line, and an empty line between steps", () => {
    const file = { name: "w", steps: { a: { capability: "c", with: { x: [1, 2] } }, b: { capability: "c", text: "two\nlines\n" } } };
    expect(definitionToYaml(workflowFromObject(file))).toBe(
      'tutti: "1.0"\nname: w\n\nsteps:\n  a: { capability: c, with: { x: [1, 2] } }\n\n  b:\n    capability: c\n    text: |\n      two\n      lines\n',
    );
  });
});
