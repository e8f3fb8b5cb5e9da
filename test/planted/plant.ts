/**
 * Loaded before anything else (`node --import`): replaces the text of the bug that `TUTTI_PLANTED`
 * names, as its module is loaded. The files themselves stay as they are.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { BUGS } from "./bugs.ts";

const ROOT = join(import.meta.dirname, "../..");
const wanted = process.env["TUTTI_PLANTED"] ?? "";
const bug = BUGS.find(({ id }) => id === wanted);
if (wanted !== "" && bug === undefined) throw new Error(`There is no planted bug "${wanted}".`);

if (bug !== undefined) {
  const path = join(ROOT, bug.file);
  const url = pathToFileURL(path).href;
  registerHooks({
    load(asked, context, nextLoad) {
      if (asked !== url) return nextLoad(asked, context);
      const source = readFileSync(path, "utf8");
      if (!source.includes(bug.text)) throw new Error(`The text of "${bug.id}" is not in ${bug.file} any more.`);
      // A function, because in a plain replacement "$" has a meaning.
      return { format: "module-typescript", shortCircuit: true, source: source.replace(bug.text, () => bug.instead) };
    },
  });
}
