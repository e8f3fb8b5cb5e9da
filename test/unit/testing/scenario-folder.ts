import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type FileReport, runScenarioFile } from "../../../src/testing/run-scenario-file.ts";

/** A folder with a workflow and scenario files. */
export class ScenarioFolder implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "tutti-scenarios-"));

  constructor(workflow: string) {
    this.write("test.tutti.yaml", `tutti: "1.0"\nname: test\nversion: 1.0.0\n${workflow}`);
  }

  write(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** Runs scenarios that are given as YAML. */
  run(rest: string): Promise<FileReport> {
    return runScenarioFile(this.write("test.scenario.yaml", `workflow: ./test.tutti.yaml\n${rest}`));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
