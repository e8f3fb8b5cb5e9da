/** `tutti run` and its exit codes, by the real command. */
import { describe, expect, it } from "vitest";

import { Place } from "./harness.ts";

const ECHO = '  greet: { agent: worker, skill: echo, with: { say: "Hi ${{ input.name }}" } }';
const INPUT =
  "input: { type: object, required: [name], properties: { name: { type: string }, count: { type: integer }, tags: { type: array } } }";
const BROKEN = "  a: { agent: worker, skill: broken }";

describe.concurrent("tutti run", () => {
  it("prints the output as data, and everything else as prose", async () => {
    await using place = new Place();
    place.workflow("hello", ECHO, INPUT);
    const { code, stdout, stderr } = await place.run("run", "hello", "-i", "name=007");
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"say":"Hi 007"}\n' });
    expect(stderr).toMatch(/^00:00 {2}run_\w+ started {2}hello@1\.0\.0 {2}1 step$/m);
    expect(stderr).toMatch(/✓ greet +completed {2}worker/);
  });

  it("--json is one document with the run, its status, its output and its duration", async () => {
    await using place = new Place();
    place.workflow("hello", '  a: { agent: worker, skill: echo, with: "${{ input }}" }', INPUT);
    const { stdout, stderr } = await place.run(
      "run",
      "hello.tutti.yaml",
      "--input",
      '{"name":"Ada","count":1}',
      "-i",
      "count=2",
      "-i",
      "tags=[1,2]",
      "--id",
      "r1",
      "--json",
      "--no-watch",
    );
    expect(JSON.parse(stdout)).toEqual({
      run: "r1",
      workflow: "hello",
      version: "1.0.0",
      status: "completed",
      output: { name: "Ada", count: 2, tags: [1, 2] },
      durationMs: expect.any(Number),
    });
    expect(stderr).toBe("");
  });

  it("the same id and input gives the stored result, and no agent is asked again", async () => {
    await using place = new Place();
    place.workflow("hello", ECHO, INPUT);
    const words = ["run", "hello", "--id", "one", "-i", "name=Ada", "--no-watch"];
    expect(await place.run(...words)).toMatchObject({ code: 0, stdout: '{"say":"Hi Ada"}\n' });
    expect(await place.run(...words)).toMatchObject({ code: 0, stdout: '{"say":"Hi Ada"}\n' });
    expect(await place.run("run", "--id", "one", "--no-watch")).toMatchObject({ code: 0, stdout: '{"say":"Hi Ada"}\n' });
    expect(place.calls()).toEqual(["echo"]);
    const other = await place.run("run", "hello", "--id", "one", "-i", "name=Bob");
    expect(other).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("error T4002") });
  });

  it("exit code 1, with the line and a caret: a workflow that is wrong", async () => {
    await using place = new Place();
    place.workflow("wrong", "  a: { agent: worcer, skill: echo }");
    const { code, stdout, stderr } = await place.run("run", "wrong");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/error T1302 {2}wrong\.tutti\.yaml:\d+:\d+\n.*agent: worcer.*\n.*\^+ unknown agent "worcer"\..*"worker"/);
  });

  it("exit code 2: a command that cannot be understood", async () => {
    await using place = new Place();
    place.workflow("hello", ECHO, INPUT);
    const cases = [
      ["run"],
      ["run", "hello", "-i", "name"],
      ["run", "hello", "--input", "{"],
      ["run", "hello", "--wait", "soon"],
      ["run", "hello", "--id", "a b", "-i", "name=x"],
      ["walk"],
    ];
    const ends = await Promise.all(cases.map((words) => place.run(...words)));
    expect(ends.map(({ code, stdout }) => ({ code, stdout }))).toEqual(cases.map(() => ({ code: 2, stdout: "" })));
    expect(ends[0]?.stderr).toContain("error T2101  Say which workflow");
  });

  it("exit code 3: the run failed, and the reason is named", async () => {
    await using place = new Place();
    place.workflow("bad", BROKEN);
    const { code, stdout, stderr } = await place.run("run", "bad", "--id", "r", "--json");
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ run: "r", status: "failed", error: { code: "T4108", details: { code: "NO_DATA" } } });
    expect(stderr).toContain("there is no data for this month");
    expect(await place.run("result", "r")).toMatchObject({ code: 3, stdout: "" });
  });

  it("exit code 5: there is no such run", async () => {
    await using place = new Place();
    place.workflow("hello", ECHO, INPUT);
    await place.run("run", "hello", "-i", "name=x");
    expect(await place.run("get", "nothing")).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("error T4001  There is no run nothing."),
    });
  });

  it("exit code 6: the run's own timeout, or --wait, ran out", async () => {
    await using place = new Place();
    const hold = (name: string) => `  a: { agent: worker, skill: hold, with: { until: "${place.path(name)}" } }`;
    place.workflow("slow", hold("never"), "timeout: 300ms");
    place.workflow("long", hold("never"));
    const [own, waited] = [await place.run("run", "slow"), await place.run("run", "long", "--id", "w", "--wait", "300ms")];
    expect(own).toMatchObject({ code: 6, stderr: expect.stringContaining("T4109") });
    expect(waited).toMatchObject({ code: 6, stderr: expect.stringContaining("Nothing is lost; go on with: tutti run --id w") });
  });

  it("an unknown agent's module, and one without an agent, are named before anything starts", async () => {
    await using place = new Place();
    place.write("gone.tutti.yaml", 'tutti: "1.0"\nname: gone\nagents: { a: { module: ./nowhere.ts } }\nsteps: { s: { agent: a } }\n');
    expect(await place.run("run", "gone")).toMatchObject({ code: 1, stderr: expect.stringMatching(/error T2105 .*nowhere\.ts/) });
  });
});

describe("the program", () => {
  it("an old Node is told what to install, before anything is loaded", async () => {
    await using place = new Place();
    const old = "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.19.2'}})";
    const { code, stderr } = await place.start(["list"], { flags: ["--import", old] }).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error T2102 {2}Tutti needs Node 24 or newer; this is Node 20\.19\.2\.\n.*node@24/);
  });

  it("never shows a stack, unless it is asked to", async () => {
    await using place = new Place();
    const plain = await place.run("get", "x");
    expect(plain).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error T5002 {2}There is no database at/) });
    expect(plain.stderr).not.toMatch(/^\s+at /m);
    const debug = await place.start(["get", "x"], { environment: { TUTTI_DEBUG: "1" } }).ended;
    expect(debug.stderr).toMatch(/^\s+at /m);
  });
});
