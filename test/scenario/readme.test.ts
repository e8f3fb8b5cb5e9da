/** README.md is tried: its program is run letter by letter, and its workflow with agents in the place of the placeholders. */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { defineAgent, loadText, openOrchestrator, serveAgent } from "tutti";
import { expect, it } from "vitest";

import { lintFile } from "../../src/authoring/lint/linter.ts";
import { Place } from "../support/scenario.ts";
import { ROOT } from "../support/source-files.ts";

const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The only code block of README.md in a language. */
function block(language: string): string {
  const blocks = [...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))];
  expect(blocks).toHaveLength(1);
  return blocks[0]?.[1] ?? "";
}

it("the program in README.md prints what README.md says, and the same when it is started again, without asking an agent (W110)", async () => {
  await using place = new Place();
  mkdirSync(join(place.folder, "node_modules"));
  symlinkSync(ROOT, join(place.folder, "node_modules/tutti"));
  symlinkSync(join(ROOT, "node_modules/zod"), join(place.folder, "node_modules/zod"));
  const printed = /It prints `([^`]+)`/.exec(README)?.[1] ?? "README.md does not say what it prints.";
  const run = async (program: string) => {
    writeFileSync(join(place.folder, "welcome.ts"), program);
    return (await promisify(execFile)(process.execPath, ["--conditions=source", "welcome.ts"], { cwd: place.folder })).stdout;
  };
  expect(await run(block("ts"))).toBe(`${printed}\n`);
  // If an agent were asked again, it would now say something else.
  expect(await run(block("ts").replace("Hello,", "Goodbye,"))).toBe(`${printed}\n`);
});

it("the workflow in README.md is fine, and runs with agents at the addresses that are placeholders there (W011, W033)", async () => {
  await using place = new Place();
  const file = join(place.folder, "vendor-brief.tutti.yaml");
  writeFileSync(file, block("yaml"));
  expect(await lintFile(file)).toEqual([]);
  const loaded = loadText(block("yaml"), file);
  if (!loaded.ok) throw new Error("The linter would have said so.");
  const planner = defineAgent({
    name: "planner",
    description: "Plans.",
    version: "1.0.0",
    capabilities: {
      make_plan: { description: "Plans.", run: ({ text }) => ({ questions: [`${text} One?`, "Two?"] }) },
    },
  });
  const writer = defineAgent({
    name: "writer",
    description: "Writes.",
    version: "1.0.0",
    capabilities: { write: { description: "Writes.", run: ({ input }) => ({ of: input }) } },
  });
  const researcher = defineAgent({
    name: "researcher",
    description: "The fallback of a capability that nobody has.",
    version: "1.0.0",
    capabilities: { web_research_backup: { description: "Researches.", run: ({ input }) => input } },
  });
  const [planning, writing] = [place.keep(await serveAgent(planner)), place.keep(await serveAgent(writer))];
  const card = (url: string) => ({ kind: "card", url, secret: null });
  await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [researcher] });
  const output = await orchestrator.run(
    loaded.value,
    { vendor: "Acme" },
    { bindings: { planner: card(planning.url), writer: card(writing.url) } },
  );
  expect(output).toEqual({
    brief: { of: { findings: [{ question: "List research questions about Acme. One?" }, { question: "Two?" }] } },
  });
});
