/** The file format's top level (workflow-language.md, A file) becomes a definition. */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { checkDefinition } from "../../definition/check.ts";
import { withInferredNeeds } from "../../definition/infer-needs.ts";
import { DEFAULTS, type Definition } from "../../definition/definition.ts";
import type { Problem } from "../../definition/problem.ts";
import { asWritten } from "./as-written.ts";
import { notPlainJson } from "./plain-json.ts";
import { readSchema } from "../kinds/common.ts";
import { readStep } from "../kinds/index.ts";
import type { StepSurroundings } from "../kinds/kind.ts";
import { readBudget, readUsage } from "../kinds/limits.ts";
import { readSteps } from "../kinds/nested.ts";
import { readAgents } from "./read-agents.ts";
import { readDefaults } from "./read-policy.ts";
import { at, isAbsent, type Place, present, type Reader, readDuration, readObject, readText, report, reportForm } from "./reader.ts";

const KEYS = [
  "tutti",
  "name",
  "version",
  "description",
  "input",
  "agents",
  "timeout",
  "budget",
  "usage",
  "defaults",
  "steps",
  "output",
] as const;
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;
const SEMVER = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** A definition, as far as it could be read, and everything that is wrong with it. */
export type ReadDefinition = {
  readonly definition: Definition | null;
  readonly problems: readonly Problem[];
  /** Gives problems that are found in the definition later their places in the file. */
  readonly asWritten: (problems: readonly Problem[]) => readonly Problem[];
};

/** Reads and checks a definition in the file format, with every default written in. */
export function readDefinition(value: Json, knownAgents: readonly string[] = []): ReadDefinition {
  const reader: Reader = { problems: [], moves: [], isWhole: true };
  const strange = notPlainJson(value);
  const written = (problems: readonly Problem[]): readonly Problem[] => asWritten(problems, reader.moves);
  const refused = (problems: readonly Problem[]): ReadDefinition => ({ definition: null, problems, asWritten: written });
  if (strange !== null) return refused([strange]);
  const object = readObject(reader, { value, path: [] }, { known: KEYS });
  if (object === null) return refused(reader.problems);
  const draft = readDraft(reader, object, knownAgents);
  // A step that could not be read is no step, and would only make others seem wrong.
  if (!reader.isWhole) return refused(reader.problems);
  const definition = withInferredNeeds(draft);
  const problems = withoutRepeats(reader.problems, written(checkDefinition(definition)));
  return problems.length === 0 ? { definition, problems, asWritten: written } : refused(problems);
}

/** What the reader has said of a place already, the check need not say in other words. */
function withoutRepeats(read: readonly Problem[], checked: readonly Problem[]): readonly Problem[] {
  if (read.length === 0) return checked;
  const key = ({ code, path }: Problem): string => JSON.stringify([code, path]);
  const said = new Set(read.map(key));
  return [...read, ...checked.filter((found) => !said.has(key(found)))];
}

function readDraft(reader: Reader, object: JsonObject, knownAgents: readonly string[]): Definition {
  const place = (key: (typeof KEYS)[number]): Place => at(object, [], key);
  readFormat(reader, place("tutti"));
  const agents = readAgents(reader, place("agents"));
  const names = isJsonObject(object["agents"]) ? Object.keys(object["agents"]) : [];
  const policies = readDefaults(reader, place("defaults"));
  const steps = readAllSteps(reader, place("steps"), { policies, agents: new Set([...names, ...knownAgents]) });
  return {
    tutti: "1.0",
    semantics: 1,
    name: readName(reader, place("name")),
    version: readVersion(reader, place("version")),
    description: readText(reader, place("description")),
    input: readSchema(reader, place("input")),
    agents,
    timeoutMs: readDuration(reader, place("timeout"), DEFAULTS.runTimeoutMs),
    steps,
    output: place("output").value ?? null,
    ...present({ budget: readBudget(reader, place("budget")), usage: readUsage(reader, place("usage")) }),
  };
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

/** All steps of the workflow; the reading is not whole when there are none. */
function readAllSteps(reader: Reader, place: Place, given: Pick<StepSurroundings, "policies" | "agents">): Definition["steps"] {
  if (isAbsent(place)) {
    report(reader, {
      code: "T1012",
      message: "The workflow has no steps.",
      help: "Give it at least one under `steps`.",
      path: place.path,
      at: "key",
    });
  }
  const visible = { ids: new Set<string>(), areBranches: false, outer: null };
  const surroundings = { ...given, path: place.path, visible, depth: 0, isInLoop: false, readStep };
  const steps = isAbsent(place) ? null : readSteps(reader, place, { surroundings });
  if (steps === null) reader.isWhole = false;
  return steps ?? {};
}
