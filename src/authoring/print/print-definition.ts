import { Document, isMap, isPair, isScalar, isSeq, visit, type YAMLMap, type YAMLSeq } from "yaml";

import type { Json, JsonObject } from "../../base/json.ts";
import { DEFAULTS, type Definition } from "../../definition/definition.ts";
import { withWrittenNeeds } from "./print-needs.ts";
import { commonPolicies } from "./print-defaults.ts";
import { agentObject, budgetObject, durationText, policyKeys, present, type Printing } from "./print-policy.ts";
import { printSteps } from "./print-step.ts";
import { STANDARD_POLICIES } from "../file/read-policy.ts";

export type PrintOptions = {
  /** Agents that are declared elsewhere, as they were known when the definition was read. */
  readonly agents?: readonly string[];
};

/** What fits on a line as `{ a: 1 }` or `[a, b]`. */
const INLINE_WIDTH = 90;

/**
 * A definition in the file format, as a person would write it: no defaults, no needs that an
 * expression implies, the shortest spelling of each kind. Reading it gives an equal definition
 * (issue 3: any definition can be printed).
 */
export function definitionToObject(definition: Definition, { agents = [] }: PrintOptions = {}): JsonObject {
  const written = withWrittenNeeds(definition);
  const policies = commonPolicies(definition);
  const printing: Printing = { agents: new Set([...Object.keys(definition.agents), ...agents]), policies };
  const defaults = policyKeys(policies, { policies: STANDARD_POLICIES });
  const bindings = Object.entries(definition.agents).map(([name, binding]): [string, Json] => [name, agentObject(binding)]);
  return present({
    tutti: definition.tutti,
    name: definition.name,
    version: definition.version,
    description: definition.description,
    input: definition.input,
    agents: bindings.length === 0 ? null : Object.fromEntries(bindings),
    timeout: definition.timeoutMs === DEFAULTS.runTimeoutMs ? null : durationText(definition.timeoutMs),
    budget: definition.budget === undefined ? null : budgetObject(definition.budget),
    usage: definition.usage,
    defaults: Object.keys(defaults).length === 0 ? null : defaults,
    steps: printSteps(written.steps, printing),
    output: definition.output,
  });
}

/** The same as YAML, with an empty line between sections and between steps. */
export function definitionToYaml(definition: Definition, options: PrintOptions = {}): string {
  return toYaml(definitionToObject(definition, options));
}

/** An object of the file format as YAML: small values on one line, sections and steps apart. */
export function toYaml(object: JsonObject): string {
  const document = new Document(object, { aliasDuplicateObjects: false });
  const root = document.contents;
  if (isMap(root)) {
    separate(root, ["input", "agents", "timeout", "steps", "output"]);
    const steps = root.get("steps");
    if (isMap(steps)) separate(steps, null);
  }
  inlineSmall(document);
  return document.toString({ lineWidth: 0 });
}

/** An empty line before each of these keys; null: before each but the first. */
function separate(map: YAMLMap, keys: readonly string[] | null): void {
  map.items.forEach((pair, index) => {
    if (!isScalar(pair.key)) return;
    pair.key.spaceBefore = keys === null ? index > 0 : keys.includes(String(pair.key.value));
  });
}

/** Values that are short and flat stand on one line; steps never do. */
function inlineSmall(document: Document): void {
  visit(document, {
    Collection(_, node, path) {
      padded(node);
      const holder = path.at(-1);
      const key = isPair(holder) && isScalar(holder.key) ? holder.key.value : null;
      if (path.length <= 1 || key === "steps" || key === "branches") return undefined;
      const text = JSON.stringify(node);
      if ((isSeq(node) || path.length > 3) && text.length <= INLINE_WIDTH && !text.includes("\\n")) node.flow = true;
      return undefined;
    },
  });
}

/** `{ a: 1 }` has room at its ends and `[a]` has none; the library knows only both or neither. */
function padded(node: YAMLMap | YAMLSeq): void {
  const print = node.toString.bind(node);
  const flowCollectionPadding = isMap(node) ? " " : "";
  node.toString = (context, ...more) => print(context === undefined ? context : { ...context, flowCollectionPadding }, ...more);
}
