/** Ids that follow from an effect's key: every process makes the same, for ever (design.md, fact 1). */
import { v5 } from "uuid";
import { expect, test } from "vitest";

import { DEFAULT_TENANT, type RunId } from "../../../src/base/ids.ts";
import { contextIdOf, conversationIdOf, messageIdOf } from "../../../src/runtime/effects/effect-keys.ts";

const NAMESPACE = "7f3b0c1e-52d4-5a7e-9d1c-3f6a2b8e4c90";
const RUN = { tenant: DEFAULT_TENANT, id: "run_1" as RunId };

test("message and context ids are the UUIDs of version 5 that the standard says", () => {
  const paths = ["step", "step[3]", "step#2/inner", "größe/日本", ...Array.from({ length: 64 }, (_, index) => `many[${index}]`)];
  for (const path of paths) {
    expect(messageIdOf(RUN, { path, attempt: 2, turn: 1 })).toBe(v5(`default/run_1/${path}/2/1`, NAMESPACE));
    expect(contextIdOf(RUN, path)).toBe(v5(`default/run_1/${path}`, NAMESPACE));
  }
  expect(conversationIdOf(RUN, "talk", "agent")).toBe(v5("default/run_1//talk//agent", NAMESPACE));
});

test("and stay what they were", () => {
  expect(messageIdOf(RUN, { path: "step", attempt: 1, turn: 1 })).toBe("0298ed55-cb44-5867-8cdf-d781f0a458dd");
});
