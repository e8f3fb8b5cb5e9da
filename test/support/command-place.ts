/** A folder in which the command line is executed in this process: no start of a program for each. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { commandHere, type Ended } from "./command-here.ts";

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

  /** Executes the command to its end. */
  run(...words: readonly string[]): Promise<Ended> {
    return commandHere(this.folder, words);
  }

  [Symbol.dispose](): void {
    process.chdir(this.#before);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
