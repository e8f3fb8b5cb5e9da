/** A folder in which the command line is executed in this process: no start of a program for each. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execute } from "../../src/cli/main.ts";
import { Terminal } from "../../src/cli/terminal.ts";
import { surveyWorkflow } from "../../src/compose/survey-workflow.ts";
import { runScenarioFile } from "../../src/testing/run-scenario-file.ts";

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

export class CommandPlace implements Disposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "tutti-command-")));
  readonly #before = process.cwd();

  constructor() {
    // Files are named to people as from where they are.
    process.chdir(this.folder);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string): void {
    writeFileSync(this.path(name), content);
  }

  /** Executes the command to its end. It reaches no database and opens no server. */
  async run(...words: readonly string[]): Promise<Ended> {
    const written = { out: "", err: "" };
    const out = { write: (text: string) => (written.out += text) };
    const err = { write: (text: string) => (written.err += text) };
    const code = await execute(["node", "tutti", ...words], {
      terminal: new Terminal({ out, err, environment: {} }),
      environment: {},
      directory: this.folder,
      program: "tutti",
      keyboard: null,
      readInput: () => Promise.resolve(""),
      openOrchestrator: outOfReach,
      openServer: outOfReach,
      runScenarioFile,
      surveyWorkflow,
    });
    return { code, stdout: written.out, stderr: written.err };
  }

  [Symbol.dispose](): void {
    process.chdir(this.#before);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function outOfReach(): never {
  throw new Error("This command reaches no database and opens no server.");
}
