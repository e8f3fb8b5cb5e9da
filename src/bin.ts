#!/usr/bin/env node
import module from "node:module";

// Checked before anything else is imported: an older Node cannot load the rest.
if (Number(process.versions.node.split(".")[0]) < 24) {
  process.stderr.write(
    `error T2102  Tutti needs Node 24 or newer; this is Node ${process.versions.node}.\n  Install it from https://nodejs.org, or in a project: npm install --save-dev node@24\n  docs/errors.md#t2102\n`,
  );
  process.exit(1);
}
// Halves the time until a command does something.
module.enableCompileCache();
const { main } = await import("./cli/main.ts");
const code = await main(process.argv, {
  // Most commands need none of these.
  openOrchestrator: async (options) => (await import("./compose/open-orchestrator.ts")).openOrchestrator(options),
  openServer: async (options) => (await import("./compose/open-server.ts")).openServer(options),
  surveyWorkflow: async (options) => (await import("./compose/survey-workflow.ts")).surveyWorkflow(options),
  runScenarioFile: async (file) => (await import("./testing/run-scenario-file.ts")).runScenarioFile(file),
});
// A pipe takes 64 KiB at once; what is still waiting would die with the process.
for (const stream of [process.stdout, process.stderr]) await new Promise<void>((done) => stream.write("", () => done()));
process.exit(code);
