import { expect, it } from "vitest";

import { loadText } from "../../../src/authoring/file/load-file.ts";
import { toMermaid } from "../../../src/authoring/graph/mermaid.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { WHOLE_LANGUAGE } from "./whole-language.ts";

it("draws inner steps in boxes, people as rhombs, and what stands in for a step with dashed edges", () => {
  const definition = workflowFromObject({
    name: "w",
    steps: {
      draft: {
        loop: {
          until: "steps.review.output.ok",
          steps: { write: { capability: "write" }, review: { capability: "review", needs: ["write"] } },
        },
        onExhausted: { approval: { to: ["anna"], title: "Enough?" } },
      },
      split: {
        plan: { capability: "split", allow: ["work"], approve: { to: ["bert"], title: "So?" } },
        fallback: "divide",
        needs: ["draft"],
      },
      tell: { emit: "told", critical: false, needs: ["split"], compensate: { workflow: "untell@^1" } },
    },
  });
  expect(toMermaid(definition)).toBe(`flowchart TD
  subgraph s_draft["draft<br/><small>loop, at most 5 times</small>"]
    direction TB
    s_draft_IN_write["write<br/><small>write</small>"]
    s_draft_IN_review["review<br/><small>review</small>"]
    s_draft_IN_write --> s_draft_IN_review
  end
  subgraph s_split["split<br/><small>plan of at most 20 subtasks</small>"]
    direction TB
    s_split_IN_planner["planner<br/><small>split</small>"]
    s_split_IN_approve{"approve<br/><small>approval by bert</small>"}
    s_split_IN_subtasks@{ shape: procs, label: "subtasks" }
    s_split_IN_planner --> s_split_IN_approve
    s_split_IN_approve --> s_split_IN_subtasks
    f_split_IN_planner_1(["divide"])
    s_split_IN_planner -. fallback .-> f_split_IN_planner_1
  end
  s_tell>"tell<br/><small>told</small>"]
  s_draft --> s_split
  s_split --> s_tell
  s_draft_ON_onExhausted{"onExhausted<br/><small>approval by anna</small>"}
  s_draft -. onExhausted .-> s_draft_ON_onExhausted
  s_tell_ON_compensate[["compensate<br/><small>untell@^1</small>"]]
  s_tell -. compensate .-> s_tell_ON_compensate
  classDef optional stroke-dasharray: 5 5
  class s_tell optional
`);
});

it("gives every node of a workflow that uses all of the language its own name, and draws every edge between nodes", () => {
  const loaded = loadText(WHOLE_LANGUAGE, "w.yaml");
  const lines = loaded.ok ? toMermaid(loaded.value).split("\n") : [];
  const nodes = lines.flatMap((line) => /^\s*(?:subgraph )?([sf]_\w+)(?=[[({>@])/.exec(line)?.[1] ?? []);
  expect(nodes.length).toBeGreaterThan(50);
  expect(new Set(nodes).size).toBe(nodes.length);
  const ends = lines.flatMap((line) => /^\s*(\w+) (?:-->|-- \w+ -->|-\. \w+ \.->) (\w+)$/.exec(line)?.slice(1) ?? []);
  expect(ends.length).toBeGreaterThan(50);
  expect(ends.filter((end) => !nodes.includes(end))).toEqual([]);
  expect(lines.filter((line) => line.trim().startsWith("subgraph")).length).toBe(lines.filter((line) => line.trim() === "end").length);
});
