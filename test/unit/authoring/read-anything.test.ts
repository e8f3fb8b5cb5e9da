import * as fc from "fast-check";
import { expect, it } from "vitest";

import { readDocument } from "../../../src/authoring/file/document.ts";
import { readDefinition } from "../../../src/authoring/file/read-definition.ts";
import type { Json, JsonObject } from "../../../src/base/json.ts";
import { WHOLE_LANGUAGE } from "./whole-language.ts";

const KEYS =
  "agent capability skill parallel steps loop handoff plan approval workflow emit aggregate wait set needs if each as concurrency succeed output rules critical deadline compensate context text with files timeout retry fallback idle ttl conversation deliver limit budget onError onTimeout onInvalid onDisagree onExhausted onUnknown onRejected onInputRequired onAuthRequired agents branches max until score threshold start allow maxSubtasks maxDepth approve to title show form remind escalate onTimeout event data from strategy key by value for signal atLeast first quorum on within all any repair then read write __proto__ constructor".split(
    " ",
  );
const WORDS: readonly Json[] = [
  "a",
  "b",
  "5m",
  "all",
  "any",
  "fail",
  "best",
  "${{ steps.a.output }}",
  "steps.a.output",
  "${{ nope",
  "75%",
  "10/s",
  "log",
  "name@^2",
  "",
  0,
  1,
  3,
  -1,
  1.5,
  true,
  false,
  null,
];

/** What a person, or a program gone wrong, might write where a step belongs. */
const { step } = fc.letrec<{ step: JsonObject; value: Json }>((tie) => ({
  step: fc.dictionary(fc.constantFrom(...KEYS), tie("value"), { maxKeys: 4 }),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...WORDS),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c", ...KEYS), tie("value"), { maxKeys: 3 }),
    tie("step"),
  ),
}));

it("any object at all is a definition or is refused with problems, and never an exception", () => {
  fc.assert(
    fc.property(step, step, (one, other) => {
      const { definition, problems } = readDefinition({ tutti: "1.0", name: "w", steps: { a: one, b: other } });
      expect(definition === null).toBe(problems.length > 0);
      for (const { message, path } of problems) {
        expect(message.trim()).not.toBe("");
        expect(path.every((key) => typeof key === "string" || Number.isInteger(key))).toBe(true);
      }
    }),
    { numRuns: 3_000 },
  );
});

/** The value with one of its parts replaced: the `place`th of all, counted from the outside in. */
function withPart(value: Json, place: number, part: Json): Json {
  let left = place;
  const walk = (inner: Json): Json => {
    if (left-- === 0) return part;
    if (Array.isArray(inner)) return inner.map(walk);
    if (typeof inner !== "object" || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, each]) => [key, walk(each)]));
  };
  return walk(value);
}

it("a workflow of which a part has become something else is read or refused, and never an exception", () => {
  const document = readDocument(WHOLE_LANGUAGE, "w.yaml");
  if (!document.ok) throw new Error("It is YAML.");
  const { value: whole } = document.value;
  fc.assert(
    fc.property(fc.nat(500), fc.oneof(fc.constantFrom(...WORDS), step), (place, part) => {
      const { definition, problems } = readDefinition(withPart(whole, place, part));
      expect(definition === null).toBe(problems.length > 0);
    }),
    { numRuns: 200 },
  );
});
