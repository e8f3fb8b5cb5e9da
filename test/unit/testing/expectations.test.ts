/** The assertions of `tutti/testing`: silent when they hold, and readable when they do not. */
import { workflowFromObject } from "tutti";
import { attemptsOf, dagOf, expectAttempts, expectDag, expectOrder, expectOutput, orderOf, scripted, testWorkflow } from "tutti/testing";
import { describe, expect, it } from "vitest";

const DIAMOND = workflowFromObject({
  name: "diamond",
  steps: {
    top: { capability: "work" },
    left: { needs: ["top"], capability: "work" },
    right: { needs: ["top"], capability: "work" },
    bottom: { needs: ["left", "right"], capability: "work" },
  },
  output: { done: true, list: [1, 2] },
});

function run() {
  return testWorkflow(DIAMOND, { agents: [scripted("work", [{ fail: "A" }, { answer: 1 }])] });
}

describe("expectations", () => {
  it("hold, and say nothing", async () => {
    const diamond = await run();
    expectOrder(diamond, ["top", ["left", "right"], "bottom"]);
    expectAttempts(diamond, { top: 2, left: 1 });
    expectOutput(diamond, { list: [1, 2], done: true });
    expectDag(
      DIAMOND,
      ["bottom", "left", "right", "top"],
      [
        ["top", "left"],
        ["top", "right"],
        ["left", "bottom"],
        ["right", "bottom"],
      ],
    );
    expect(diamond.result.status).toBe("completed");
  });

  it("say what is wrong", async () => {
    const diamond = await run();
    expect(() => expectOrder(diamond, ["bottom", "left"])).toThrow("left began before bottom was over.");
    expect(() => expectOrder(diamond, ["left", "right"])).toThrow("right began before left was over.");
    expect(() => expectOrder(diamond, ["top", "side"])).toThrow("side never began.");
    expect(() => expectAttempts(diamond, { top: 1, left: 1 })).toThrow("top had 2 attempts, not 1.");
    expect(() => expectOutput(diamond, { done: true, list: [1, 3] })).toThrow("The output at /list/1 is 2, not 3.");
    expect(() => expectOutput(diamond, { done: true })).toThrow("The output at /list is [1,2], not nothing.");
    expect(() => expectDag(diamond, ["top"], [])).toThrow("The node bottom is not wanted.");
    expect(() => expectDag(DIAMOND, ["top", "left", "right", "bottom", "more"], [["left", "right"]])).toThrow(
      "The node more is missing. The edge left -> right is missing. The edge left -> bottom is not wanted.",
    );
  });

  it("say how a run ended that did not complete", async () => {
    const failed = await testWorkflow(DIAMOND, { agents: [scripted("work", [{ reject: "no" }])] });
    expect(() => expectOutput(failed, 1)).toThrow(/^The run did not complete: it failed with T4108: /);
    const open = await testWorkflow(DIAMOND, { agents: [scripted("work", [{ ask: "Which?" }])] });
    expect(() => expectOutput(open, 1)).toThrow("The run did not complete: it is not over.");
    await open.cancel("enough");
    expect(() => expectOutput(open, 1)).toThrow("The run did not complete: it was canceled: enough.");
  });

  it("read any history: facts are enough", async () => {
    const { history } = await run();
    expectOrder(history, ["top", "bottom"]);
    expect(attemptsOf(history, "top")).toBe(2);
    expect(orderOf(history)).toEqual(["top", "left", "right", "bottom"]);
    expect(dagOf(DIAMOND).nodes).toEqual(["top", "left", "right", "bottom"]);
  });
});
