/**
 * Versions of definitions: semver, with one meaning for build metadata. A version with a `+` is a
 * *draft*: a definition under development, told from others of its version by its fingerprint
 * (workflow-language.md, Versions). Every other version is a *release*, and means one definition.
 */
// One by one: the package as a whole takes four times as long to load.
import rcompare from "semver/functions/rcompare.js";
import satisfies from "semver/functions/satisfies.js";
import valid from "semver/functions/valid.js";
import validRange from "semver/ranges/valid.js";

import type { Definition, Target } from "./definition.ts";

const FINGERPRINT_DIGITS = 12;

/** A workflow as a step names it: `name@range`; without a range, any version. */
export type WorkflowReference = Pick<Extract<Target, { kind: "workflow" }>, "name" | "range">;

/** The version under which a definition is stored when nobody else has it. */
export function ownVersion({ version }: Pick<Definition, "version">, fingerprint: string): string {
  return version ?? `0.0.0+${fingerprint.slice(0, FINGERPRINT_DIGITS)}`;
}

/** The version of an edited definition whose own version means another one by now. */
export function draftVersion({ version }: Pick<Definition, "version">, fingerprint: string): string {
  const mark = fingerprint.slice(0, FINGERPRINT_DIGITS);
  if (version === null) return `0.0.0+${mark}`;
  return `${version}${isDraft(version) ? "." : "+"}${mark}`;
}

export function isDraft(version: string): boolean {
  return version.includes("+");
}

/** True for `^2`, `~1.4`, `1.x`, `1.2.0`, `*`, and what else semver reads as a range. */
export function isVersionRange(text: string): boolean {
  return text.trim() !== "" && validRange(text) !== null;
}

/** `publish_brief@^2` in its two parts. */
export function parseReference(text: string): WorkflowReference {
  const at = text.indexOf("@");
  return at === -1 ? { name: text, range: "*" } : { name: text.slice(0, at), range: text.slice(at + 1) };
}

/** The key under which a run records which version a reference means. */
export function referenceKey({ name, range }: WorkflowReference): string {
  return `${name}@${range}`;
}

/**
 * The best of several versions: the one that the range spells out; else the highest release in it; else
 * the first draft in it, so give the newest first. A version such as `2.0.0-beta.1` is taken only by a
 * range that names it, or by `*` when there is nothing else.
 */
export function bestVersion<Candidate extends { readonly version: string }>(
  candidates: readonly Candidate[],
  range: string,
): Candidate | null {
  const exact = candidates.find(({ version }) => version === range);
  if (exact !== undefined) return exact;
  const releases = candidates.filter(({ version }) => !isDraft(version));
  const highest = highestIn(releases, range, false) ?? (isAny(range) ? highestIn(releases, range, true) : null);
  return highest ?? candidates.find(({ version }) => isDraft(version) && isIn(version, range, isAny(range))) ?? null;
}

function highestIn<Candidate extends { readonly version: string }>(
  candidates: readonly Candidate[],
  range: string,
  includePrerelease: boolean,
): Candidate | null {
  const fitting = candidates.filter(({ version }) => isIn(version, range, includePrerelease));
  return fitting.toSorted((left, right) => rcompare(left.version, right.version))[0] ?? null;
}

function isIn(version: string, range: string, includePrerelease: boolean): boolean {
  return valid(version) !== null && satisfies(version, range, { includePrerelease });
}

function isAny(range: string): boolean {
  return validRange(range) === "*";
}
