/** The JSON Schema for editors is held to the reader: the same keys, the same examples. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

import { FORMAT_SCHEMA_FILE, formatSchema } from "../../../src/authoring/schema/format-schema.ts";
import { KINDS } from "../../../src/authoring/schema/format-schema-steps.ts";
import { STEP_KINDS } from "../../../src/authoring/kinds/index.ts";
import { ROOT } from "../../support/source-files.ts";
import { randomFile } from "./random-file.ts";
import { WHOLE_LANGUAGE } from "./whole-language.ts";

const validate = new Ajv2020({ strictTypes: false, strictRequired: false, allErrors: true }).compile(formatSchema());

/** What the schema says is wrong with a file. */
function wrongWith(file: unknown): readonly string[] {
  return validate(file) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const EXAMPLES = readdirSync(join(ROOT, "examples"), { recursive: true, encoding: "utf8" }).filter((name) => /\.tutti\.ya?ml$/.test(name));
const PAGES = ["README.md", "docs/language.md"];

describe("the JSON Schema of the file format", () => {
  it("is the one that the package ships", () => {
    const shipped: unknown = JSON.parse(readFileSync(join(ROOT, FORMAT_SCHEMA_FILE), "utf8"));
    expect(shipped, "Run `npm run schema`.").toEqual(formatSchema());
    const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly files: readonly string[] };
    expect(manifest.files).toContain("schema");
  });

  it("knows every kind of step that the reader knows", () => {
    expect(KINDS.map(({ key }) => key).toSorted()).toEqual(STEP_KINDS.flatMap(({ keys }) => keys).toSorted());
  });

  it("accepts every example, every workflow of the documents, and a file that uses all of the language", () => {
    expect(EXAMPLES.length).toBeGreaterThan(0);
    for (const name of EXAMPLES) expect([name, wrongWith(parse(readFileSync(join(ROOT, "examples", name), "utf8")))]).toEqual([name, []]);
    for (const page of PAGES) {
      const text = readFileSync(join(ROOT, page), "utf8");
      const blocks = [...text.matchAll(/^```yaml\n((?:#.*\n)?tutti:.*?)^```$/gms)].map(([, block = ""]) => block);
      for (const block of blocks) expect([page, wrongWith(parse(block))]).toEqual([page, []]);
    }
    expect(wrongWith(parse(WHOLE_LANGUAGE))).toEqual([]);
  });

  it("accepts whatever the reader accepts", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fff_ffff }), (seed) => {
        expect(wrongWith(randomFile(seed))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  const step = (a: unknown) => ({ tutti: "1.0", name: "w", steps: { a } });
  const broken: readonly (readonly [what: string, file: unknown])[] = [
    ["no name", { tutti: "1.0", steps: { a: { capability: "c" } } }],
    ["another format", { ...step({ capability: "c" }), tutti: "2.0" }],
    ["an unknown key", { ...step({ capability: "c" }), step: {} }],
    ["no steps", { tutti: "1.0", name: "w", steps: {} }],
    ["a step without a kind", step({ text: "x" })],
    ["two kinds in one step", step({ capability: "c", loop: { until: "true", steps: { b: { capability: "c" } } } })],
    ["a misspelt key", step({ capability: "c", timout: "1s" })],
    ["a duration without a unit", step({ capability: "c", timeout: 30 })],
    ["a skill of a capability", step({ capability: "c", skill: "s" })],
    ["a loop with until and score", step({ loop: { until: "true", score: "1", steps: { b: { capability: "c" } } } })],
    ["a loop without an end", step({ loop: { steps: { b: { capability: "c" } } } })],
    ["an unknown strategy", step({ aggregate: { from: [], strategy: "mix" } })],
    ["an approval of nobody", step({ approval: { title: "Go?" } })],
    ["a handler with needs", step({ capability: "c", onError: { capability: "d", needs: ["a"] } })],
    ["a quorum on nothing", step({ parallel: { agents: ["x", "y"], succeed: { quorum: 2 } } })],
    ["agents and branches", step({ parallel: { agents: ["x", "y"], branches: { b: { capability: "c" } } } })],
    ["a mistake deep inside", step({ loop: { until: "true", steps: { b: { capability: "c", retry: { attempts: 0 } } } } })],
    ["an agent that leads to two places", { ...step({ agent: "x" }), agents: { x: { card: "https://a.example", module: "./a.ts" } } }],
    ["an id with capitals", { tutti: "1.0", name: "w", steps: { A: { capability: "c" } } }],
  ];
  it.each(broken)("refuses %s", (_, file) => {
    expect(wrongWith(file)).not.toEqual([]);
  });
});
