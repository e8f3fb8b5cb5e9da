import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const DOCS = join(import.meta.dirname, "../docs");
const DOCUMENT = join(DOCS, "benchmarks.md");

/** Replaces what stands in the document between a program's two marks, and nothing else there. */
export function writeSection(name: string, text: string): void {
  const begin = `<!-- ${name}: written by a program -->`;
  const end = `<!-- ${name}: end -->`;
  const document = readFileSync(DOCUMENT, "utf8");
  const [before, rest] = document.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${DOCUMENT} has no "${begin}" and "${end}".`);
  writeFileSync(DOCUMENT, `${before}${begin}\n\n${text}\n${end}${after}`);
  console.log(`Written: ${DOCUMENT}`);
}
