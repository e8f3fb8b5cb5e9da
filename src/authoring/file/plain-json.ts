import { MAX_JSON_DEPTH } from "../../base/limits.ts";
import { type DocumentPath, problem, type Problem } from "../../definition/problem.ts";

/** The first part of a value that is not plain JSON: YAML and JavaScript can say more than JSON can. */
export function notPlainJson(value: unknown, path: DocumentPath = []): Problem | null {
  return refusedIn(value, [...path]);
}

/** One path for the whole search: a list for each value of a large definition is most of the work. */
function refusedIn(value: unknown, path: (string | number)[]): Problem | null {
  if (value === null || typeof value === "boolean") return null;
  if (typeof value === "number") return Number.isFinite(value) ? null : refused("The number is not finite, which JSON cannot say.", path);
  if (typeof value === "string")
    return value.isWellFormed() ? null : refused("The text holds half a character, which is not Unicode.", path);
  if (typeof value !== "object" || !isPlain(value)) return refused(`A ${typeName(value)} is not JSON.`, path);
  if (path.length >= MAX_JSON_DEPTH)
    return problem({ code: "T1017", message: `The definition is nested more than ${MAX_JSON_DEPTH} deep.`, path: [...path] });
  for (const [key, inner] of Object.entries(value)) {
    path.push(Array.isArray(value) ? Number(key) : key);
    const found = refusedIn(inner, path);
    if (found !== null) return found;
    path.pop();
  }
  return null;
}

function refused(message: string, path: DocumentPath): Problem {
  return problem({ code: "T1011", message, help: "Write it as a text.", path: [...path] });
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function typeName(value: unknown): string {
  return typeof value === "object" && value !== null ? value.constructor.name : typeof value;
}
