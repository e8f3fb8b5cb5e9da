/** Behaviours of a script that are meant for one subtask. */
import { expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { scripted, testWorkflow } from "../../../src/testing/index.ts";
import { ScenarioFolder } from "./scenario-folder.ts";

const WORKFLOW = workflowFromObject({
  name: "two",
  steps: { first: { agent: "worker", text: "1" }, each: { each: "${{ ['a', 'b'] }}", agent: "worker", with: { item: "${{ item }}" } } },
  output: { first: "${{ steps.first.output }}", each: "${{ steps.each.output }}" },
});

it("a behaviour with a step serves that subtask alone, attempt after attempt, and goes before the others", async () => {
  const worker = scripted("worker", [{ answer: "any" }, { step: "each[1]", fail: "BUSY" }, { step: "each[1]", answer: "second" }]);
  const run = await testWorkflow(WORKFLOW, { agents: [worker] });
  expect(run.result).toMatchObject({ status: "completed", output: { first: "any", each: ["any", "second"] } });
  expect(run.attempts("each[1]")).toBe(2);
});

it("a step of a scenario file that the workflow does not have is a mistake with its line", async () => {
  using folder = new ScenarioFolder("steps: { work: { agent: worker, text: x } }\n");
  const { problems } = await folder.run("agents:\n  worker: { step: wrok, answer: 1 }\nscenarios: [{ name: x }]\n");
  expect(problems).toMatchObject([{ code: "T2206", message: 'The workflow has no step "wrok".', line: 3 }]);
  const { problems: none, scenarios } = await folder.run("agents:\n  worker: { step: work, answer: 1 }\nscenarios: [{ name: x }]\n");
  expect({ none, passed: scenarios[0]?.passed }).toEqual({ none: [], passed: true });
});
