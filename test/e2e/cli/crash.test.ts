/** Processes that are killed: what the next one does, and what it says. */
import { describe, expect, it } from "vitest";

import { Place } from "./harness.ts";

describe.concurrent("after a SIGKILL", () => {
  it("the same command goes on: finished steps are kept, the remote task is found again", async () => {
    await using place = new Place();
    const url = await place.serve();
    const workflow = place.workflow(
      "job",
      `  a: { agent: worker, skill: echo, with: { x: 1 } }\n  b: { needs: [a], agent: far, skill: hold, with: { until: "${place.path("go")}" } }`,
    );
    const words = ["run", workflow, "--id", "k", "--agent", `far=${url}`];
    const first = place.start(words);
    await place.until("the remote agent holds", () => place.calls().includes("hold"));
    await place.until("the task is known", async () => (await place.here("get", "k", "--json")).stdout.includes("task_id"));
    first.child.kill("SIGKILL");
    expect((await first.ended).signal).toBe("SIGKILL");

    const second = place.start(words);
    await place.until("it says what it took up", () => second.stderr().includes("Resumed"));
    expect(second.stderr()).toMatch(/Resumed {2}1 run {2}k \(1 step kept, 0 repeated, 1 A2A task re-attached: [\w-]+\)/);
    place.write("go", "");
    expect(await second.ended).toMatchObject({ code: 0, stdout: '{"held":true}\n' });
    expect(place.calls()).toEqual(["echo", "hold"]);
  });

  it("a command that only followed takes the run up", async () => {
    await using place = new Place();
    place.workflow("job", `  a: { agent: worker, skill: hold, with: { until: "${place.path("go")}" } }`);
    const owner = place.start(["run", "job", "--id", "t"]);
    await place.until("it is at work", () => place.calls().length === 1);
    const follower = place.start(["run", "--id", "t"]);
    await place.until("it is followed", () => follower.stderr().includes("t goes on  job@1.0.0  0/1 step over"));
    owner.child.kill("SIGKILL");
    await place.until("the follower is at work itself", () => place.calls().length === 2);
    place.write("go", "");
    const { code, stdout, stderr } = await follower.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"held":true}\n' });
    expect(stderr).toMatch(/takes the run up\.[^]*Resumed {2}1 run {2}t \(0 steps kept, 1 repeated: a\)/);
  });

  it("Ctrl-C stops watching and says how to go on; runs of others go on in the background", async () => {
    await using place = new Place();
    place.workflow("job", `  a: { agent: worker, skill: hold, with: { until: "${place.path("go")}" } }`);
    const owner = place.start(["run", "job", "--id", "mine"]);
    await place.until("it is at work", () => place.calls().length === 1);
    expect(await place.run("run", "job", "--id", "theirs", "--detach")).toMatchObject({ code: 0, stdout: "theirs\n" });
    owner.child.kill("SIGINT");
    const { code, stderr } = await owner.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/Stopped watching\. Run mine is running\. .*tutti run --id mine/);
    const [, pid = ""] = /1 other run of this database goes on in the background, in process (\d+)/.exec(stderr) ?? [];
    place.adopt(Number(pid));
    place.write("go", "");
    expect(await place.here("result", "theirs", "--wait", "15s")).toMatchObject({ code: 0, stdout: '{"held":true}\n' });
  });
});
