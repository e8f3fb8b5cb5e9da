/** A handful of workflows over the language, small enough to be played by the thousand. */
import type { JsonObject } from "../../../src/base/json.ts";

const SEQUENCE: JsonObject = {
  name: "sequence",
  steps: { a: { agent: "adder", with: { x: 1 } }, b: { agent: "writer", text: "Hello ${{ steps.a.output }}" } },
};

const EACH: JsonObject = {
  name: "each",
  steps: {
    all: { each: "${{ [1, 2, 3] }}", agent: "adder", with: { x: "${{ item }}" }, critical: false },
    sum: { agent: "writer", with: { all: "${{ steps.all.output }}" } },
  },
};

const QUORUM: JsonObject = {
  name: "quorum",
  steps: {
    vote: {
      parallel: {
        branches: {
          one: { agent: "adder", text: "Vote." },
          two: { agent: "writer", text: "Vote." },
          three: { agent: "judge", text: "Vote." },
        },
        succeed: { first: 2 },
      },
    },
  },
};

const LOOP: JsonObject = {
  name: "loop",
  steps: { draft: { loop: { steps: { write: { agent: "writer", text: "Again." } }, max: 3, until: "iter.number >= 2" } } },
};

const APPROVAL: JsonObject = {
  name: "approval",
  steps: {
    ask: { approval: { to: ["ada"], title: "Go on?" } },
    go: { agent: "adder", if: "steps.ask.output.decision == 'approved'", with: { x: 1 } },
  },
};

const COMPENSATION: JsonObject = {
  name: "compensation",
  steps: {
    book: { agent: "adder", with: { x: 1 }, compensate: { agent: "writer", text: "Undo it." } },
    pay: { agent: "judge", text: "Pay.", needs: ["book"], retry: { attempts: 1 } },
  },
};

const CHILD: JsonObject = { name: "child", version: "1.0.0", steps: { work: { agent: "adder", with: { x: 2 } } } };
const PARENT: JsonObject = { name: "parent", steps: { below: { workflow: "child@1.0.0" }, after: { agent: "writer", text: "Done." } } };

/** Each with the workflows that it runs. */
export const WORKFLOWS: readonly (readonly JsonObject[])[] = [
  [SEQUENCE],
  [EACH],
  [QUORUM],
  [LOOP],
  [APPROVAL],
  [COMPENSATION],
  [PARENT, CHILD],
];
