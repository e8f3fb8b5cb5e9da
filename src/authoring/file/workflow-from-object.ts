import type { JsonObject } from "../../base/json.ts";
import { definitionError } from "../../definition/check.ts";
import type { Definition } from "../../definition/definition.ts";
import { readDefinition } from "./read-definition.ts";

/**
 * A definition from an object in the file format, with the same checks as a file; `tutti: "1.0"` may
 * be left out. Throws a `TuttiError` (T1…) with all problems in its details.
 */
export function workflowFromObject(object: JsonObject, options: { readonly agents?: readonly string[] } = {}): Definition {
  const { definition, problems } = readDefinition({ tutti: "1.0", ...object }, options.agents);
  if (definition !== null) return definition;
  throw definitionError(typeof object["name"] === "string" ? object["name"] : "unnamed", problems);
}
