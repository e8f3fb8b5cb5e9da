import { canonicalJson, isJsonArray, isJsonObject, type Json } from "../base/json.ts";

/** True when a value holds all that is wanted: objects may have more keys, everything else is equal. */
export function holds(value: Json, wanted: Json): boolean {
  return differences(value, wanted).length === 0;
}

/** Where two values differ. */
export type Difference = { readonly path: string; readonly expected: Json | undefined; readonly actual: Json | undefined };

/** Differences between what is there and what is wanted, by path; keys that nobody asked for are none unless `exact`. */
export function differences(actual: Json | undefined, expected: Json, exact = false, path = ""): readonly Difference[] {
  if (isJsonObject(expected) && isJsonObject(actual)) {
    const more = exact ? Object.keys(actual).filter((key) => !Object.hasOwn(expected, key)) : [];
    return [
      ...Object.keys(expected).flatMap((key) => differences(own(actual, key), expected[key] as Json, exact, `${path}/${key}`)),
      ...more.map((key) => ({ path: `${path}/${key}`, expected: undefined, actual: actual[key] })),
    ];
  }
  if (isJsonArray(expected) && actual !== undefined && isJsonArray(actual) && actual.length === expected.length) {
    return expected.flatMap((item, index) => differences(actual[index], item, exact, `${path}/${index}`));
  }
  const isSame = actual !== undefined && canonicalJson(actual) === canonicalJson(expected);
  return isSame ? [] : [{ path, expected, actual }];
}

function own(object: { readonly [key: string]: Json }, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
