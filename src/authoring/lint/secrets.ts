import type { Json } from "../../base/json.ts";
import { type DocumentPath, problem, type Problem } from "../../definition/problem.ts";

/** What secrets of well-known makers look like. */
const SHAPES: readonly (readonly [what: string, shape: RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["a token", /\b(?:sk|rk|pk)[-_](?:[a-z]+[-_])*[A-Za-z0-9]{20,}/],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/],
  ["an AWS key", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a Slack token", /\bxox[abposr]-[A-Za-z0-9-]{10,}/],
  ["a Google key", /\bAIza[0-9A-Za-z_-]{30,}/],
  ["a signed token", /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\./],
  ["a bearer token", /\bBearer\s+[A-Za-z0-9._~+/-]{20,}/],
  ["a password in an address", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]+@/],
];
const TELLING_KEY = /^(?:.*[_-])?(?:password|passwd|passphrase|api[_-]?key|secret|access[_-]?token|auth[_-]?token|private[_-]?key)$/i;

/** Warnings for what looks like a secret in plain text: definitions are stored, shown and copied. */
export function secretProblems(value: Json): readonly Problem[] {
  const found: Problem[] = [];
  search(value, [], found);
  return found;
}

/** One path for the whole search: a list for each value of a large definition is most of the work. */
function search(value: Json, path: (string | number)[], found: Problem[]): void {
  if (typeof value === "string") found.push(...secretsIn(value, path));
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    path.push(Array.isArray(value) ? Number(key) : key);
    search(inner, path, found);
    path.pop();
  }
}

function secretsIn(text: string, path: DocumentPath): readonly Problem[] {
  const shape = SHAPES.find(([, pattern]) => pattern.test(text));
  if (shape !== undefined) return [warning(shape[0], [...path])];
  return isTellingValue(String(path.at(-1)), text, path) ? [warning("a secret", [...path])] : [];
}

/** A plain text behind a key such as `password`. Schemas describe such keys, and `auth.secret` names one. */
function isTellingValue(key: string, value: string, path: DocumentPath): boolean {
  if (path[0] === "input" || path.at(-2) === "auth" || value.includes("${{")) return false;
  return TELLING_KEY.test(key) && value.length >= 8;
}

function warning(what: string, path: DocumentPath): Problem {
  return problem({
    code: "T1403",
    severity: "warning",
    message: `This looks like ${what} in plain text.`,
    help: "Keep it in the environment and give the agent its name: auth: { secret: NAME }.",
    path,
  });
}
