/** Every example as a user meets it: its folder, its commands, its scenarios, and an agent of it in another process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { commandHere } from "../../support/command-here.ts";
import { ROOT } from "../../support/source-files.ts";

const EXAMPLES = join(ROOT, "examples");
/** What several examples share is no example. */
const FOLDERS = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap(({ name }) =>
  existsSync(join(EXAMPLES, name, "README.md")) ? [name] : [],
);
const scratch = mkdtempSync(join(tmpdir(), "tutti-examples-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const WORKSPACES = {
  RESEARCH_WORKSPACE: join(scratch, "research"),
  DOCUMENT_WORKSPACE: join(scratch, "documents"),
  SALES_WORKSPACE: join(scratch, "sales"),
};
const ENVIRONMENT = { ...process.env, NO_COLOR: "1", ...WORKSPACES };
// For the agents of commands that are executed here.
beforeAll(() => void Object.assign(process.env, WORKSPACES));

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** The command as a user starts it. */
async function tutti(words: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, ["--conditions=source", "src/bin.ts", ...words], {
    cwd: ROOT,
    env: ENVIRONMENT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}

/** The command in this process, for what a start of its own would not show better. */
const tuttiHere = (words: readonly string[]): Promise<Ended> => commandHere(ROOT, words, { NO_COLOR: "1" });

let runCount = 0;

/** Runs a workflow in a database of its own, and gives its output. */
async function outputOf(words: readonly string[], run = tuttiHere): Promise<unknown> {
  runCount += 1;
  const { code, stdout, stderr } = await run([...words, "--no-watch", "--db", join(scratch, `${runCount}.db`)]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

function filesOf(folder: string, ending: string): readonly string[] {
  return readdirSync(join(EXAMPLES, folder)).filter((name) => name.endsWith(ending));
}

function readmeOf(folder: string): string {
  return readFileSync(join(EXAMPLES, folder, "README.md"), "utf8");
}

/** The commands that a README shows, each with what it says that they print. */
function shownIn(folder: string): readonly (readonly [command: string, output: string])[] {
  const blocks = readmeOf(folder).matchAll(/^```console\n\$ npm run tutti -- (.+)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, command = "", output = ""]) => [command, output]);
}

function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

/** A `serve.ts` of an example at a free port. */
async function serve(folder: string): Promise<AsyncDisposable & { readonly url: string }> {
  const child = spawn(process.execPath, ["--conditions=source", join(EXAMPLES, folder, "serve.ts"), "0"], {
    env: ENVIRONMENT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return {
    url: line.toString().trim(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

describe("every example", () => {
  it("of the guides is there", () => {
    expect(FOLDERS).toEqual([
      "code-refinement",
      "content-generation",
      "data-enrichment",
      "document-pipeline",
      "ensemble-classification",
      "map-reduce",
      "planner-researcher-writer",
      "research-workflow",
      "sales-dashboard",
      "sales-report",
      "support-desk",
    ]);
  });

  it.each(FOLDERS)("%s has a workflow, agents, scenarios for each workflow and a README, and stands in the list", (folder) => {
    const workflows = filesOf(folder, ".tutti.yaml").map((name) => name.replace(".tutti.yaml", ""));
    const scenarios = filesOf(folder, ".scenario.yaml").map((name) => name.replace(".scenario.yaml", ""));
    expect(workflows).toContain(folder);
    expect(scenarios).toEqual(workflows);
    expect(existsSync(join(EXAMPLES, folder, "agents.ts")) || existsSync(join(EXAMPLES, folder, "agents"))).toBe(true);
    expect(readmeOf(folder)).toContain("npm run ");
    expect(readFileSync(join(EXAMPLES, "README.md"), "utf8")).toContain(`(${folder}/README.md)`);
  });

  it("gives the linter nothing to say", async () => {
    const files = FOLDERS.flatMap((folder) => filesOf(folder, ".tutti.yaml").map((name) => join("examples", folder, name)));
    const { code, stdout, stderr } = await tuttiHere(["lint", ...files]);
    expect({ code, told: stdout + stderr }).toEqual({ code: 0, told: `${files.length} files are fine.\n` });
  });

  it("does in its scenarios what they expect, without any network", async () => {
    const { stdout, stderr } = await tuttiHere(["test", "examples", "--json"]);
    expect(stderr).toBe("");
    const { passed, files } = JSON.parse(stdout) as {
      passed: boolean;
      files: { file: string; problems: unknown[]; scenarios: unknown[] }[];
    };
    const wrong = files.flatMap(({ file, problems, scenarios }) =>
      [...problems, ...scenarios.filter((scenario) => !(scenario as { passed: boolean }).passed)].map((what) => ({ file, what })),
    );
    expect({ passed, wrong }).toEqual({ passed: true, wrong: [] });
    expect(files.every(({ scenarios }) => scenarios.length >= 2)).toBe(true);
  });
});

describe("the README of an example", () => {
  const shown = FOLDERS.flatMap((folder) => shownIn(folder).map(([command, output]) => ({ folder, command, output })));

  it.each(shown)("$folder shows what `$command` prints", async ({ command, output }) => {
    expect(await outputOf(wordsOf(command))).toEqual(JSON.parse(output));
  });

  it("shows at least one command for each example that runs in one process", () => {
    const withCommand = new Set(shown.map(({ folder }) => folder));
    // Of the sales report only the path of the page would be seen, and the dashboard has a demo (sales-demo.test.ts).
    expect(FOLDERS.filter((folder) => !withCommand.has(folder))).toEqual(["sales-dashboard", "sales-report"]);
  });
});

describe("an agent of an example in another process, behind A2A", () => {
  it("researches for five others, and the workflow cannot tell (B022, B023, B024, B025)", async () => {
    await using researcher = await serve("planner-researcher-writer");
    const words = ["run", "examples/planner-researcher-writer/planner-researcher-writer.tutti.yaml"];
    const remote = await outputOf([...words, "--id", "remote", "--agent", `researcher=${researcher.url}`], tutti);
    expect(remote).toEqual(await outputOf(words));
    const { stdout } = await tuttiHere(["history", "remote", "--json", "--db", join(scratch, `${runCount - 1}.db`)]);
    const intents = stdout.split("\n").filter((line) => line.includes('"kind":"messageIntended"'));
    expect(intents.map((line) => line.includes(`"agent":"researcher","url":"${researcher.url}"`))).toEqual(Array(5).fill(true));
  });

  it("pays back what three others have handed over", async () => {
    await using refund = await serve("support-desk");
    const words = ["run", "examples/support-desk/support-desk.tutti.yaml", "-i", "message=Where is SO-1004?"];
    expect(await outputOf([...words, "--agent", `refund=${refund.url}`], tutti)).toEqual({
      reply: "We pay €83.90 back for your Barista scale.",
      path: ["triage", "order", "refund"],
      refund_cents: 8390,
    });
  });
});

describe("the document pipeline", () => {
  it("waits for a person, and goes on in another process when there is an answer", async () => {
    const db = ["--db", join(scratch, "invoice.db")];
    const file = "examples/document-pipeline/document-pipeline.tutti.yaml";
    expect((await tutti(["run", file, "-i", "document=invoice.html", "--id", "inv", ...db])).code).toBe(8);
    expect((await tuttiHere(["approve", "inv", ...db])).code).toBe(0);
    const { code, stdout } = await tutti(["run", "--id", "inv", ...db]);
    expect({ code, output: JSON.parse(stdout) as unknown }).toMatchObject({ code: 0, output: { published: true, path: "long" } });
  });
});
