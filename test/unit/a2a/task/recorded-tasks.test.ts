/** Released histories are tasks, too: whatever version made them, they can be shown for ever. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { Definition } from "../../../../src/definition/definition.ts";
import type { Fact } from "../../../../src/scheduler/index.ts";
import { isTerminal } from "../../../../src/a2a/wire/wire.ts";
import { Follower } from "./task-world.ts";

const HISTORIES = join(import.meta.dirname, "../../../fixtures/histories");

const RECORDED = readdirSync(HISTORIES).flatMap((version) =>
  readdirSync(join(HISTORIES, version))
    .filter((file) => file.endsWith(".jsonl") && !file.endsWith(".states.jsonl"))
    .map((file) => join(version, file)),
);

describe("a recorded history", () => {
  it.each(RECORDED)("%s is a task, and its events agree with it after every fact", (file) => {
    const path = join(HISTORIES, file);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const facts = lines.map((line) => (JSON.parse(line) as { readonly fact: Fact }).fact);
    const { name, steps } = JSON.parse(readFileSync(path.replace(/jsonl$/, "definition.json"), "utf8")) as Definition;
    const follower = new Follower({ kind: "workflow", name, steps: Object.keys(steps).length });
    for (const fact of facts) follower.apply(fact);
    follower.expectUnchanged();
    const last = facts.at(-1)?.kind ?? "";
    expect(isTerminal(follower.task.status?.state)).toBe(["runCompleted", "runFailed", "runCanceled"].includes(last));
  });
});
