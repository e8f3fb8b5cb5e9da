import { Role } from "@a2a-js/sdk";
import { expect, it } from "vitest";

import { messageToWork } from "../../../src/a2a/server/message-to-work.ts";
import { message, textPart } from "../../../src/a2a/wire/wire.ts";

const CAPABILITIES = [{ name: "work", description: "Works.", tags: [], inputSchema: null, outputSchema: null }];
const SENT_AT = Date.UTC(2026, 0, 1);

function sent(ttlMs: number) {
  const metadata = { operation: "work", timestamp: new Date(SENT_AT).toISOString(), ttl_ms: ttlMs };
  return message({ id: "m-1", role: Role.ROLE_USER, contextId: "", taskId: "", parts: [textPart("Do it.")], metadata });
}

it("a message is carried out as long as it lives, and not any more when it has expired (W082)", () => {
  expect(messageToWork(sent(30_000), CAPABILITIES, SENT_AT + 30_000)).toMatchObject({ text: "Do it." });
  expect(() => messageToWork(sent(30_000), CAPABILITIES, SENT_AT + 30_001)).toThrow(/was to live for 30000 ms/);
});

it("a message without a time to live never expires", () => {
  expect(messageToWork(sent(0), CAPABILITIES, SENT_AT + 86_400_000)).toMatchObject({ text: "Do it." });
});
