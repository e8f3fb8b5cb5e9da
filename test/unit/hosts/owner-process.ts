/**
 * Another process on a database, for tests: `owner-process.ts PATH own|try|try-as-nobody|fill`.
 * It says what came of it in one JSON line.
 */
import { TuttiError } from "../../../src/base/errors.ts";
import { openEmbedded } from "../../../src/hosts/embedded/open-embedded.ts";
import { finishSingle, idlePerformer, startSingle } from "./database-folder.ts";

const [, , path = "", mode = ""] = process.argv;
const NOBODY = 65_534;

async function main(): Promise<void> {
  // Permissions mean nothing to root; its tests give it up first.
  if (mode === "try-as-nobody" && process.getuid?.() === 0) process.setuid?.(NOBODY);
  const host = await openEmbedded({ path, performer: idlePerformer });
  if (mode === "own") {
    await startSingle(host, "of-child");
    say({ owns: true });
    return;
  }
  if (mode === "fill") await fill(host);
  else say({ owns: true });
  await host.close();
}

/** Starts runs until the disk is full, and says how many of them were acknowledged. */
async function fill(host: Awaited<ReturnType<typeof openEmbedded>>): Promise<void> {
  const text = "x".repeat(100_000);
  for (let count = 0; count < 1_000; count += 1) {
    try {
      await startSingle(host, `run-${count}`, `${count} ${text}`);
      await finishSingle(host, `run-${count}`, `${text} ${count}`);
    } catch (error) {
      return say({ acknowledged: count, ...describe(error) });
    }
  }
  say({ acknowledged: -1 });
}

function describe(error: unknown) {
  if (error instanceof TuttiError) return { code: error.code, retryable: error.retryable, message: error.message };
  return { code: "none", message: String(error) };
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

main().catch((error: unknown) => {
  say(describe(error));
  process.exitCode = 1;
});
