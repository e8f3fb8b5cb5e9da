import { describe, expect, it } from "vitest";

import { lintText } from "../../../src/authoring/lint/linter.ts";
import { toYaml } from "../../../src/authoring/print/print-definition.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { worstCaseMs } from "../../../src/authoring/lint/worst-case.ts";
import type { JsonObject } from "../../../src/base/json.ts";
import type { Step } from "../../../src/definition/definition.ts";

/** What the linter says about these steps, as `code severity: message`. */
function said(steps: JsonObject, more: JsonObject): readonly string[] {
  const text = toYaml({ tutti: "1.0", name: "w", ...more, steps });
  return lintText(text, "w.yaml").map(({ code, severity, message }) => `${code} ${severity}: ${message}`);
}

describe("the worst case", () => {
  const FAST = { capability: "c", timeout: "1m", retry: { attempts: 1 } };
  const cases: readonly (readonly [what: string, step: JsonObject, minutes: number])[] = [
    ["attempts, delays and fallbacks", { ...FAST, retry: { attempts: 2, initial: "1m", max: "1m" }, fallback: "d" }, 4],
    ["repairs", { ...FAST, output: true, onInvalid: { repair: 2 } }, 3],
    ["a loop to its end", { loop: { max: 4, until: "true", steps: { x: FAST, y: { ...FAST, needs: ["x"] } } } }, 8],
    ["the slowest branch", { parallel: { branches: { x: FAST, y: { ...FAST, timeout: "3m" } } } }, 3],
    ["a join with an end", { parallel: { branches: { x: FAST, y: { ...FAST, timeout: "3m" } }, succeed: { all: true, within: "2m" } } }, 2],
    ["the longest chain of a group", { steps: { x: FAST, y: { ...FAST, needs: ["x"] }, z: FAST } }, 2],
    ["rounds of a written list", { ...FAST, each: [1, 2, 3, 4, 5], concurrency: 2 }, 3],
    ["turns of a handoff", { handoff: { agents: ["one", "two"], max: 3 }, timeout: "1m", retry: { attempts: 1 } }, 3],
    [
      "a plan, repaired once, as one long chain",
      {
        plan: {
          capability: "p",
          allow: ["c"],
          maxSubtasks: 5,
          timeout: "1m",
          retry: { attempts: 1 },
          approve: { to: ["x"], title: "?", timeout: "10m" },
        },
        timeout: "2m",
        retry: { attempts: 1 },
      },
      19,
    ],
    ["an approval with a timeout", { approval: { to: ["x"], title: "?", timeout: "1h" } }, 60],
    ["an approval without one", { approval: { to: ["x"], title: "?" } }, 0],
    ["a wait", { wait: "90m" }, 90],
    ["a signal", { wait: { signal: "s", timeout: "2m" } }, 2],
    ["a handler after the failure", { ...FAST, onError: { ...FAST, timeout: "5m" } }, 6],
    ["a deadline over all", { loop: { max: 100, until: "true", steps: { x: FAST } }, deadline: "7m" }, 7],
  ];
  it.each(cases)("%s", (_, step, minutes) => {
    const definition = workflowFromObject({ name: "w", steps: { a: step } }, { agents: ["one", "two"] });
    expect(worstCaseMs(definition.steps["a"] as Step) / 60_000).toBe(minutes);
  });

  it("is compared with the run's timeout and with the step's deadline", () => {
    const steps = { a: { ...FAST, retry: { attempts: 3, initial: "1s", max: "1s" }, deadline: "2m" }, b: { ...FAST, needs: ["a"] } };
    expect(said(steps, { timeout: "2m" })).toEqual([
      "T1401 warning: In the worst case a → b takes 3m, and the run ends after 2m.",
      "T1406 warning: In the worst case the step takes 3m 2s, and its deadline ends it after 2m.",
    ]);
  });
});

it("lints a definition of ten thousand steps in seconds", () => {
  const steps = Array.from({ length: 9_999 }, (_, index) => {
    const read = index === 0 ? "${{ input.note }}" : `\${{ steps.s${index - 1}.output.x }}`;
    return `  s${index}: { capability: c, timeout: 1s, with: { a: "${read}", b: "\${{ size(input.note) + ${index} }}" }, output: { type: object, properties: { x: { type: string } } } }`;
  });
  const text = `tutti: "1.0"\nname: w\ntimeout: 30d\nsteps:\n${steps.join("\n")}\n`;
  // Alone it is under two seconds. Here coverage is counted, others are at work, and machines are
  // noisy: a second try, and four times the time, which what grows by squares is far beyond.
  let seconds = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 2 && seconds >= 8; tries += 1) {
    const before = process.threadCpuUsage();
    expect(lintText(text, "w.yaml")).toEqual([]);
    const { user, system } = process.threadCpuUsage(before);
    seconds = (user + system) / 1_000_000;
  }
  expect(seconds).toBeLessThan(8);
}, 60_000);
