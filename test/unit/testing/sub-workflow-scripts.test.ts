import { expect, it } from "vitest";

import { ScenarioFolder } from "./scenario-folder.ts";

it("a script stands in for an agent of a sub-workflow, also for one with an address", async () => {
  using folder = new ScenarioFolder(`steps: { below: { workflow: "child@^1" } }\noutput: "\${{ steps.below.output }}"\n`);
  folder.write(
    "child.tutti.yaml",
    `tutti: "1.0"\nname: child\nversion: 1.2.0\nagents: { far: { card: "http://127.0.0.1:9" } }\nsteps: { work: { agent: far, text: Hi } }\noutput: "\${{ steps.work.output }}"\n`,
  );
  const { problems, scenarios } = await folder.run(
    "workflows: [./child.tutti.yaml]\nagents: { far: { answer: done } }\nscenarios: [{ name: x, expect: { exactly: done } }]\n",
  );
  expect({ problems, mismatches: scenarios[0]?.mismatches }).toEqual({ problems: [], mismatches: [] });
});
