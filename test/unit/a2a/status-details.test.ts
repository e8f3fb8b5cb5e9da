import { decodeStatus, decodeErrorInfo, encodeGrpcStatusDetails } from "@a2a-js/sdk/errors/grpc";
import { array, assert, dictionary, integer, property, record, string, uint8Array } from "fast-check";
import { expect, test } from "vitest";

import { eventIdOf, withEventId } from "../../../src/a2a/grpc/event-id.ts";
import { field, messageOf, ReadMessage } from "../../../src/a2a/grpc/protobuf.ts";
import { decodeDetails, encodeDetails } from "../../../src/a2a/grpc/status-details.ts";

const short = string({ unit: "grapheme", maxLength: 20 });
const info = record({
  reason: short,
  domain: short,
  metadata: dictionary(
    short.filter((name) => name !== "__proto__"),
    short,
    { maxKeys: 4, noNullPrototype: true },
  ),
});

test("details come back as they were given", () => {
  const violations = array(record({ field: short, description: short }), { maxLength: 4 });
  assert(
    property(info, violations, integer({ min: 0, max: 3_600_000 }), (one, found, retryAfterMs) => {
      const details = { info: one, violations: found, retryAfterMs };
      expect(decodeDetails(encodeDetails({ code: 5, message: "No." }, details))).toEqual(details);
    }),
  );
});

test("the SDK reads ours, and we read the SDK's", () => {
  const one = { reason: "TASK_NOT_FOUND", domain: "a2a-protocol.org", metadata: { task_id: "t1" } };
  const { code, message, details } = decodeStatus(encodeDetails({ code: 5, message: "No." }, { info: one }));
  expect([code, message, details.map(({ typeUrl }) => typeUrl)]).toEqual([5, "No.", ["type.googleapis.com/google.rpc.ErrorInfo"]]);
  expect(details.map(({ value }) => decodeErrorInfo(value))).toEqual([one]);
  const theirs = encodeGrpcStatusDetails(5, "No.", "TASK_NOT_FOUND", { task_id: "t1" });
  expect(decodeDetails(theirs)).toEqual({ info: one, violations: [], retryAfterMs: null });
});

test("what does not fit in trailers keeps the reason if that fits, and never more than fits", () => {
  const one = { reason: "INVALID_PARAMS", domain: "a2a-protocol.org", metadata: {} };
  const violations = Array.from({ length: 10 }, () => ({ field: "x".repeat(500), description: "y".repeat(500) }));
  const encoded = encodeDetails({ code: 3, message: "No." }, { info: one, violations });
  expect(decodeDetails(encoded)).toEqual({ info: one, violations: [], retryAfterMs: null });
  const large = encodeDetails({ code: 3, message: "No." }, { info: { ...one, metadata: { x: "x".repeat(9_000) } } });
  expect(large.length).toBeLessThan(4_096);
});

test("bytes that are no details say nothing, and throw nothing", () => {
  assert(
    property(uint8Array({ maxLength: 200 }), (bytes) => {
      expect(decodeDetails(bytes)).toHaveProperty("info");
    }),
  );
  expect(decodeDetails(null)).toEqual({ info: null, violations: [], retryAfterMs: null });
});

test("an event's id stands beside it, whatever else is in it", () => {
  const event = field(1, messageOf(field(1, "t1"), field(2, 2 ** 40)));
  expect(eventIdOf(withEventId(event, "12.3"))).toBe("12.3");
  expect(withEventId(event, null)).toBe(event);
  expect(eventIdOf(event)).toBe(null);
  expect(new ReadMessage(new ReadMessage(event).bytes(1) ?? event).number(2)).toBe(2 ** 40);
});

test("a message that is cut off is none", () => {
  const event = messageOf(field(1, 300), field(2, "text"));
  for (let length = 1; length < event.length; length += 1) {
    const cut = event.subarray(0, length);
    // Between two fields a message may end.
    if (length === field(1, 300).length) expect(new ReadMessage(cut).number(1)).toBe(300);
    else expect(() => new ReadMessage(cut)).toThrow(RangeError);
  }
});
