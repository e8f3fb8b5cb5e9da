/** Commands that steer a run which another process drives, or which nobody does. */
import { describe, expect, it } from "vitest";

import { isAlive, pidIn, Place } from "./harness.ts";

function hold(place: Place, file = "go"): string {
  return `{ agent: worker, skill: hold, with: { until: "${place.path(file)}" } }`;
}

async function statusOf(place: Place, run: string): Promise<string> {
  const { stdout } = await place.here("get", run, "--json");
  return stdout === "" ? "" : (JSON.parse(stdout) as { status: string }).status;
}

describe.concurrent("with an owner", () => {
  it("--detach goes on in the background; others read it, follow it and wait for it", async () => {
    await using place = new Place();
    place.workflow("job", `  a: ${hold(place)}`);
    const detached = await place.run("run", "job", "--id", "bg", "--detach");
    place.adopt(pidIn(detached.stderr));
    expect(detached).toMatchObject({ code: 0, stdout: "bg\n", stderr: expect.stringContaining("goes on in the background") });

    expect(await place.here("doctor")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Owner +process \d+[^]*bg {2}job@1\.0\.0 {2}running[^]*a waits for agent "worker"/),
    });
    expect(await place.here("result", "bg")).toMatchObject({ code: 6, stdout: "" });
    const follower = place.start(["run", "--id", "bg"]);
    const facts = place.start(["history", "bg", "--follow", "--json"]);
    place.write("go", "");
    expect(await follower.ended).toMatchObject({ code: 0, stdout: '{"held":true}\n' });
    const lines = (await facts.ended).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { seq: number; kind: string });
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
    expect([lines[0]?.kind, lines.at(-1)?.kind]).toEqual(["runStarted", "runCompleted"]);
    await place.until("the process in the background ends with its run", () => !isAlive(pidIn(detached.stderr)));
    expect(place.calls()).toEqual(["hold"]);
  });

  it("a run is given to the owner, canceled there, and the owner's own run is left alone", async () => {
    await using place = new Place();
    place.workflow("job", `  a: ${hold(place)}`);
    const owner = place.start(["run", "job", "--id", "first"]);
    await place.until("the owner is at work", () => place.calls().length === 1);
    const guest = place.start(["run", "job", "--id", "second"]);
    await place.until("the guest's run is at work", () => place.calls().length === 2);
    expect(await place.run("cancel", "second", "--reason", "wrong")).toMatchObject({ code: 0, stderr: "Run second is canceled.\n" });
    expect(await guest.ended).toMatchObject({ code: 4, stdout: "", stderr: expect.stringContaining(": wrong") });
    expect(await place.here("cancel", "second")).toMatchObject({ code: 1, stderr: expect.stringContaining("error T4003") });
    place.write("go", "");
    expect(await owner.ended).toMatchObject({ code: 0 });
    expect(await place.here("result", "second", "--json")).toMatchObject({
      code: 4,
      stdout: expect.stringContaining('"status":"canceled"'),
    });
  });

  it("a paused run begins nothing new until it is resumed", async () => {
    await using place = new Place();
    place.workflow("job", `  a: ${hold(place)}\n  b: { needs: [a], agent: worker, skill: echo, with: { done: true } }`);
    const owner = place.start(["run", "job", "--id", "p"]);
    await place.until("it is at work", () => place.calls().length === 1);
    expect(await place.run("pause", "p")).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^Run p is paused; process \d+ acts on it\.\n$/),
    });
    expect(await place.here("pause", "p")).toMatchObject({ code: 0, stderr: "Run p is paused already.\n" });
    place.write("go", "");
    await place.until("what was in flight is done", async () => (await place.here("history", "p")).stdout.includes("subtaskCompleted"));
    expect([await statusOf(place, "p"), place.calls()]).toEqual(["paused", ["hold"]]);
    expect(await place.run("resume", "p")).toMatchObject({ code: 0 });
    expect(await owner.ended).toMatchObject({ code: 0, stdout: '{"done":true}\n' });
  });
});

describe.concurrent("without an owner", () => {
  it("exit code 8: the question is printed, is answered by another command, and the run goes on", async () => {
    await using place = new Place();
    place.workflow("job", "  a: { agent: worker, skill: ask }");
    const { code, stdout, stderr } = await place.run("run", "job", "--id", "q");
    expect({ code, stdout }).toEqual({ code: 8, stdout: "" });
    const [, id = ""] = /tutti answer (q_\w+) "…"/.exec(stderr) ?? [];
    expect(stderr).toContain("Where shall it go?");
    expect(await place.run("questions")).toMatchObject({ code: 0, stdout: expect.stringContaining(`${id}  job q`) });
    expect(await place.here("result", "q", "--json")).toMatchObject({ code: 8, stdout: expect.stringContaining(id) });
    expect(await place.here("answer", id, "Berlin")).toMatchObject({ code: 1, stderr: expect.stringContaining("error T4005") });
    expect(await place.run("answer", id, "Bremen")).toMatchObject({ code: 0, stderr: expect.stringContaining("tutti run --id q") });
    expect(await place.here("answer", id, "Bremen")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("has had this answer before"),
    });
    expect(await place.here("answer", id, "Hamburg")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/error T4006 .*was answered by .*"Bremen"/),
    });
    expect(await place.here("answer", "q_nothing", "x")).toMatchObject({ code: 5, stderr: expect.stringContaining("error T4004") });
    expect(place.calls()).toEqual(["ask"]);
    expect(await place.run("run", "--id", "q")).toMatchObject({ code: 0, stdout: '{"to":"Bremen"}\n' });
  });

  it("an open run is canceled, paused and resumed all the same, without beginning its work", async () => {
    await using place = new Place();
    place.workflow("job", `  a: ${hold(place)}`);
    await place.run("run", "job", "--id", "c", "--wait", "200ms");
    expect(await place.here("pause", "c")).toMatchObject({ code: 0, stderr: expect.stringContaining("tutti run --id c") });
    expect(await statusOf(place, "c")).toBe("paused");
    expect(await place.run("resume", "c")).toMatchObject({ code: 0 });
    expect(await place.here("cancel", "c")).toMatchObject({ code: 0, stderr: "Run c is canceled.\n" });
    expect(await place.here("result", "c")).toMatchObject({ code: 4 });
    expect(place.calls()).toEqual(["hold"]);
  });

  it("an agent's module that is gone stops the run with its reason, and doctor tells it", async () => {
    await using place = new Place();
    place.write("local.ts", `export { worker } from ${JSON.stringify(`${import.meta.dirname}/fixtures/agents.ts`)};`);
    place.write(
      "job.tutti.yaml",
      `tutti: "1.0"\nname: job\nagents: { w: { module: "./local.ts#worker" } }\nsteps: { a: { agent: w, skill: ask } }\n`,
    );
    await place.run("run", "job", "--id", "lost");
    const { rmSync } = await import("node:fs");
    rmSync(place.path("local.ts"));
    expect(await place.run("run", "--id", "lost")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/error T2106 .*local\.ts does not exist/),
    });
    expect(await place.run("doctor")).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/✗ lost[^]*✗ It cannot go on from here: agent "w".*local\.ts/),
    });
  });
});
