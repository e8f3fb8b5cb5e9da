/** Approvals, signals, retries and forks from the command line. */
import { describe, expect, it } from "vitest";

import { Place } from "./harness.ts";

const FORM = "{ type: object, required: [note], properties: { note: { type: string }, count: { type: integer } } }";

describe.concurrent("decisions of people", () => {
  it("a run that asks for an approval ends with code 8, and goes on when it is approved", async () => {
    await using place = new Place();
    place.workflow("job", `  ok: { approval: { to: [boss], title: "Send it?", form: ${FORM} } }`);
    const { code, stderr } = await place.run("run", "job", "--id", "r");
    expect(code).toBe(8);
    expect(stderr).toMatch(
      /waits for 1 answer, and nobody can be asked here:\n\? Send it\? {2}to boss, step ok\n {2}approve or reject, with note \(required\); count\n/,
    );
    expect(stderr).toMatch(/tutti approve q_\w+ --note "…" {3}or: tutti reject q_\w+\nThen go on with: tutti run --id r\n$/);
    expect(await place.here("approve", "r")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/error T4005 .*: note is missing\.\n {2}The question stays open\. Answer it with: tutti approve q_/),
    });
    expect(await place.here("approve", "r", "--note", "7", "--form", "cuont=3")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/The form has no field "cuont"\.\n {2}Did you mean "count"\?/),
    });
    expect(await place.run("approve", "r", "--note", "7", "--form", "count=3")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("Answered."),
    });
    expect(await place.run("run", "--id", "r")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/"approved".*\{"count":3,"note":"7"\}/),
    });
    expect(await place.here("approve", "r")).toMatchObject({ code: 5, stderr: expect.stringContaining("Nothing is to be decided") });
  });

  it("a rejection is an answer as well, and a second decision is told who made the first", async () => {
    await using place = new Place();
    place.workflow("job", '  ok: { approval: { to: [boss], title: "Send it?" } }');
    const { stderr } = await place.run("run", "job", "--id", "r");
    const [id = ""] = /q_\w+/.exec(stderr) ?? [];
    expect(await place.run("reject", id)).toMatchObject({ code: 0 });
    expect(await place.here("reject", id)).toMatchObject({ code: 0, stderr: expect.stringContaining("has had this answer before") });
    expect(await place.here("approve", id)).toMatchObject({ code: 1, stderr: expect.stringMatching(/error T4006 .*"rejected"/) });
    expect(await place.run("run", "--id", "r", "--no-watch")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"decision":"rejected"'),
    });
  });

  it("a signal ends a wait; the board tells what a run waits for, and the time of a wait is waited out", async () => {
    await using place = new Place();
    place.workflow("job", "  nap: { wait: 300ms }\n  paid: { needs: [nap], wait: { signal: paid } }");
    expect(await place.run("run", "job", "--id", "r")).toMatchObject({ code: 8, stderr: expect.stringContaining("tutti signal r paid") });
    expect(await place.here("get", "r")).toMatchObject({
      stdout: expect.stringMatching(/paid +\? waiting +signal paid .*for signal "paid"/),
    });
    expect(await place.here("doctor")).toMatchObject({ code: 0, stdout: expect.stringContaining('paid waits for signal "paid"') });
    expect(await place.run("run", "--id", "r", "--wait", "10s")).toMatchObject({
      code: 8,
      stderr: expect.stringMatching(/Run r waits for a signal:\n {2}tutti signal r paid\nThen go on with: tutti run --id r\n$/),
    });
    expect(await place.here("signal", "r", "piad")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/No step of workflow "job" waits for a signal "piad"\.\n {2}Did you mean "paid"\?/),
    });
    expect(await place.run("signal", "r", "paid", "--data", '{"amount":12}')).toMatchObject({ code: 0 });
    expect(await place.run("run", "--id", "r")).toMatchObject({ code: 0, stdout: '{"amount":12}\n' });
    expect(await place.here("signal", "r", "paid")).toMatchObject({ code: 1, stderr: expect.stringContaining("error T4003") });
  });
});

describe.concurrent("what only a person can let go on", () => {
  it("a budget that is used up while agents are at work ends the command with the question, once they are done", async () => {
    await using place = new Place();
    const slow = '{ agent: worker, skill: hold, with: { until: "go" } }';
    place.workflow(
      "job",
      `  a: { parallel: { branches: { x: ${slow.replace("go", place.path("go"))}, y: { agent: worker, skill: echo } } } }`,
      "budget: { attempts: 1, onExceeded: ask }",
    );
    const started = place.start(["run", "job", "--id", "r"]);
    await place.until("the budget is used up", () => started.stderr().includes("budget of attempts is used up"));
    place.write("go", "");
    const { code, stderr } = await started.ended;
    expect(code).toBe(8);
    expect(stderr).toMatch(/Run r waits for 1 answer, [^]*Grant as much again\?[^]*tutti approve q_\w+ {3}or: tutti reject/);
  });

  it("work that follows from a recorded decision begins; nothing of it is told as repeated", async () => {
    await using place = new Place();
    place.workflow("job", '  ok: { approval: { to: boss, title: "Send it?" } }\n  b: { needs: [ok], agent: worker, skill: echo }');
    await place.run("run", "job", "--id", "r");
    await place.here("approve", "r");
    const { code, stderr } = await place.run("run", "--id", "r");
    expect(code).toBe(0);
    expect(stderr).toContain("Resumed  1 run  r (1 step kept, 0 repeated, 1 begins now: b)");
  });
});

describe.concurrent("retry and fork", () => {
  it("retry shows what is kept and why, and asks nobody again for it", async () => {
    await using place = new Place();
    const hold = (file: string) =>
      `{ agent: worker, skill: hold, with: { until: "${place.path(file)}" }, timeout: 300ms, retry: { attempts: 1 } }`;
    place.workflow("job", `  a: { agent: worker, skill: echo, with: { x: 1 } }\n  b: { needs: [a], ${hold("go").slice(1)}`);
    expect(await place.run("run", "job", "--id", "r1", "--no-watch")).toMatchObject({ code: 3 });
    place.write("go", "");
    const { code, stdout } = await place.here("retry", "r1", "--dry-run", "--json");
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { kept: [{ step: "a" }], repeated: [{ step: "b", why: "it failed" }] }]);
    const again = await place.run("retry", "@failed", "--id", "r2");
    expect(again).toMatchObject({ code: 0, stdout: '{"held":true}\n' });
    expect(again.stderr).toMatch(/Retry of run r1: 1 step kept, 1 repeated\n +✓ kept +a +it completed\n +↻ repeated +b +it failed\n/);
    expect(await place.run("retry", "r1", "--id", "r2", "--no-watch")).toMatchObject({ code: 0, stdout: '{"held":true}\n' });
    expect(place.calls()).toEqual(["echo", "hold", "hold"]);
    expect(await place.here("retry", "r2")).toMatchObject({ code: 1, stderr: expect.stringContaining("error T4201") });
  });

  it("fork goes on from a step with another value; --latest takes the file as it is now", async () => {
    await using place = new Place();
    const steps = (word: string) =>
      `  a: { agent: worker, skill: echo, with: { x: 1 } }\n  b: { agent: worker, skill: echo, with: { ${word}: "\${{ steps.a.output.x }}", y: "\${{ input.y }}" } }`;
    place.workflow("job", steps("x"));
    await place.run("run", "job", "--id", "r1", "-i", "y=1", "--no-watch");
    const fork = await place.run("fork", "r1", "--from", "b", "--set", "input.y=2", "--set", "steps.a.output.x=5", "--no-watch");
    expect(fork).toMatchObject({ code: 0, stdout: '{"x":5,"y":2}\n' });
    place.workflow("job", steps("z"));
    expect(await place.run("retry", "r1", "--from", "b", "--latest", "--no-watch")).toMatchObject({ code: 0, stdout: '{"z":1,"y":1}\n' });
    expect(place.calls()).toEqual(["echo", "echo", "echo", "echo"]);
    expect(await place.here("fork", "r1", "--from", "c")).toMatchObject({ code: 1, stderr: expect.stringContaining("error T1301") });
    expect(await place.here("fork", "r1", "--from", "b", "--set", "y=2")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("error T4202"),
    });
  });
});

describe.concurrent("tutti run", () => {
  it("an input that the workflow does not know is refused with the one that was meant", async () => {
    await using place = new Place();
    place.workflow(
      "job",
      "  a: { agent: worker, skill: echo, with: { x: 1 } }",
      "input: { type: object, properties: { month: { type: string } } }",
    );
    expect(await place.run("run", "job", "-i", "mont=3")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no input "mont"\.\n +Did you mean "month"\?/),
    });
  });

  it("an optional step that failed is told at the end, and a failure that ends the run only once", async () => {
    await using place = new Place();
    place.workflow("soft", "  a: { agent: worker, skill: broken, critical: false }\n  b: { agent: worker, skill: echo, with: { x: 1 } }");
    expect(await place.run("run", "soft", "--no-watch")).toMatchObject({
      code: 0,
      stderr: "! Step a failed and is not critical: there is no data for this month\n",
    });
    place.workflow("hard", "  a: { agent: worker, skill: broken }");
    const { stderr } = await place.run("run", "hard");
    expect(stderr.split("Critical step a failed")).toHaveLength(2);
  });
});
