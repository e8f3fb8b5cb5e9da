/** Of which program, where and when figures are. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";

import { ROOT } from "../support/source-files.ts";

export type About = {
  readonly commit: string;
  /** True when files had been changed since the commit. */
  readonly isChanged: boolean;
  /** As in 2026-11-21. */
  readonly date: string;
  readonly machine: string;
  readonly versions: { readonly [name: string]: string };
};

export function aboutThis(): About {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly version: string };
  const [processor] = cpus();
  return {
    commit: git("rev-parse", "--short=12", "HEAD"),
    isChanged: git("status", "--porcelain", "--", "src", "test") !== "",
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores (${processor?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    versions: { tutti: version, node: process.versions.node, sqlite: process.versions["sqlite"] ?? "unknown", v8: process.versions.v8 },
  };
}

function git(...args: readonly string[]): string {
  try {
    return execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    // A copy without its history.
    return "unknown";
  }
}
