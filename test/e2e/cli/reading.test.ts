/** Commands that look: at runs, at files, at agents, at databases that cannot be used. */
import { DatabaseSync } from "node:sqlite";

import { describe, expect, it } from "vitest";

import { MIGRATIONS } from "../../../src/hosts/embedded/migrations.ts";
import { AGENTS, Place } from "./harness.ts";

const ECHO = "  a: { agent: worker, skill: echo, with: { x: 1 } }";

describe.concurrent("runs", () => {
  it("list, get and history tell what happened, as tables and as JSON", async () => {
    await using place = new Place();
    place.workflow(
      "many",
      '  a: { each: "${{ [1, 2, 3, 4] }}", as: x, agent: worker, skill: echo, with: { x: "${{ x }}" } }\n  b: { if: "false", agent: worker, skill: echo }\n  c: { needs: [a], agent: worker, skill: picky, critical: false }',
      'output: { a: "${{ steps.a.output }}" }',
    );
    place.workflow("bad", "  a: { agent: worker, skill: broken }");
    await place.run("run", "many", "--id", "m", "--label", "team=sales");
    await place.run("run", "bad", "--id", "b");

    const listed = JSON.parse((await place.run("list", "--json")).stdout) as { runs: { run: string; status: string }[] };
    expect(listed.runs.map(({ run, status }) => [run, status])).toEqual([
      ["b", "failed"],
      ["m", "completed"],
    ]);
    expect((await place.here("list", "--label", "team=sales")).stdout).toMatch(/^RUN .*\nm +many@1\.0\.0 +✓ completed .*\n$/);
    expect((await place.here("get", "@failed")).stdout).toMatch(
      /^b {2}bad@1\.0\.0\n✗ failed[^]*T4108[^]*a +✗ failed +worker[^\n]*there is no data/,
    );

    const got = JSON.parse((await place.run("get", "m", "--json")).stdout) as { subtasks: object[] };
    expect(got.subtasks).toEqual([
      {
        workflow_id: "m",
        subtask_id: "a",
        status: "completed",
        assigned_to: null,
        started_at: expect.any(String),
        attempts: 4,
        last_progress: null,
        items: 4,
        by_status: { completed: 4 },
      },
      { workflow_id: "m", subtask_id: "b", status: "skipped", assigned_to: null, started_at: null, attempts: 0, last_progress: null },
      expect.objectContaining({
        subtask_id: "c",
        status: "failed_permanent",
        assigned_to: "worker",
        attempts: 1,
        error: expect.objectContaining({ reason: "rejected" }),
      }),
    ]);
    const table = (await place.here("get", "m", "--items")).stdout;
    expect(table).toMatch(/SUBTASK +STATUS +ASSIGNED TO +STARTED +ATTEMPTS +LAST PROGRESS/);
    expect(table).toMatch(/^a +✓ completed .*4 +4\/4/m);
    expect(table).toMatch(/^ {2}a\[3\] /m);
    const facts = (await place.run("history", "m", "--json", "--from", "2")).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { seq: number });
    expect(facts[0]?.seq).toBe(2);
  });

  it("the beginning of an id is enough while only one run begins so", async () => {
    await using place = new Place();
    place.workflow("job", ECHO);
    await place.run("run", "job", "--id", "march-1");
    expect(await place.run("result", "mar")).toMatchObject({ code: 0, stdout: '{"x":1}\n' });
    await place.run("run", "job", "--id", "march-2");
    expect(await place.here("result", "mar")).toMatchObject({ code: 2, stderr: expect.stringMatching(/error T2103 .*march-2, march-1/) });
    expect(await place.here("get", "@latest")).toMatchObject({ code: 0, stdout: expect.stringContaining("march-2") });
  });
});

describe.concurrent("files and agents", () => {
  it("lint shows each problem with its line; graph shows what waits for what", async () => {
    await using place = new Place();
    place.workflow("fine", `${ECHO}\n  b: { needs: [a], agent: worker, skill: echo }`);
    place.write("broken.yaml", 'tutti: "1.0"\nname: broken\nsteps:\n  a: { agent: [\n');
    expect(await place.run("lint", "fine.tutti.yaml")).toMatchObject({ code: 0, stdout: "" });
    expect(await place.run("lint", "fine.tutti.yaml", "broken.yaml")).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/error T1002 {2}broken\.yaml:\d+:\d+\n.*\|.*\n.*\^/),
    });
    expect((await place.run("graph", "fine")).stdout).toBe("fine@1.0.0\n 1  a  agent worker: echo\n 2  b  agent worker: echo  ← a\n");
    expect((await place.run("graph", "fine", "--mermaid")).stdout).toMatch(/^flowchart TD\n[^]*s_a --> s_b\n$/);
  });

  it("agents list, check and send speak with an agent over the network", async () => {
    await using place = new Place();
    const url = await place.serve();
    place.write(
      "remote.tutti.yaml",
      `tutti: "1.0"\nname: remote\nagents: { far: { card: "${url}" }, near: { module: "${AGENTS}#worker" } }\nsteps: { a: { agent: far, skill: echo, with: { x: 1 } }, b: { agent: near, skill: echo, with: { x: 2 } } }\n`,
    );
    expect((await place.run("agents", "list", "remote")).stdout).toMatch(
      /far +✓ reachable +JSONRPC 1\.0 +echo, hold[^]*near +✓ reachable +in this process/,
    );
    expect(await place.run("agents", "check", url)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/✓ worker 1\.0\.0[^]*protocol +JSONRPC 1\.0[^]*echo: Gives back its input\./),
    });
    expect(await place.run("agents", "check", "http://127.0.0.1:1")).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/✗ agent[^]*✗ error/),
    });
    expect(await place.run("agents", "send", url, "--data", '{"x":[1]}', "--skill", "echo")).toMatchObject({
      code: 0,
      stdout: '{"x":[1]}\n',
    });
    expect(await place.run("agents", "send", url, "hello", "--skill", "ask")).toMatchObject({
      code: 8,
      stderr: expect.stringContaining("Where shall it go?"),
    });
    expect(await place.run("agents", "send", url, "hello", "--skill", "broken", "--json")).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('"status":"failed"'),
    });
  });

  it("who wins for an agent: --agent, then the environment, then the file, then the configuration", async () => {
    await using place = new Place();
    place.write(
      "tutti.config.ts",
      `export default { agents: { worker: "${AGENTS}#notAnAgent", extra: "${AGENTS}#worker" }, db: "runs.db" };`,
    );
    place.workflow(
      "job",
      "  a: { agent: worker, skill: echo, with: { x: 1 } }\n  b: { agent: extra, skill: echo, with: { x: 2 } }\n  c: { capability: lookup, with: { x: 3 } }",
      "defaults: { retry: { attempts: 1 } }",
    );
    const lookup = place.write(
      "lookup.ts",
      `import { defineAgent } from ${JSON.stringify(new URL("../../../src/agents/function-agent.ts", import.meta.url).href)};\nexport default defineAgent({ name: "finder", description: "Finds.", version: "1.0.0", capabilities: { lookup: { description: "Looks up.", run: () => "found" } } });`,
    );
    const words = ["run", "job", "--no-watch", "--agent", "lookup=./lookup.ts"];
    expect(await place.run(...words)).toMatchObject({ code: 0, stdout: expect.stringContaining("found") });
    const fromEnvironment = await place.start(words, { environment: { TUTTI_AGENT_WORKER: `${AGENTS}#notAnAgent` } }).ended;
    expect(fromEnvironment).toMatchObject({ code: 1, stderr: expect.stringContaining('no agent under the export "notAnAgent"') });
    const overEnvironment = await place.start([...words, "--agent", `worker=${AGENTS}#worker`], {
      environment: { TUTTI_AGENT_WORKER: `${AGENTS}#notAnAgent` },
    }).ended;
    expect(overEnvironment.code).toBe(0);
    const history = await place.here("history", "@latest", "--json", "--db", "runs.db");
    expect(JSON.parse(history.stdout.split("\n")[0] ?? "")).toMatchObject({
      bindings: { lookup: { kind: "module", specifier: lookup }, worker: { kind: "module", specifier: `${AGENTS}#worker` } },
    });
  });

  it("a configuration of the wrong form is named with the place that is wrong", async () => {
    await using place = new Place();
    place.write("tutti.config.ts", "export default { agents: { a: 5 } };");
    expect(await place.run("list")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/error T2104 .*tutti\.config\.ts cannot be used: agents\.a/),
    });
  });
});

describe.concurrent("a database of an older version", () => {
  it.each([
    ["a command that only looks", ["list"]],
    ["a run", ["run", "job", "--id", "r", "--no-watch"]],
  ])("is brought up to date by %s", async (_who, words) => {
    await using place = new Place();
    place.workflow("job", ECHO);
    const file = place.path("old.db");
    const database = new DatabaseSync(file);
    database.exec(`pragma application_id = 0x54555454; ${MIGRATIONS[0] ?? ""}; pragma user_version = 1`);
    database.close();
    expect(await place.run(...words, "--db", "old.db")).toMatchObject({ code: 0, stderr: expect.not.stringContaining("error") });
    expect(await place.here("doctor", "--db", "old.db")).toMatchObject({ code: 0 });
  });
});

describe.concurrent("a database that cannot be used", () => {
  it.each([
    ["of another program", "create table t (x)", /error T5002 .*of another program/],
    [
      "of a newer version",
      "pragma application_id = 0x54555454; pragma user_version = 999; create table t (x)",
      /error T5003 .*version 999/,
    ],
  ])("%s is left alone", async (_what, sql, message) => {
    await using place = new Place();
    place.workflow("job", ECHO);
    const file = place.path("odd.db");
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
    for (const words of [
      ["run", "job", "--db", "odd.db"],
      ["list", "--db", "odd.db"],
    ]) {
      expect(await place.run(...words)).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(message) });
    }
    expect((await place.here("doctor", "--db", "odd.db")).code).toBe(1);
  });

  it("locked by another program, or no database at all", async () => {
    await using place = new Place();
    place.workflow("job", ECHO);
    await place.run("run", "job", "--id", "r");
    const other = new DatabaseSync(place.path(".tutti/tutti.db"));
    other.exec("pragma locking_mode = exclusive; begin exclusive");
    const locked = await place.run("run", "job");
    other.close();
    expect(locked).toMatchObject({ code: 1, stderr: expect.stringMatching(/error T5002 .*locked by another program/) });
    place.write("text.db", "This is not a database, however long one reads it. ".repeat(40));
    expect(await place.here("list", "--db", "text.db")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("not a sound SQLite database"),
    });
    place.write("file", "");
    expect(await place.run("run", "job", "--db", "file/x.db")).toMatchObject({ code: 1, stderr: expect.stringContaining("error T5002") });
  });
});
