import { expect, it } from "vitest";

import { compileSchema, type SchemaMode } from "../../../src/definition/schema.ts";
import { collectGarbage } from "../../support/collect-garbage.ts";

/** Compiles it and lets go of everything. */
function compileAndForget(mode: SchemaMode): WeakRef<object> {
  const schema = { type: "object", properties: { color: { enum: ["red", { deep: "green" }] } } };
  const compiled = compileSchema(schema, mode);
  expect(compiled.ok && compiled.value({ color: "red" })).toEqual([]);
  return new WeakRef(schema);
}

it("a schema that nobody needs any more is forgotten, so that a million answers to questions do not fill the memory", async () => {
  const forgotten = [compileAndForget("first"), compileAndForget("all")];
  // What a WeakRef was made of lives until the turn is over; on a busy machine one collection has not been enough.
  const left = (): number => {
    collectGarbage();
    return forgotten.filter((schema) => schema.deref() !== undefined).length;
  };
  await new Promise((resolve) => setImmediate(resolve));
  await expect.poll(left).toBe(0);
});
