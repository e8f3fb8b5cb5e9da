/** The command line in this process: no start of a program for each. */
import { execute } from "../../src/cli/main.ts";
import { Terminal } from "../../src/cli/terminal.ts";
import { openOrchestrator } from "../../src/compose/open-orchestrator.ts";
import { surveyWorkflow } from "../../src/compose/survey-workflow.ts";
import { runScenarioFile } from "../../src/testing/run-scenario-file.ts";

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Executes a command to its end, as if it were typed in a folder. It opens no server. */
export async function commandHere(directory: string, words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const written = { out: "", err: "" };
  const out = { write: (text: string) => (written.out += text) };
  const err = { write: (text: string) => (written.err += text) };
  const code = await execute(["node", "tutti", ...words], {
    terminal: new Terminal({ out, err, environment }),
    environment,
    directory,
    program: "tutti",
    keyboard: null,
    readInput: () => Promise.resolve(""),
    openOrchestrator,
    openServer: outOfReach,
    runScenarioFile,
    surveyWorkflow,
  });
  return { code, stdout: written.out, stderr: written.err };
}

function outOfReach(): never {
  throw new Error("A server is a process of its own.");
}
