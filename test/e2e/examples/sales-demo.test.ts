/** The demo as a user starts it: seven processes, real HTTP, a real SIGKILL. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

async function run(words: readonly string[], { paceMs = 0, signalOn }: { paceMs?: number; signalOn?: RegExp } = {}): Promise<Ended> {
  const child = spawn(process.execPath, ["--conditions=source", ...words], {
    cwd: ROOT,
    env: { ...process.env, TUTTI_DEMO_PACE_MS: String(paceMs), NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let seen = "";
  child.stderr.on("data", (chunk: Buffer) => {
    seen += chunk.toString();
    // Once: a second Ctrl-C would end the demo on the spot.
    if (signalOn?.test(seen) !== true) return;
    signalOn = undefined;
    child.kill("SIGINT");
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, stdout, stderr };
}

/** The agents that a demo says it has started, and which of them still live. */
function livingAgents(stderr: string): readonly number[] {
  const pids = [...stderr.matchAll(/^ {2}\w+ +http\S+ process (\d+)$/gm)].map(([, pid]) => Number(pid));
  expect(pids).toHaveLength(5);
  return pids.filter((pid) => {
    try {
      return process.kill(pid, 0);
    } catch {
      // No such process: it has ended.
      return false;
    }
  });
}

function readReport(stderr: string): string {
  const path = join(ROOT, /Report {2}(\S+)/.exec(stderr)?.[1] ?? "no report");
  const html = readFileSync(path, "utf8");
  rmSync(dirname(path), { recursive: true });
  return html;
}

describe("npm run demo", () => {
  it("makes the report with five agents over A2A, and ends every process", async () => {
    const { code, stderr } = await run(["examples/sales-dashboard/demo.ts"]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/Net revenue +€39,374 +−5\.2%/);
    expect(readReport(stderr).match(/<svg /g)).toHaveLength(4);
    expect(livingAgents(stderr)).toEqual([]);
  });

  it("-- --crash loses nothing, repeats nothing and finds the remote task again", async () => {
    const { code, stderr } = await run(["examples/sales-dashboard/demo.ts", "--crash"], { paceMs: 900 });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/kept +data, clean:/);
    expect(stderr).toMatch(/re-attached +analytics: task/);
    expect(stderr).toMatch(/repeated +nothing/);
    expect(stderr).toContain("8 executions for 8 subtasks");
    expect(readReport(stderr)).toContain("5,000 rows gave 4,640 orders");
    expect(livingAgents(stderr)).toEqual([]);
  });

  it("ends everything it started on Ctrl-C", async () => {
    const { code, stderr } = await run(["examples/sales-dashboard/demo.ts"], { paceMs: 60_000, signalOn: /report +http/ });
    expect({ code, stderr }).toMatchObject({ code: 130 });
    expect(livingAgents(stderr)).toEqual([]);
  });

  it("explains itself when it is called wrongly", async () => {
    const { code, stderr } = await run(["examples/sales-dashboard/demo.ts", "--input", "/no/such/file.csv"]);
    expect(code).toBe(2);
    expect(stderr).toContain("There is no file /no/such/file.csv.");
  });
});

describe("examples/sales-report", () => {
  it.each([
    ["month=2025-03", "test_month"],
    ["date=2025-03-01", "test_001"],
  ])("runs in one process for %s and gives the report (W060, W061, W148)", async (when, id) => {
    const database = join(ROOT, "examples/sales-report/out", `${id}-${process.pid}.db`);
    const words = [
      "src/bin.ts",
      "run",
      "examples/sales-report/sales-report.tutti.yaml",
      "-i",
      "region=EMEA",
      "-i",
      when,
      "--db",
      database,
      "--id",
      id,
    ];
    const { code, stdout, stderr } = await run(words);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const output: unknown = JSON.parse(stdout);
    expect(output).toEqual({ status: "success", report_uri: expect.stringMatching(/^file:.*report\.html$/) });
    const folder = join(ROOT, "examples/sales-report/out", id);
    expect(existsSync(join(folder, "top-products.svg"))).toBe(true);
    rmSync(join(ROOT, "examples/sales-report/out"), { recursive: true });
  });
});
