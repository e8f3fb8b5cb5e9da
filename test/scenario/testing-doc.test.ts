/** docs/testing.md is held to the code: every key of a scenario file is in it. */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, it } from "vitest";

import { ACT_NAMES } from "../../src/testing/behaviour.ts";
import { EVENT_NAMES, EXPECT_KEYS, STATUSES } from "../../src/testing/scenario.ts";
import { runScenarioFile } from "../../src/testing/run-scenario-file.ts";
import { Place } from "../support/scenario.ts";
import { ROOT } from "../support/source-files.ts";
import { ScenarioFolder } from "../unit/testing/scenario-folder.ts";

const PAGE = readFileSync(join(ROOT, "docs/testing.md"), "utf8");

function unmentioned(names: readonly string[]): readonly string[] {
  return names.filter((name) => !new RegExp(`\`${name}\\b`).test(PAGE));
}

it("docs/testing.md mentions every act, event, expectation and status", () => {
  expect(unmentioned([...ACT_NAMES, ...EVENT_NAMES, ...EXPECT_KEYS, ...STATUSES])).toEqual([]);
});

it("docs/testing.md mentions every other key, as the reader lists them when it meets one that it does not know", async () => {
  using folder = new ScenarioFolder("steps: { work: { capability: work } }");
  const declaredBy = async (text: string) => {
    const { problems } = await runScenarioFile(folder.write("probe.scenario.yaml", `workflow: ./test.tutti.yaml\n${text}`));
    const declared = problems.find(({ code }) => code === "T1010")?.declared ?? [];
    expect(declared.length).toBeGreaterThan(1);
    return declared;
  };
  expect(unmentioned(await declaredBy("zzzz: 1"))).toEqual([]);
  expect(unmentioned(await declaredBy("scenarios: [{ name: x, zzzz: 1 }]"))).toEqual([]);
  expect(unmentioned(await declaredBy("agents: { work: { zzzz: 1 } }\nscenarios: [{ name: x }]"))).toEqual([]);
  expect(unmentioned(await declaredBy("scenarios: [{ name: x, events: [{ zzzz: 1 }] }]"))).toEqual([]);
});

it("the program in docs/testing.md runs, and its assertions hold", async () => {
  await using place = new Place();
  mkdirSync(join(place.folder, "node_modules"));
  symlinkSync(ROOT, join(place.folder, "node_modules/tutti"));
  const program = /^```ts\n(.*?)^```$/ms.exec(PAGE)?.[1] ?? "The page has no program.";
  writeFileSync(join(place.folder, "test.ts"), `${program}\nconsole.log(run.result.status);\n`);
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=source", "test.ts"], { cwd: place.folder });
  expect(stdout).toBe("completed\n");
});
