/**
 * The fifth workflow of the crash sweep: what people and operators hold a run to. It is paused and goes
 * on, its budget is used up and granted again, a limit lets one agent's work begin one at a time, and a
 * list of workflows stands below it.
 */
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import { type Addresses, quickly, remoteBindings } from "./addresses.ts";

const GIVEN = { n: "${{ input.n }}" };
const ITEMS = "${{ [input.n, input.n + 1, input.n + 2] }}";
/** Less than the run has subtasks, and more than half of them: it is used up once or twice. */
export const SUBTASK_BUDGET = 6;
/** The step that the run is paused at. */
export const PAUSED_AT = "rest";
/** The list whose items take turns. */
export const LIMITED = "turns";

export function createGoverned(at: Addresses): Definition {
  return workflowFromObject({
    name: "crash_governed",
    version: "1.0.0",
    agents: remoteBindings(at),
    input: { type: "object", required: ["n"], properties: { n: { type: "integer" } } },
    timeout: "10m",
    budget: { subtasks: SUBTASK_BUDGET, onExceeded: "ask" },
    defaults: { retry: quickly(3) },
    steps: {
      [PAUSED_AT]: { wait: "40ms" },
      rested: { needs: [PAUSED_AT], agent: "quick", skill: "tenfold", with: GIVEN },
      many: { each: ITEMS, as: "item", concurrency: 2, workflow: "crash_below@^1", with: { n: "${{ item }}" } },
      [LIMITED]: { each: ITEMS, as: "item", agent: "turner", limit: 1, with: { n: "${{ item }}" } },
      last: { needs: ["many", LIMITED, "rested"], agent: "local", skill: "double", with: GIVEN },
    },
    output: {
      rested: "${{ steps.rested.output.value }}",
      many: "${{ steps.many.output.map(one, one.value) }}",
      turns: `\${{ steps.${LIMITED}.output.map(one, one.value) }}`,
      last: "${{ steps.last.output.value }}",
    },
  });
}

/** What such a run must come to, whatever happened to the process. */
export function expectedOutput(n: number): unknown {
  const items = [n, n + 1, n + 2];
  return { rested: n * 10, many: items.map((item) => item * 20), turns: items.map((item) => item + 1), last: n * 2 };
}

/** The subtasks of such a run that must complete. */
export const COMPLETING_PATHS: readonly string[] = [
  PAUSED_AT,
  "rested",
  "last",
  ...["many", LIMITED].flatMap((step) => [0, 1, 2].map((index) => `${step}[${index}]`)),
];
