/** `tutti test` as a user types it, and the example of docs/testing.md as the page shows it. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { ROOT } from "../../support/source-files.ts";
import { Place } from "./harness.ts";

const PAGE = readFileSync(join(ROOT, "docs/testing.md"), "utf8");

/** The workflow of the page's example; its last step lacks an `if`. */
const REPORT = `tutti: "1.0"
name: report
version: 1.0.0
steps:
  data_query: { capability: data_query, with: { month: "\${{ input.month }}" } }
  chart: { capability: chart, with: { rows: "\${{ steps.data_query.output.rows }}" } }
  report: { capability: report, with: { rows: "\${{ steps.data_query.output.rows }}" } }
  sign_off:
    needs: [chart, report]
    approval: { to: ["role:editor"], title: "Send the report of \${{ input.month }}?" }
  send: { needs: [sign_off], capability: mailer, with: { report: "\${{ steps.report.output }}" } }
output: { report: "\${{ steps.report.output }}" }
`;

function blockOf(language: string, start: string): string {
  return (
    PAGE.split(`\`\`\`${language}\n`)
      .find((block) => block.startsWith(start))
      ?.split("```")[0] ?? ""
  );
}

it("the example of docs/testing.md gives what the page shows", async () => {
  await using place = new Place();
  place.write("report.tutti.yaml", REPORT);
  place.write("report.scenario.yaml", blockOf("yaml", "workflow:"));
  const { code, stdout, stderr } = await place.run("test");
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(`$ tutti test\n${stdout}`).toBe(blockOf("console", "$ tutti test"));
});

it("files and folders are named or found, everything that is as expected ends with 0, and --json is one document", async () => {
  await using place = new Place();
  place.write("one.tutti.yaml", `tutti: "1.0"\nname: one\nsteps: { work: { capability: work } }\noutput: "\${{ steps.work.output }}"\n`);
  mkdirSync(place.path("below/deep"), { recursive: true });
  const scenarios = "agents: { work: { answer: 1 } }\nscenarios: [{ name: one, expect: { exactly: 1 } }]\n";
  place.write("below/deep/b.scenario.yaml", `workflow: ../../one.tutti.yaml\n${scenarios}`);
  place.write("a.scenario.yaml", `workflow: one.tutti.yaml\n${scenarios}`);
  mkdirSync(place.path("node_modules"));
  place.write("node_modules/c.scenario.yaml", "no scenario");

  const all = await place.run("test", "--json");
  expect(all.code).toBe(0);
  expect(JSON.parse(all.stdout)).toMatchObject({
    passed: true,
    files: [
      { file: "a.scenario.yaml", problems: [], scenarios: [{ name: "one", passed: true, status: "completed" }] },
      { file: "below/deep/b.scenario.yaml", scenarios: [{ passed: true }] },
    ],
  });
  const some = await place.run("test", "below");
  expect(some.stdout).toBe("below/deep/b.scenario.yaml\n  ok    one\n\n1 passed\n");
});

it("a mistake in a file is shown with its line and ends with 1; nothing to test ends with 2", async () => {
  await using place = new Place();
  place.write("one.tutti.yaml", `tutti: "1.0"\nname: one\nsteps: { work: { capability: work } }\n`);
  place.write("a.scenario.yaml", "workflow: one.tutti.yaml\nscenarios:\n  - name: x\n    expect: { skipped: [wrok] }\n");
  const broken = await place.run("test");
  expect(broken.code).toBe(1);
  expect(broken.stdout).toContain("error T2206  a.scenario.yaml:4:25");
  expect(broken.stdout).toContain('^^^^ The workflow has no step "wrok". Did you mean "work"?');
  expect(broken.stdout).toContain("0 passed, 1 file with mistakes");

  mkdirSync(place.path("empty"));
  const empty = await place.run("test", "empty");
  expect({ code: empty.code, stderr: empty.stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("There is no scenario file in empty."),
  });
  expect((await place.run("test", "none.scenario.yaml")).code).toBe(2);
});
