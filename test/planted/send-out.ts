/** Sends a hunt out into a process of its own, with one bug planted, or none. */
import { execFile } from "node:child_process";
import { join } from "node:path";

import type { Hunted } from "./hunted.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { SCENES } from "./scenes.ts";

export type Patience = { readonly seeds: number; readonly ms: number };

const HERE = import.meta.dirname;
/** A process that says nothing for so long after its time is caught in a circle. */
const CIRCLE_MS = 20_000;
const MOST_OUTPUT_BYTES = 1_048_576;

export function sendOut(bug: PlantedBug | null, { seeds, ms }: Patience): Promise<Hunted> {
  const { promise, resolve } = Promise.withResolvers<Hunted>();
  // The engine as it is must be sound in all of them.
  const scenes = bug === null ? Object.keys(SCENES).join(",") : (bug.scene ?? "");
  const flags = ["--conditions=source", "--import", join(HERE, "plant.ts"), join(HERE, "hunt.ts"), String(seeds), String(ms), scenes];
  const env = { ...process.env, TUTTI_PLANTED: bug?.id ?? "" };
  const options = { env, timeout: ms + CIRCLE_MS, killSignal: "SIGKILL", maxBuffer: MOST_OUTPUT_BYTES } as const;
  execFile(process.execPath, flags, options, (error, stdout, stderr) => resolve(readHunted(stdout) ?? broken(error, stderr, ms)));
  return promise;
}

function readHunted(stdout: string): Hunted | null {
  const line = stdout.trim().split("\n").at(-1) ?? "";
  return line.startsWith("{") ? (JSON.parse(line) as Hunted) : null;
}

/** A process that cannot even end has found something, too. */
function broken(error: Error | null, stderr: string, ms: number): Hunted {
  const isKilled = error !== null && "killed" in error && error.killed === true;
  const sentence = isKilled ? "It goes on for ever." : (stderr.trim().split("\n").at(-1) ?? "It says nothing.");
  return { seeds: 0, elapsedMs: ms, violation: { invariant: isKilled ? "ends" : "thrown", run: "", sentence } };
}
