import { afterAll, beforeEach, describe, expect, it } from "vitest";

import { setFailpointHook } from "../../../src/base/failpoint.ts";
import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import { FACTS_PER_COMMIT, INPUTS_PER_TURN } from "../../../src/base/limits.ts";
import { single } from "../../conformance/host/workflows.ts";
import { DatabaseFolder, finishSingle, runOf, startSingle } from "./database-folder.ts";

let commits = 0;
setFailpointHook((name) => {
  if (name === "commit.done") commits += 1;
});
afterAll(() => setFailpointHook(null));

describe("group commit", () => {
  beforeEach(() => {
    commits = 0;
  });

  it("makes everything of an event-loop turn durable in one transaction", async () => {
    await using folder = new DatabaseFolder();
    const host = await folder.openOwner();
    await host.define(DEFAULT_TENANT, single);
    commits = 0;
    const ids = Array.from({ length: 300 }, (_, index) => `run-${index}`);
    await Promise.all(ids.map((id) => startSingle(host, id)));
    expect(commits).toBe(1);
    const rest = [
      ...ids.map((id) => finishSingle(host, id)),
      host.moveCursor(DEFAULT_TENANT, "bills", 1),
      host.putPayload(DEFAULT_TENANT, Buffer.from("x")),
    ];
    await Promise.all(rest);
    expect(commits).toBe(2);
  });

  it("writes nothing for inputs that change nothing", async () => {
    await using folder = new DatabaseFolder();
    const host = await folder.openOwner();
    await startSingle(host, "over");
    await finishSingle(host, "over");
    await startSingle(host, "open");
    commits = 0;
    await finishSingle(host, "over");
    await host.post(runOf("open"), { kind: "resumeRequested", by: "test" });
    await startSingle(host, "open");
    expect(commits).toBe(0);
  });

  it("is no larger than a limit, so that nobody waits for long", async () => {
    await using folder = new DatabaseFolder();
    const host = await folder.openOwner();
    await startSingle(host, "busy");
    commits = 0;
    const count = 2 * FACTS_PER_COMMIT + 2 * INPUTS_PER_TURN + 1;
    const note = (index: number) =>
      host.post(runOf("busy"), { kind: "progressed", path: "a", attempt: 1, turn: 1, progress: { note: String(index) } });
    await Promise.all(Array.from({ length: count }, (_, index) => note(index)));
    expect(commits).toBe(3);
  });
});
