/**
 * The wall clock of a living process jumps by an hour, forward and back (reliability.md, 2: class 25), with
 * libfaketime: no timer is early, none is lost, and the time of a history never turns.
 */
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { expect, it } from "vitest";

import { publishFigures } from "../../support/trust-figures.ts";
import { cleanUp, skipSentence, temporaryDirectory } from "./tools.ts";
import { NAP_MS, RETRY_MS, type WaitReport } from "./wait-out.ts";

const PROGRAM = join(import.meta.dirname, "wait-out.ts");
/** Where distributions put it. */
const LIBRARY = ["x86_64-linux-gnu", "aarch64-linux-gnu", "."]
  .map((place) => join("/usr/lib", place, "faketime/libfaketimeMT.so.1"))
  .find((path) => existsSync(path));
/** What a loaded machine may take beyond the two waits, one after the other. */
const PATIENCE_MS = 60_000;
/** A timer of the system counts in whole milliseconds. */
const GRAIN_MS = 5;

type Fact = { readonly kind: string; readonly at: number; readonly [field: string]: unknown };
type Jump = { readonly name: string; readonly offset: string; readonly fakesMonotonic: boolean };

/** Of the monotonic clock only a machine that was asleep knows a jump, and that is forward. */
const JUMPS: readonly Jump[] = [
  { name: "forward", offset: "+3600", fakesMonotonic: false },
  { name: "back", offset: "-3600", fakesMonotonic: false },
  { name: "forward, and the monotonic one with it", offset: "+3600", fakesMonotonic: true },
];

const sums = { jumps: 0, timers: 0, early: 0, lost: 0, turnedBack: 0 };

it.for(JUMPS)(
  "no timer is early or lost when the clock jumps an hour $name",
  { timeout: 60_000 },
  async ({ offset, fakesMonotonic }, context) => {
    if (LIBRARY === undefined) return context.skip(skipSentence("clock-jumps", "libfaketime is not installed"));
    const directory = temporaryDirectory();
    const clock = join(directory, "clock");
    writeFileSync(clock, "+0");
    const env = {
      ...process.env,
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: "1",
      ...(fakesMonotonic ? {} : { FAKETIME_DONT_FAKE_MONOTONIC: "1" }),
    };
    const child = spawn(process.execPath, ["--conditions=source", PROGRAM, join(directory, "tutti.db")], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    cleanUp(() => void child.kill("SIGKILL"));
    const lines = createInterface({ input: child.stdout });
    let [jumpedAt, over] = [0, null as Extract<WaitReport, { kind: "over" }> | null];
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    for await (const line of lines) {
      const report = JSON.parse(line) as WaitReport;
      if (report.kind === "over") over = report;
      else {
        writeFileSync(clock, offset);
        jumpedAt = performance.now();
      }
    }
    clearTimeout(timer);
    const tookMs = performance.now() - jumpedAt;

    const facts = (over?.facts ?? []) as readonly Fact[];
    const waits = waitsIn(facts);
    const early = waits.filter(({ beganAt, endedAt, ms }) => endedAt - beganAt < ms);
    const turnedBack = facts.filter(({ at }, index) => at < (facts[index - 1]?.at ?? 0));
    sums.timers += waits.length;
    sums.early += early.length;
    sums.turnedBack += turnedBack.length;
    sums.lost += 3 - waits.length;
    publishFigures("clock-jumps", { ...sums, jumps: (sums.jumps += 1) });
    expect({ status: over?.status, early, turnedBack, waits: waits.length }).toEqual({
      status: "completed",
      early: [],
      turnedBack: [],
      waits: 3,
    });
    // The clock did jump, or nothing would have been tried.
    expect(Math.round(((over?.wallAt ?? 0) - Date.now()) / 60_000)).toBe(Number(offset) / 60);
    // Set back, the hour is not waited out again; and of the second wait, which began after the jump, all goes by.
    if (!fakesMonotonic) expect(tookMs).toBeGreaterThan(NAP_MS - GRAIN_MS);
  },
);

/** What waited for a time, by the instants that the history gives. */
function waitsIn(facts: readonly Fact[]) {
  const find = (kind: string, path: string): readonly Fact[] => facts.filter((fact) => fact.kind === kind && fact["path"] === path);
  return [
    { began: find("waitStarted", "nap")[0], ended: find("subtaskCompleted", "nap")[0], ms: NAP_MS },
    { began: find("waitStarted", "after")[0], ended: find("subtaskCompleted", "after")[0], ms: NAP_MS },
    { began: find("attemptFailed", "again")[0], ended: find("subtaskAssigned", "again")[1], ms: RETRY_MS },
  ].flatMap(({ began, ended, ms }) => (began === undefined || ended === undefined ? [] : [{ beganAt: began.at, endedAt: ended.at, ms }]));
}
