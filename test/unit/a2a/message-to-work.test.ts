import { Role } from "@a2a-js/sdk";
import { expect, it } from "vitest";

import { refuseExpired } from "../../../src/a2a/server/check-message.ts";
import { assignmentOf, messageToWork } from "../../../src/a2a/server/message-to-work.ts";
import type { Json } from "../../../src/base/json.ts";
import { dataPart, message, textPart } from "../../../src/a2a/wire/wire.ts";

const AGENT = { name: "worker", capabilities: [{ name: "work", description: "Works.", tags: [], inputSchema: null, outputSchema: null }] };
const SENT_AT = Date.UTC(2026, 0, 1);

function sent(ttlMs: number) {
  const metadata = { operation: "work", timestamp: new Date(SENT_AT).toISOString(), ttl_ms: ttlMs };
  return message({ id: "m-1", role: Role.ROLE_USER, contextId: "", taskId: "", parts: [textPart("Do it.")], metadata });
}

it("a message is carried out as long as it lives, and not any more when it has expired (W082)", () => {
  expect(() => refuseExpired(sent(30_000), SENT_AT + 30_000)).not.toThrow();
  expect(() => refuseExpired(sent(30_000), SENT_AT + 30_001)).toThrow(/was to live for 30000 ms/);
});

it("a message without a time to live never expires", () => {
  expect(() => refuseExpired(sent(0), SENT_AT + 86_400_000)).not.toThrow();
});

it("data parts are put together, so that an agent gets all of them (L015)", () => {
  const inputOf = (...data: readonly Json[]) =>
    messageToWork({ ...sent(0), parts: [textPart("Do it."), ...data.map((value) => dataPart(value))] }, AGENT, SENT_AT).input;
  expect(inputOf()).toBeNull();
  expect(inputOf([1])).toEqual([1]);
  expect(inputOf({ algorithm: "ml" }, { dataset_id: "d", range: {} })).toEqual({ algorithm: "ml", dataset_id: "d", range: {} });
  // What cannot be one object is a list: nothing is dropped.
  expect(inputOf({ n: 1 }, { n: 2 })).toEqual([{ n: 1 }, { n: 2 }]);
  expect(inputOf({ n: 1 }, "two")).toEqual([{ n: 1 }, "two"]);
});

it("an agent that can do one thing is given a message that names it, what it can do, or nothing", () => {
  for (const operation of ["work", "worker", ""]) {
    const asked = messageToWork({ ...sent(0), metadata: { operation } }, AGENT, SENT_AT);
    expect(asked).toMatchObject({ capability: "work", text: "Do it." });
    expect(assignmentOf(asked)).toMatchObject({ operation: "work", sender: "", attempt: 1, hop_count: 0 });
  }
  expect(() => messageToWork({ ...sent(0), metadata: { operation: "fly" } }, AGENT, SENT_AT)).toThrow(
    /There is no skill "fly"; put one of work/,
  );
});

it("what a caller says of its work reaches the agent, and what it leaves out is not kept", () => {
  const said = { operation: "work", sender: "orchestrator/orders/1.0.0", attempt: 3, ttl_ms: 5, workflow_step: 2, depends_on: ["a"] };
  const asked = messageToWork({ ...sent(0), metadata: said }, AGENT, SENT_AT);
  expect(Object.keys(asked.assignment)).not.toContain("receiver");
  expect(assignmentOf(asked)).toEqual({
    ...said,
    receiver: "",
    workflow_id: "",
    workflow_type: "",
    subtask_id: "",
    correlation_id: "m-1",
    timestamp: new Date(SENT_AT).toISOString(),
    hop_count: 0,
  });
});
