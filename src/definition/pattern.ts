import { RE2JS } from "re2js";

import { MAX_PATTERN_LENGTH, MAX_PATTERN_SIZE } from "../base/limits.ts";
import { err, ok, type Result } from "../base/result.ts";

/** A regular expression whose time is linear in the text: RE2 syntax, no backtracking. */
export type Pattern = {
  readonly source: string;
  /** Steps of the matcher; a match costs at most this much for each character. */
  readonly size: number;
  readonly test: (text: string) => boolean;
  toString(): string;
};

/** Whose spelling a regular expression is in: RE2's own (CEL), or JavaScript's (JSON Schema). */
export type PatternSyntax = "re2" | "ecma";

/** Compiles a regular expression; the failure is a sentence. */
export function compilePattern(source: string, syntax: PatternSyntax): Result<Pattern, string> {
  if (source.length > MAX_PATTERN_LENGTH) {
    return err(`A regular expression has at most ${MAX_PATTERN_LENGTH} characters; this one has ${source.length}.`);
  }
  try {
    const compiled = RE2JS.compile(syntax === "ecma" ? RE2JS.translateRegExp(source) : source);
    const size = compiled.programSize();
    if (size > MAX_PATTERN_SIZE)
      return err(
        `The regular expression ${JSON.stringify(source)} is too large: its repetitions make ${size} steps, and the limit is ${MAX_PATTERN_SIZE}.`,
      );
    // Ajv keeps compiled patterns by their text, so two patterns must not have the same one.
    return ok({ source, size, test: (text) => compiled.test(text), toString: () => `/${source}/` });
  } catch (cause) {
    return err(`The regular expression ${JSON.stringify(source)} cannot be used: ${reasonOf(cause)}.`);
  }
}

function reasonOf(cause: unknown): string {
  return String(cause).replace(/^.*?error parsing regexp: /, "");
}
