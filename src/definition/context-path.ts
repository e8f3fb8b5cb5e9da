import { MAX_CONTEXT_DEPTH, MAX_CONTEXT_NAME_LENGTH } from "../base/limits.ts";
import { isForbiddenName } from "./expression/value.ts";

const NAME = /^[A-Za-z0-9_-]+$/;

/** Whether a text is a path of the run context: names with dots between them. */
export function isContextPath(path: string): boolean {
  return contextPathHelp(path) === null;
}

/** Why a text cannot be a path in the run context, and what to do (requirement W095); null when it can. */
export function contextPathHelp(path: string): string | null {
  const names = path.split(".");
  if (names.some((name) => !NAME.test(name) || isForbiddenName(name)))
    return 'Write names of letters, digits, "_" and "-", with dots between them.';
  if (names.some(({ length }) => length > MAX_CONTEXT_NAME_LENGTH))
    return `A name in it has at most ${MAX_CONTEXT_NAME_LENGTH} characters.`;
  return names.length > MAX_CONTEXT_DEPTH ? `It has ${names.length} parts; the limit is ${MAX_CONTEXT_DEPTH}.` : null;
}
