/** Versions on the command line: what is stored, how it differs, and what is refused. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { Place } from "./harness.ts";

const ECHO = "  a: { agent: worker, skill: echo, with: { x: 1 } }";
const OTHER = "  a: { agent: worker, skill: echo, with: { x: 2 } }";

describe.concurrent("tutti workflows", () => {
  it("publishes files, lists them, shows one as a file that runs, and tells how two differ", async () => {
    await using place = new Place();
    const file = place.workflow("report", ECHO);
    expect(await place.run("workflows", "publish", "report")).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/report@1\.0\.0 is stored/),
    });
    writeFileSync(file, readFileSync(file, "utf8").replace("version: 1.0.0", "version: 1.1.0").replace("x: 1", "x: 2"));
    expect(await place.run("workflows", "publish", "report.tutti.yaml")).toMatchObject({ code: 0 });

    expect((await place.run("workflows", "list")).stdout).toMatch(/^WORKFLOW .*\nreport +1\.1\.0 .*\nreport +1\.0\.0 .*\n$/);
    const listed = JSON.parse((await place.here("workflows", "list", "report", "--limit", "1", "--json")).stdout) as object;
    expect(listed).toMatchObject({ workflows: [{ name: "report", version: "1.1.0", draft: false }], nextCursor: expect.any(String) });

    const shown = await place.run("workflows", "show", "report@~1.0");
    expect(shown.stderr).toMatch(/^report@1\.0\.0 {2}[0-9a-f]{12}$/m);
    place.write("again.tutti.yaml", shown.stdout);
    expect(await place.run("workflows", "diff", "report@1.0.0", "again.tutti.yaml")).toMatchObject({ code: 0, stdout: "" });
    expect((await place.here("workflows", "diff", "report@1.0.0", "report@^1")).stdout).toBe(
      'version: "1.0.0" → "1.1.0"\nsteps.a.with.x: 1 → 2\n',
    );
    expect(await place.here("workflows", "show", "nobody")).toMatchObject({ code: 5, stderr: expect.stringContaining("T1504") });
  });

  it("refuses to publish another definition under a version that is taken, and shows the difference", async () => {
    await using place = new Place();
    place.workflow("report", ECHO);
    await place.run("workflows", "publish", "report");
    place.workflow("report", OTHER);
    const refused = await place.run("workflows", "publish", "report");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("T1501") });
    expect(refused.stderr).toContain("steps.a.with.x: 1 → 2");
    place.write("draft.tutti.yaml", readFileSync(place.path("report.tutti.yaml"), "utf8").replace("version: 1.0.0\n", ""));
    expect(await place.run("workflows", "publish", "draft.tutti.yaml")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("T1012"),
    });
  });

  it("an edited file runs all the same, as a version of its own", async () => {
    await using place = new Place();
    place.workflow("report", ECHO);
    await place.run("run", "report", "--id", "first");
    place.workflow("report", OTHER);
    expect(await place.run("run", "report", "--id", "second")).toMatchObject({ code: 0 });
    const listed = JSON.parse((await place.here("list", "--json")).stdout) as { runs: { version: string }[] };
    expect(listed.runs.map(({ version }) => version)).toEqual([expect.stringMatching(/^1\.0\.0\+[0-9a-f]{12}$/), "1.0.0"]);
    const shown = await place.here("workflows", "diff", "report@1.0.0", `report@${listed.runs[0]?.version}`);
    expect(shown.stdout).toBe("steps.a.with.x: 1 → 2\n");
  });
});

describe.concurrent("files of sub-workflows", () => {
  const PARENT = "  total: { workflow: price@^1, with: { x: 7 } }";

  it("are found beside the file that refers to them, or where the configuration says, else in the database", async () => {
    await using place = new Place();
    place.workflow("orders", PARENT);
    const missing = await place.run("run", "orders", "--id", "missing");
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringMatching(/T1502[^]*price\.tutti\.yaml/) });
    const child = place.workflow("price", '  a: { agent: worker, skill: echo, with: "${{ input }}" }');
    expect(await place.run("run", "orders", "--id", "beside")).toMatchObject({ code: 0, stdout: '{"x":7}\n' });
    place.write("elsewhere.yaml", readFileSync(child, "utf8").replace("version: 1.0.0", "version: 1.1.0"));
    place.write("tutti.config.ts", 'export default { workflows: { price: "./elsewhere.yaml" } };');
    rmSync(child);
    expect(await place.run("run", "orders", "--id", "configured")).toMatchObject({ code: 0 });
    rmSync(place.path("tutti.config.ts"));
    expect(await place.run("run", "orders", "--id", "stored")).toMatchObject({ code: 0, stdout: '{"x":7}\n' });
    const { runs } = JSON.parse((await place.here("list", "--workflow", "price", "--json")).stdout) as {
      runs: { parent: string; version: string }[];
    };
    expect(runs.map(({ parent, version }) => [parent, version])).toEqual([
      ["stored", "1.1.0"],
      ["configured", "1.1.0"],
      ["beside", "1.0.0"],
    ]);
  });

  it("with a problem are shown with their line before the run starts; one of another name is told", async () => {
    await using place = new Place();
    place.workflow("orders", PARENT);
    place.workflow("price", "  a: { agent: nobody }");
    expect(await place.run("run", "orders")).toMatchObject({ code: 1, stderr: expect.stringMatching(/T1302 +price\.tutti\.yaml:7/) });
    place.write("price.tutti.yaml", readFileSync(place.workflow("cost", ECHO), "utf8"));
    expect(await place.run("run", "orders")).toMatchObject({ code: 1, stderr: expect.stringMatching(/T1502[^]*"cost"/) });
  });
});
