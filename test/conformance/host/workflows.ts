/** The workflows of the host suite: each the smallest that shows what it is for. */
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";

/** One step. */
export const single = workflowFromObject({ name: "single", timeout: "60d", steps: { a: { capability: "work", timeout: "1h" } } });

/** One step, which is late soon: the host has its deadline in memory from the start. */
export const brief = workflowFromObject({ name: "brief", steps: { a: { capability: "work", timeout: "30s" } } });

/** Three steps, one after the other. */
export const chain = workflowFromObject({
  name: "chain",
  steps: {
    a: { capability: "work", text: "begin" },
    b: { capability: "work", with: { from: "${{ steps.a.output }}" } },
    c: { capability: "work", with: { from: "${{ steps.b.output }}" } },
  },
});

/** Two steps at once, and a third after both. */
export const diamond = workflowFromObject({
  name: "diamond",
  steps: {
    left: { capability: "work" },
    right: { capability: "work" },
    join: { capability: "work", with: { left: "${{ steps.left.output }}", right: "${{ steps.right.output }}" } },
  },
});

/** The same content through three facts: an output, another step's input, and the run's output. */
export const relay = workflowFromObject({
  name: "relay",
  steps: {
    a: { capability: "work", retry: { attempts: 1 } },
    b: { capability: "work", with: "${{ steps.a.output }}" },
  },
  output: "${{ steps.a.output }}",
});

/** One subtask for each item of the input. */
export const fan = workflowFromObject({
  name: "fan",
  steps: { each_one: { capability: "work", each: "${{ input.items }}", with: { item: "${{ item }}" }, concurrency: 50 } },
});

/** An attempt that takes days, and no second one. */
export const slow = workflowFromObject({
  name: "slow",
  timeout: "60d",
  steps: { a: { capability: "work", timeout: "25d", retry: { attempts: 1 } } },
});

/** A second attempt after exactly a minute. */
export const stubborn = workflowFromObject({
  name: "stubborn",
  steps: { a: { capability: "work", timeout: "1h", retry: { attempts: 3, initial: "1m", factor: 1, max: "1m", jitter: "none" } } },
});
