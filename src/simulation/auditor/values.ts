/**
 * What flows through a run, told a second time from its facts.
 *
 * 1. A step that is given the whole output of another gets what that one came to; of a list, the
 *    results in the order of its items, and null where a failure was tolerated.
 * 2. The run context is the sum of what was written in the order of the definition, whoever was first.
 * 3. What nobody decided in time is decided as the workflow says.
 * 4. A step whose condition reads a part of the input that is false is not done.
 * 5. What an agent's work came to keeps the contract of its step, as far as types and bounds say it.
 */
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { StoredFact } from "../evidence.ts";
import { asObject, type Flaw, pathOf } from "./facts.ts";
import { canonical } from "./join.ts";
import { OpenHandlers } from "./open-handlers.ts";
import { frameOf, indexOf, isItem, listOf, ownerOf, pathIn } from "./paths.ts";
import type { Places } from "./places.ts";

type Write = { readonly rank: readonly number[]; readonly path: string; readonly value: unknown };

const WHOLE_OUTPUT = /^\$\{\{\s*steps\.([a-z][a-z0-9_]*)\.(?:output|\?output\.orValue\([^)]*\))\s*\}\}$/;
const WHOLE_CONTEXT = /^\$\{\{\s*context\s*\}\}$/;
const BEGINS: ReadonlySet<string> = new Set(["subtaskAssigned", "stepExpanded", "scopeOpened", "waitStarted"]);
const UNKNOWN = Symbol("unknown");

export class Values {
  readonly #flaw: Flaw;
  readonly #places: Places;
  readonly #outputs = new Map<string, unknown>();
  readonly #lists = new Map<string, unknown[]>();
  readonly #writes: Write[] = [];
  #input: JsonObject = {};
  /** Where a handler stands in, whose output is its own. */
  readonly #handled = new OpenHandlers();

  constructor(places: Places, flaw: Flaw) {
    this.#places = places;
    this.#flaw = flaw;
  }

  take(fact: StoredFact): void {
    const path = pathOf(fact);
    this.#handled.take(fact);
    if (BEGINS.has(fact.kind)) this.#auditCondition(fact, path);
    switch (fact.kind) {
      case "runStarted":
        this.#input = asObject(fact["input"]);
        return;
      case "stepExpanded":
        this.#lists.set(path, Array.isArray(fact["items"]) ? fact["items"].map(() => null) : []);
        return;
      case "approvalDecided":
        this.#auditDecision(fact, path);
        return this.#note(path, fact["output"]);
      case "subtaskCompleted":
        this.#auditContract(fact, path);
        return this.#note(path, fact["output"]);
      case "stepCompleted":
        return this.#note(path, this.#lists.get(path));
      case "subtaskFailed":
        return this.#note(path, null);
      case "subtaskAssigned":
        return this.#auditInput(fact, path);
      case "contextChanged":
        return this.#write(fact);
      case "runCompleted":
        return this.#auditTemplates(this.#places.workflow.output, fact["output"], { frame: "", what: "the run's output" });
    }
  }

  #note(path: string, output: unknown): void {
    const list = isItem(path) ? this.#lists.get(listOf(path)) : undefined;
    if (list !== undefined) list[indexOf(path) ?? 0] = output;
    else this.#outputs.set(path, output);
  }

  #auditInput(fact: StoredFact, path: string): void {
    const file = this.#places.stepAt(listOf(path))?.file;
    if (file !== undefined && fact["attempt"] === 1)
      this.#auditTemplates(file["with"], fact["input"], { frame: frameOf(path), what: `the input of ${path}` });
  }

  /** Looks at the templates that are nothing but the output of a step, or the context. */
  #auditTemplates(templates: unknown, values: unknown, { frame, what }: { readonly frame: string; readonly what: string }): void {
    if (!isJsonObject(templates)) return;
    for (const [key, template] of Object.entries(templates)) {
      const expected = typeof template === "string" ? this.#valueOf(template, frame) : UNKNOWN;
      const value = asObject(values)[key];
      if (expected !== UNKNOWN && canonical(value) !== canonical(expected))
        this.#flaw("values", `${key} of ${what} is ${canonical(value)}, and should be ${canonical(expected)}`);
    }
  }

  #valueOf(template: string, frame: string): unknown {
    const id = WHOLE_OUTPUT.exec(template)?.[1];
    if (id !== undefined) return this.#outputOf(id, frame);
    return WHOLE_CONTEXT.test(template) ? contextOf(this.#writes) : UNKNOWN;
  }

  /** The output of a step beside, or further out. One that was skipped has none. */
  #outputOf(id: string, frame: string): unknown {
    for (let around = frame; ; around = frameOf(listOf(ownerOf(around)))) {
      const path = pathIn(around, id);
      if (this.#outputs.has(path)) return this.#outputs.get(path);
      if (around === "") return UNKNOWN;
    }
  }

  #write(fact: StoredFact): void {
    const { rank, changes } = fact;
    if (!Array.isArray(rank) || !Array.isArray(changes)) return;
    for (const { path, value } of changes.map(asObject))
      if (typeof path === "string") this.#writes.push({ rank: rank.map(Number), path, value });
  }

  #auditCondition(fact: StoredFact, path: string): void {
    const condition = this.#places.stepAt(listOf(path))?.file["if"];
    const key = typeof condition === "string" ? /^input\.(\w+)$/.exec(condition)?.[1] : undefined;
    if (key !== undefined && this.#input[key] === false)
      this.#flaw("values", `fact ${fact.seq}: ${path} begins, and input.${key} is false`);
  }

  #auditContract(fact: StoredFact, path: string): void {
    const file = this.#places.stepAt(listOf(path))?.file;
    if (file === undefined || this.#handled.has(path) || fact["agent"] === "") return;
    const output = fact["output"];
    const { type, minimum } = asObject(file["output"]);
    const isRight = type !== "integer" || (Number.isInteger(output) && Number(output) >= Number(minimum ?? -Infinity));
    const below = Array.isArray(file["rules"]) ? /^output < (\d+)$/.exec(String(file["rules"][0]))?.[1] : undefined;
    if (!isRight || (below !== undefined && Number(output) >= Number(below)))
      this.#flaw("contract", `fact ${fact.seq}: ${path} completed with ${canonical(output)}, which breaks its contract`);
  }

  #auditDecision(fact: StoredFact, path: string): void {
    const { decision } = asObject(fact["output"]);
    const { onTimeout } = asObject(this.#places.stepAt(listOf(path))?.file["approval"]);
    const wanted = onTimeout === "approve" ? "approved" : onTimeout === "reject" ? "rejected" : null;
    if (fact["by"] === null && decision !== wanted)
      this.#flaw("values", `nobody decided ${path} in time, and it was ${canonical(decision)}, not ${wanted}`);
  }
}

function contextOf(writes: readonly Write[]): JsonObject {
  const context: Record<string, unknown> = {};
  // Sorting keeps the order of what one writer wrote.
  for (const { path, value } of writes.toSorted((one, other) => compare(one.rank, other.rank))) put(context, path.split("."), value);
  return context as JsonObject;
}

function put(into: Record<string, unknown>, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    into[key] = value;
    return;
  }
  const inner: Record<string, unknown> = { ...asObject(into[key]) };
  into[key] = inner;
  put(inner, rest, value);
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((number, index) => number !== other[index]);
  return at === -1 || other[at] === undefined ? one.length - other.length : (one[at] ?? 0) - other[at];
}
