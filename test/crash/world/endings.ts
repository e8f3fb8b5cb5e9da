/** Workflows of the crash sweep that do not complete: one fails and one is canceled, and both undo what they did. */
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import { type Addresses, quickly, remoteBindings } from "./addresses.ts";

const NUMBERED = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };
const GIVEN = { n: "${{ input.n }}" };

/** Work that takes for ever: its runs are canceled as soon as agents have taken it. */
export function createEndless(at: Addresses): Definition {
  return workflowFromObject({
    name: "crash_sweep_canceled",
    version: "1.0.0",
    agents: remoteBindings(at),
    input: NUMBERED,
    steps: {
      booked: {
        agent: "quick",
        skill: "tenfold",
        with: GIVEN,
        compensate: { agent: "undoer", skill: "undo", with: { n: "${{ steps.booked.output.value }}" } },
      },
      endless: { each: [1, 2], as: "item", agent: "hanger", with: { n: "${{ item }}" } },
      below: { workflow: "crash_lingering@^1", with: GIVEN },
    },
  });
}
/** How much of it must have been taken before it is canceled: the tasks, and the workflow below. */
export const ENDLESS_WORK = 3;

/**
 * Steps that complete one after the other, and then one that fails while others are at work. What has
 * completed is undone by agents here and there, by a workflow below and by an event.
 */
export function createUndone(at: Addresses): Definition {
  const undo = { agent: "undoer", with: { n: "${{ steps.booked.output.value }}" } };
  const stubborn = { agent: "undoer", skill: "undo_later", with: GIVEN, retry: quickly(2) };
  return workflowFromObject({
    name: "crash_undone",
    version: "1.0.0",
    agents: remoteBindings(at),
    input: NUMBERED,
    defaults: { retry: quickly(50) },
    steps: {
      booked: { agent: "quick", skill: "tenfold", with: GIVEN, compensate: { ...undo, skill: "undo" } },
      lots: {
        needs: ["booked"],
        each: [1, 2],
        as: "item",
        agent: "slow",
        with: { n: "${{ item }}" },
        compensate: { agent: "local", skill: "undo", with: { n: "${{ item }}" } },
      },
      below: {
        needs: ["lots"],
        workflow: "crash_below@^1",
        with: GIVEN,
        compensate: { workflow: "crash_below@^1", with: { n: "${{ steps.below.output.value }}" } },
      },
      nested: { needs: ["below"], steps: { deep: { agent: "plain", with: GIVEN, compensate: stubborn } } },
      told: {
        needs: ["nested"],
        emit: { event: "undone.told", to: at.hook, data: GIVEN },
        compensate: { emit: { event: "undone.untold", to: at.hook, data: GIVEN } },
      },
      endless: { needs: ["below"], agent: "hanger", with: GIVEN },
      endless_below: { needs: ["below"], workflow: "crash_lingering@^1", with: GIVEN },
      doomed: { needs: ["told"], agent: "local", skill: "broken", retry: quickly(1) },
    },
  });
}

/** What of it completes, in this order but for the items of the list, and is undone. */
export const UNDONE_PATHS: readonly string[] = ["booked", "lots[0]", "lots[1]", "below", "nested/deep", "told"];
