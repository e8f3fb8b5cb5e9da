/** The scenario file format (docs/testing.md). Every mistake has its line, as in a workflow file. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { TuttiError } from "../base/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { err, ok, type Result } from "../base/result.ts";
import { readDocument, type SourceDocument } from "../authoring/file/document.ts";
import { loadFile } from "../authoring/file/load-file.ts";
import { inOrder, type FileProblem } from "../authoring/file/problem.ts";
import { at, isAbsent, type Place, readObject, readText, readTexts, type Reader, report, reportForm } from "../authoring/file/reader.ts";
import type { Definition } from "../definition/definition.ts";
import { problem } from "../definition/problem.ts";
import { readScriptedAgent, readSpanText } from "./read-behaviour.ts";
import { checkActor, checkPath, readEvents } from "./read-events.ts";
import { readExpectations } from "./read-expectations.ts";
import type { Scenario, ScenarioFile } from "./scenario.ts";
import type { ScriptedAgent } from "./scripted.ts";

/** Reads a scenario file and its workflow. Throws T1001 when there is none; what is wrong in it is the result. */
export async function loadScenarios(file: string): Promise<Result<ScenarioFile, readonly FileProblem[]>> {
  const document = readDocument(await readTextOf(file), file);
  if (!document.ok) return err([document.error]);
  const reader: Reader = { problems: [], moves: [], isWhole: true };
  const object = readObject(reader, { value: document.value.value, path: [] }, { known: ["workflow", "workflows", "agents", "scenarios"] });
  const folder = dirname(resolve(file));
  const named = object === null ? null : readText(reader, at(object, [], "workflow"));
  if (object !== null && named === null && isAbsent(at(object, [], "workflow")))
    report(reader, {
      code: "T1012",
      message: "The file names no workflow.",
      help: "Add a line such as workflow: ./report.tutti.yaml.",
      path: [],
    });
  const workflow = named === null ? null : await readWorkflow(reader, resolve(folder, named), ["workflow"]);
  if (object === null || workflow === null || !workflow.ok)
    return failedWith(reader, document.value, workflow?.ok === false ? workflow.error : []);
  const others: Definition[] = [];
  for (const { text, path } of readTexts(reader, at(object, [], "workflows"))) {
    const other = await readWorkflow(reader, resolve(folder, text), path);
    if (other !== null && !other.ok) return failedWith(reader, document.value, other.error);
    if (other !== null) others.push(other.value);
  }
  const context: Context = { definition: workflow.value, definitions: [workflow.value, ...others], document: document.value };
  const scenarios = readAll(reader, object, context);
  if (reader.problems.length > 0) return failedWith(reader, document.value, []);
  return ok({ file, workflow: resolve(folder, named ?? ""), workflows: others, definition: workflow.value, scenarios });
}

type Context = { readonly definition: Definition; readonly definitions: readonly Definition[]; readonly document: SourceDocument };

function failedWith(reader: Reader, document: SourceDocument, more: readonly FileProblem[]): Result<never, readonly FileProblem[]> {
  return err(inOrder([...reader.problems.map(document.place), ...more]));
}

async function readTextOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new TuttiError("T1001", `The scenario file ${file} cannot be read.`, {
      help: "Give the path of a file such as report.scenario.yaml.",
      cause,
    });
  }
}

/** The workflow of a file: null when there is none, with a problem; its own problems as the error. */
async function readWorkflow(
  reader: Reader,
  file: string,
  path: readonly (string | number)[],
): Promise<Result<Definition, readonly FileProblem[]> | null> {
  try {
    const loaded = await loadFile(file);
    return loaded.ok ? ok(loaded.value.definition) : loaded;
  } catch (error) {
    if (!(error instanceof TuttiError)) throw error;
    report(reader, { code: error.code, message: error.message, help: "The path starts from the folder of the scenario file.", path });
    return null;
  }
}

function readAll(reader: Reader, object: JsonObject, context: Context): readonly Scenario[] {
  const common = readAgents(reader, at(object, [], "agents"), context);
  const place = at(object, [], "scenarios");
  if (!Array.isArray(place.value) || place.value.length === 0) {
    reportForm(reader, place, "a list with at least one scenario");
    return [];
  }
  return place.value.map((value: Json, index) => readScenario(reader, { value, path: [...place.path, index] }, common, context));
}

const KEYS = ["name", "input", "seed", "agents", "events", "advance", "expect"] as const;

function readScenario(reader: Reader, place: Place, common: readonly ScriptedAgent[], context: Context): Scenario {
  const object = readObject(reader, place, { known: KEYS }) ?? {};
  const own = (key: (typeof KEYS)[number]): Place => at(object, place.path, key);
  const name = readText(reader, own("name"));
  if (name === null)
    report(reader, { code: "T1012", message: "The scenario has no name.", help: "Say in `name` what it shows.", path: place.path });
  const agents = readAgents(reader, own("agents"), context);
  const lineOf: Scenario["expect"]["lineOf"] = (path) =>
    context.document.place(problem({ code: "T2206", message: "", path, at: "key" })).line;
  return {
    name: name ?? "",
    line: lineOf(place.path),
    input: own("input").value ?? {},
    seed: readText(reader, own("seed")) ?? "seed",
    agents: [...common.filter((agent) => !agents.some((other) => other.name === agent.name)), ...agents],
    events: readEvents(reader, own("events"), { ...context, lineOf }),
    advance: readSpanText(reader, own("advance")),
    expect: readExpectations(reader, own("expect"), { ...context, lineOf }),
  };
}

function readAgents(reader: Reader, place: Place, context: Context): readonly ScriptedAgent[] {
  if (isAbsent(place)) return [];
  if (!isJsonObject(place.value)) {
    reportForm(reader, place, "an object of agents and their scripts");
    return [];
  }
  return Object.keys(place.value).map((name) => {
    const own = at(place.value as JsonObject, place.path, name);
    checkActor(reader, name, own, context);
    const agent = readScriptedAgent(reader, name, own);
    for (const { step } of agent.behaviours) if (step !== undefined) checkPath(reader, step, own, context);
    return agent;
  });
}
