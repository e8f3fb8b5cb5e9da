import { describe, expect, it } from "vitest";

import { auditCrash } from "../../../examples/sales-dashboard/demo/audit.ts";
import { parseHistory, type HistoryFact } from "../../../examples/sales-dashboard/demo/orchestrator.ts";
import type { JournalEntry } from "../../../examples/sales-dashboard/lib/work.ts";

const task = (taskId: string): NonNullable<HistoryFact["task"]> => ({ taskId, url: "http://127.0.0.1:1" });
const accepted = (path: string, taskId: string): HistoryFact => ({ kind: "subtaskAccepted", path, task: task(taskId) });
const completed = (path: string): HistoryFact => ({ kind: "subtaskCompleted", path });
const entry = (subtask: string, event: JournalEntry["event"]): JournalEntry => ({
  at: "",
  agent: "",
  event,
  capability: "",
  key: subtask,
  run: "r",
  subtask,
  attempt: 1,
});

describe("the audit of a crash", () => {
  const before = [accepted("data", "t1"), completed("data"), accepted("analytics", "t2")];
  const after = [...before, completed("analytics"), accepted("report", "t3"), completed("report")];
  const journal = ["data", "analytics", "report"].flatMap((subtask) => [
    entry(subtask, "started"),
    entry(subtask, "stage"),
    entry(subtask, "finished"),
  ]);

  it("tells what was kept and what was found again", () => {
    const audit = auditCrash({ before, after, journal });
    expect(audit).toEqual({ kept: ["data"], repeated: [], reattached: [{ path: "analytics", ...task("t2") }], executions: 3, subtasks: 3 });
  });

  it("finds work that an agent did twice, also when a receipt answered", () => {
    expect(auditCrash({ before, after, journal: [...journal, entry("data", "started")] }).repeated).toEqual(["data"]);
    expect(auditCrash({ before, after, journal: [...journal, entry("report", "repeated")] }).repeated).toEqual(["report"]);
  });

  it("does not call it found again when another task gave the result", () => {
    const resent = [...before, accepted("analytics", "t9"), completed("analytics")];
    expect(auditCrash({ before, after: resent, journal }).reattached).toEqual([]);
  });

  it("reads a history as one document and as lines", () => {
    const facts = [accepted("data", "t1"), completed("data")];
    expect(parseHistory(JSON.stringify(facts))).toEqual(facts);
    expect(parseHistory(facts.map((fact, seq) => JSON.stringify({ seq, fact })).join("\n"))).toEqual(facts);
  });
});
