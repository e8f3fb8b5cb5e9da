/** Text, data, files and addresses of an agent's result, as a run records them, and back on the wire. */
import { type Artifact, type Part, type Task, TaskState } from "@a2a-js/sdk";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { taskToOutcome } from "../../../src/a2a/client/task-to-outcome.ts";
import { partToRecord, recordToPart } from "../../../src/a2a/wire/part-record.ts";
import type { Json } from "../../../src/base/json.ts";
import type { ArtifactRecord } from "../../../src/scheduler/outcome.ts";

const word = fc.string({ minLength: 1, maxLength: 12 });
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);
const metadata = fc.option(
  fc.dictionary(
    word.filter((key) => key !== "__proto__"),
    json,
    { minKeys: 1, maxKeys: 3 },
  ),
  { nil: undefined },
);
const content: fc.Arbitrary<Part["content"]> = fc.oneof(
  fc.string().map((value) => ({ $case: "text" as const, value })),
  json.map((value) => ({ $case: "data" as const, value })),
  fc.uint8Array({ maxLength: 64 }).map((value) => ({ $case: "raw" as const, value: Buffer.from(value) })),
  fc.webUrl().map((value) => ({ $case: "url" as const, value })),
);
const part: fc.Arbitrary<Part> = fc.record({ content, filename: word, mediaType: word, metadata });

test("a part that is recorded and sent on has the same content, name, media type and metadata", () => {
  fc.assert(
    fc.property(part, (given) => {
      const record = partToRecord(given, "artifact");
      if (record === null) throw new Error("A part with a content has a record.");
      expect(record.name).toBe(given.filename);
      const sent = recordToPart(record);
      expect({ ...sent, metadata: { ...sent.metadata } }).toEqual({
        ...given,
        metadata: { ...given.metadata },
        // The name of what is no file is that of its artifact.
        filename: given.content?.$case === "text" || given.content?.$case === "data" ? "" : given.filename,
      });
      expect(partToRecord(sent, record.name)).toEqual(record);
    }),
  );
});

test("a result of any artifacts is recorded with all that they say, in their order", () => {
  const artifacts = fc.array(fc.record({ name: word, parts: fc.array(part, { minLength: 1, maxLength: 3 }) }), { maxLength: 4 });
  fc.assert(
    fc.property(artifacts, (given) => {
      const outcome = taskToOutcome(taskWith(given));
      const recorded = outcome?.kind === "completed" ? (outcome.reply.artifacts ?? []) : [];
      const expected = given.flatMap(({ name, parts }) => parts.flatMap((one) => partToRecord(one, name) ?? []));
      expect(recorded).toEqual(expected);
    }),
  );
});

test("an absent name and media type become those of the artifact and of the kind of the part", () => {
  const plain: Part = { content: { $case: "text", value: "a" }, filename: "", mediaType: "", metadata: undefined };
  expect(partToRecord(plain, "n")).toEqual({ name: "n", mediaType: "text/plain", text: "a" } satisfies ArtifactRecord);
});

test("a file that the host keeps is sent on as the reference to it", () => {
  const record: ArtifactRecord = { name: "a.bin", mediaType: "image/png", payload: "abc", bytes: 3 };
  expect(recordToPart(record).content).toEqual({ $case: "data", value: record });
});

function taskWith(given: readonly { readonly name: string; readonly parts: readonly Part[] }[]): Task {
  const artifacts = given.map(({ name, parts }, index): Artifact => ({
    artifactId: `a${index}`,
    name,
    description: "",
    parts: [...parts],
    metadata: undefined,
    extensions: [],
  }));
  const status = { state: TaskState.TASK_STATE_COMPLETED, message: undefined, timestamp: undefined };
  return { id: "t", contextId: "c", status, artifacts, history: [], metadata: undefined };
}
