/** What the functions and methods of expressions want, and what they give. */
import type { Json } from "../../base/json.ts";
import type { TypeName } from "./schema-facts.ts";

export type Method = {
  /** What may stand before the dot. */
  readonly of: readonly TypeName[];
  readonly gives: Json;
  /** Whether its first argument is a variable. */
  readonly isMacro: boolean;
};

const FUNCTION_SHAPES: { readonly [name: string]: Json } = {
  size: { type: "integer", minimum: 0 },
  int: { type: "integer" },
  uint: { type: "integer", minimum: 0 },
  double: { type: "number" },
  string: { type: "string" },
  bool: { type: "boolean" },
  matches: { type: "boolean" },
};

/** The schema of a function's result. */
export function callShape(name: string): Json {
  return Object.hasOwn(FUNCTION_SHAPES, name) ? (FUNCTION_SHAPES[name] as Json) : true;
}

const TEXT: readonly TypeName[] = ["string"];
const PARTS: readonly TypeName[] = ["array", "object"];

export const METHODS: { readonly [name: string]: Method | undefined } = {
  size: method(["array", "object", "string"], { type: "integer", minimum: 0 }),
  startsWith: method(TEXT, { type: "boolean" }),
  endsWith: method(TEXT, { type: "boolean" }),
  matches: method(TEXT, { type: "boolean" }),
  lowerAscii: method(TEXT, { type: "string" }),
  upperAscii: method(TEXT, { type: "string" }),
  trim: method(TEXT, { type: "string" }),
  substring: method(TEXT, { type: "string" }),
  replace: method(TEXT, { type: "string" }),
  split: method(TEXT, { type: "array", items: { type: "string" } }),
  join: method(["array"], { type: "string" }),
  map: macro(),
  filter: macro(),
  all: macro(),
  exists: macro(),
  exists_one: macro(),
};

function method(of: readonly TypeName[], gives: Json): Method {
  return { of, gives, isMacro: false };
}

function macro(): Method {
  return { of: PARTS, gives: true, isMacro: true };
}
