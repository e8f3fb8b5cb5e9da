/**
 * Figures of a test for the trust report: one line of JSON on standard output, and the same as a file
 * where TUTTI_TRUST_DIR says.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Figures = { readonly [figure: string]: number | string | readonly string[] };

/** `name`: in kebab-case; figures of one name replace each other. */
export function publishFigures(name: string, figures: Figures): void {
  const line = JSON.stringify({ name, ...figures });
  process.stdout.write(`${line}\n`);
  const directory = process.env["TUTTI_TRUST_DIR"];
  if (directory === undefined) return;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name}.json`), `${line}\n`);
}

const skipCounts = new Map<string, number>();

/** One test more that could not be tried here, and why. */
export function publishSkip(name: string, reason: string): void {
  const skipped = (skipCounts.get(name) ?? 0) + 1;
  skipCounts.set(name, skipped);
  publishFigures(name, { skipped, reason });
}
