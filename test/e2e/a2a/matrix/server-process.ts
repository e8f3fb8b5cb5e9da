/** Programs of the tests as processes of their own, whose first line is a JSON value. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** An interface as a program offers it. */
export type Offered = { readonly url: string; readonly protocolBinding: string; readonly protocolVersion: string };

export class ServerProcess<Ready> implements AsyncDisposable {
  readonly ready: Ready;
  readonly child: ChildProcess;

  private constructor(child: ChildProcess, ready: Ready) {
    this.child = child;
    this.ready = ready;
  }

  /** Starts a program and waits for its first line, which tells what there is to know of it. */
  static async start<Ready>(program: string, ...args: readonly string[]): Promise<ServerProcess<Ready>> {
    const child = spawn(process.execPath, ["--conditions=source", program, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = new AbortController();
    const over = once(child, "exit", { signal: ended.signal }).then(([code]) => {
      throw new Error(`${program} ended with code ${String(code)} before it said anything.`);
    });
    const line = await Promise.race([once(createInterface(child.stdout), "line"), over]);
    ended.abort();
    over.catch(() => undefined);
    // Its first line is what it was made to say.
    return new ServerProcess(child, JSON.parse(String(line[0])) as Ready);
  }

  /** Ends it as a crash does, unless it has ended already. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const over = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await over;
  }
}

/** For a program: says what there is to know, and ends with the one who started it. */
export function sayReady(ready: unknown): void {
  process.stdin.on("end", () => process.exit(0)).resume();
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}
