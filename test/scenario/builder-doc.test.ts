/** docs/builder.md is tried: its programs compile as a user compiles them, and run. */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, it } from "vitest";

import { Place } from "../support/scenario.ts";
import { ROOT } from "../support/source-files.ts";

const run = promisify(execFile);
const PAGE = readFileSync(join(ROOT, "docs/builder.md"), "utf8");
const PROGRAMS = [...PAGE.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, program = ""]) => program);

/** A project as a user has one: strict, and with nothing of ours besides the package. */
function project(folder: string): void {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules/tutti"));
  for (const name of ["zod", "@types", "@standard-schema", "@a2a-js", "undici"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
  }
  for (const [index, program] of PROGRAMS.entries()) writeFileSync(join(folder, `program-${index}.ts`), program);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    module: "nodenext",
    target: "es2024",
    lib: ["es2024", "esnext.disposable", "esnext.iterator"],
    types: ["node"],
    customConditions: ["source"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
}

/** What the compiler says about the programs. The sources of the product are checked elsewhere, and more strictly. */
async function compile(folder: string): Promise<readonly string[]> {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const output = await run(process.execPath, [tsc, "-p", "."], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (failure: { readonly stdout: string }) => failure.stdout,
  );
  return output.split("\n").filter((line) => /^(?:program-|error)/.test(line));
}

it("the programs in docs/builder.md compile and run", async () => {
  await using place = new Place();
  project(place.folder);
  expect(await compile(place.folder)).toEqual([]);
  const outputs = await Promise.all(
    PROGRAMS.map(
      async (_, index) => (await run(process.execPath, ["--conditions=source", `program-${index}.ts`], { cwd: place.folder })).stdout,
    ),
  );
  expect(outputs[0]).toMatch(/^writer has read \d+ characters\.\n$/);
  expect(outputs[1]).toContain("lines: [ 'chair: 11 sold in north' ]");
  expect(outputs[1]).toContain("note: 'none'");
  expect(outputs).toHaveLength(2);
});

it("docs/builder.md has the counterpart of every name of the guides' API (W021–W047, B009–B020)", () => {
  const table = PAGE.split("## The guides' names")[1] ?? "";
  const names =
    "WorkflowOrchestrator run decompose execute_dag aggregate run_workflow execute_sequential assign_and_execute execute_subtask sequential_workflow " +
    "parallel_workflow aggregate_parallel_results iterative_workflow execute_with_fallback parallel_with_optional run_with_timeout " +
    "cancel_pending_subtasks monitored_workflow validate_and_collect collect_result aggregate_parallel_dict aggregate_majority_vote checkpoint " +
    "register resolve get_fallback set_fallback create get set get_status get_result set_subtask_result update get_attempts complete fail lock " +
    "SubtaskTracker assign Subtask to_message send_request DAG nodes edges dependencies is_critical generate_jwt derive_action_items " +
    "SequentialBuilder ConcurrentBuilder HandoffBuilder WorkflowBuilder get_outputs stream wrap_remote_agent as_workflow_executor A2AAgent A2AExecutor " +
    "make_orchestrator make_writer build_chat_client agents communication providers";
  const said = new Set(table.split("\n").flatMap((row) => row.split("|")[1]?.match(/\w+/g) ?? []));
  expect(names.split(" ").filter((name) => !said.has(name))).toEqual([]);
});
