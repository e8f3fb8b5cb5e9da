/** What agents say that they have used, and that they have no room. */
import { fromJsonRpcErrorResponse } from "@a2a-js/sdk/errors";
import { describe, expect, it } from "vitest";

import { toCallFailure } from "../../../src/a2a/client/call-failure.ts";
import { usageOf } from "../../../src/a2a/client/usage.ts";

describe("what an agent has used", () => {
  const keys = { tokens: "usage.total_tokens", cost: "usage.cost", model: "model" };

  it("is read under the definition's keys, from the first metadata that has each", () => {
    const sources = [
      undefined,
      { model: "small" },
      { usage: { total_tokens: 12 }, model: "large" },
      { usage: { total_tokens: 99, cost: 0.5 } },
    ];
    expect(usageOf(sources, keys)).toEqual({ tokens: 12, cost: 0.5, model: "small" });
  });

  it("may stand under a flat key that has dots itself", () => {
    expect(usageOf([{ "gen_ai.usage.total_tokens": 7 }], { tokens: "gen_ai.usage.total_tokens" })).toEqual({ tokens: 7 });
  });

  it("is nothing when there is nothing of use", () => {
    const odd = [{ usage: { total_tokens: "many", cost: -1 }, model: "" }, { usage: 3 }, {}];
    expect(usageOf(odd, keys)).toBeUndefined();
    expect(usageOf([{ usage: 3 }], undefined)).toBeUndefined();
    expect(usageOf([{}], { tokens: "constructor.name", model: "__proto__.x" })).toBeUndefined();
  });

  it("is the agent's own word when the definition has no keys", () => {
    expect(usageOf([{}, { usage: { tokens: 3 } }], undefined)).toEqual({ tokens: 3 });
  });
});

describe("an error of the protocol that says AGENT_OVERLOADED (W127)", () => {
  const info = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", domain: "agents.example.com" };
  const failureOf = (data: unknown) =>
    toCallFailure(fromJsonRpcErrorResponse({ jsonrpc: "2.0", id: 1, error: { code: -32050, message: "busy", data } as never }), "far");

  it.each<[string, unknown, number | undefined]>([
    ["as an ErrorInfo, whose metadata are texts", [{ ...info, reason: "AGENT_OVERLOADED", metadata: { retry_after_ms: "2500" } }], 2_500],
    ["in the guides' own shape", { error_code: "AGENT_OVERLOADED", retry_after_ms: 2_500 }, 2_500],
    ["without saying for how long", [{ ...info, reason: "RATE_LIMIT_EXCEEDED" }], undefined],
    ["for longer than anybody believes", { error_code: "AGENT_OVERLOADED", retry_after_ms: 1e12 }, 3_600_000],
  ])("%s: nothing was taken, and it is tried again then", (_how, data, retryAfterMs) => {
    const { untouched, failure } = failureOf(data);
    expect(untouched).toBe(true);
    expect(failure).toMatchObject({ code: "AGENT_OVERLOADED", retryable: true });
    expect(failure.retryAfterMs).toBe(retryAfterMs);
  });

  it("is not read into other errors", () => {
    for (const data of [undefined, null, "AGENT_OVERLOADED", [{ ...info, reason: "OTHER" }], { code: 7 }])
      expect(failureOf(data).failure.code).toBe("T3006");
  });
});
