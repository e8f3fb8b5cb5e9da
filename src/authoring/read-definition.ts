/** The file format's top level (workflow-language.md, A file) becomes a definition. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { checkDefinition } from "../definition/check.ts";
import { withInferredNeeds } from "../definition/compile-step.ts";
import { DEFAULTS, type Definition, type Step } from "../definition/definition.ts";
import { isForbiddenName } from "../definition/expression/value.ts";
import type { Problem } from "../definition/problem.ts";
import { notPlainJson } from "./plain-json.ts";
import { readStep } from "./kinds/index.ts";
import { readSchema } from "./kinds/delegate.ts";
import { readAgents } from "./read-agents.ts";
import { readDefaults } from "./read-policy.ts";
import { at, isAbsent, type Place, type Reader, readDuration, readObject, readText, report, reportForm } from "./reader.ts";

const KEYS = ["tutti", "name", "version", "description", "input", "agents", "timeout", "defaults", "steps", "output"] as const;
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;
const SEMVER = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** A definition, as far as it could be read, and everything that is wrong with it. */
export type ReadDefinition = { readonly definition: Definition | null; readonly problems: readonly Problem[] };

/** Reads and checks a definition in the file format, with every default written in. */
export function readDefinition(value: Json, knownAgents: readonly string[] = []): ReadDefinition {
  const reader: Reader = { problems: [] };
  const strange = notPlainJson(value);
  if (strange !== null) return { definition: null, problems: [strange] };
  const object = readObject(reader, { value, path: [] }, { known: KEYS });
  if (object === null) return { definition: null, problems: reader.problems };
  const { draft, isWhole } = readDraft(reader, object, knownAgents);
  // A step that could not be read is no step, and would only make others seem wrong.
  if (!isWhole) return { definition: null, problems: reader.problems };
  const definition = withInferredNeeds(draft);
  const problems = [...reader.problems, ...checkDefinition(definition)];
  return { definition: problems.length === 0 ? definition : null, problems };
}

function readDraft(
  reader: Reader,
  object: JsonObject,
  knownAgents: readonly string[],
): { readonly draft: Definition; readonly isWhole: boolean } {
  const place = (key: (typeof KEYS)[number]): Place => at(object, [], key);
  readFormat(reader, place("tutti"));
  const agents = readAgents(reader, place("agents"));
  const names = isJsonObject(object["agents"]) ? Object.keys(object["agents"]) : [];
  const policies = readDefaults(reader, place("defaults"));
  const steps = readSteps(reader, place("steps"), { policies, agents: new Set([...names, ...knownAgents]) });
  const draft: Definition = {
    tutti: "1.0",
    semantics: 1,
    name: readName(reader, place("name")),
    version: readVersion(reader, place("version")),
    description: readText(reader, place("description")),
    input: readSchema(reader, place("input")),
    agents,
    timeoutMs: readDuration(reader, place("timeout"), DEFAULTS.runTimeoutMs),
    steps: steps ?? {},
    output: place("output").value ?? null,
  };
  return { draft, isWhole: steps !== null };
}

/** `tutti: "1.0"`: the version of the format, so that a later one is told from a mistake. */
function readFormat(reader: Reader, { value, path }: Place): void {
  if (value === "1.0" || value === 1) return;
  const help = 'Begin the file with tutti: "1.0".';
  if (value === undefined || value === null)
    report(reader, { code: "T1012", message: "The version of the file format is missing.", help, path });
  else report(reader, { code: "T1013", message: `The file format ${JSON.stringify(value)} is not known to this version.`, help, path });
}

function readName(reader: Reader, place: Place): string {
  if (isAbsent(place)) {
    report(reader, { code: "T1012", message: "The workflow has no name.", help: "Add a line such as name: sales_report.", path: [] });
    return "unnamed";
  }
  const name = readText(reader, place);
  if (name === null || NAME.test(name)) return name ?? "unnamed";
  report(reader, {
    code: "T1014",
    message: `"${name}" cannot be the name of a workflow.`,
    help: 'Use letters, digits, ".", "_" and "-", beginning with a letter.',
    path: place.path,
  });
  return "unnamed";
}

function readVersion(reader: Reader, place: Place): string | null {
  if (isAbsent(place)) return null;
  if (typeof place.value === "string" && SEMVER.test(place.value)) return place.value;
  reportForm(reader, place, "a version of three numbers", "Write for example 1.2.0.");
  return null;
}

type Surroundings = Pick<Parameters<typeof readStep>[2], "policies" | "agents">;

/** All steps; null when one of them could not be read at all. */
function readSteps(reader: Reader, place: Place, surroundings: Surroundings): Definition["steps"] | null {
  if (isAbsent(place)) {
    report(reader, {
      code: "T1012",
      message: "The workflow has no steps.",
      help: "Give it at least one under `steps`.",
      path: place.path,
      at: "key",
    });
    return null;
  }
  const object = readObject(reader, place, null);
  if (object === null) return null;
  const ids = Object.keys(object);
  const idSet = new Set(ids);
  const steps: [string, Step][] = [];
  for (const id of ids) {
    if (isForbiddenName(id)) {
      report(reader, {
        code: "T1014",
        message: `"${id}" cannot be the id of a step.`,
        help: "It is a name of the language below; choose another.",
        path: [...place.path, id],
        at: "key",
      });
      continue;
    }
    const step = readStep(reader, object[id], { ...surroundings, path: [...place.path, id], steps: idSet });
    if (step !== null) steps.push([id, step]);
  }
  return steps.length === ids.length ? Object.fromEntries(steps) : null;
}
