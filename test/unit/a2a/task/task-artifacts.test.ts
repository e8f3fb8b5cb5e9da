/** Results as artifacts, and large ones in pieces. */
import { array, assert, constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";

import { artifact, artifactPieces, outputToArtifact } from "../../../../src/a2a/task/task-artifacts.ts";
import { dataPart, textPart } from "../../../../src/a2a/wire/wire.ts";
import { MAX_ARTIFACT_CHUNK_CHARACTERS } from "../../../../src/base/limits.ts";
import { step } from "../../../support/world.ts";
import { contentsOf, TaskWorld } from "./task-world.ts";

describe("a large artifact", () => {
  it("comes in pieces that are appended, and the task has it whole (issue 4, 2)", () => {
    const text = "0123456789".repeat(60_000);
    const world = new TaskWorld({ a: step() }, { kind: "workflow", name: "test" }, { output: "${{ steps.a.output }}" }).start();
    world.complete("a", text);
    const pieces = world.events.flatMap(({ event: { payload } }) => (payload?.$case === "artifactUpdate" ? [payload.value] : []));
    expect(pieces.map(({ append, lastChunk }) => [append, lastChunk])).toEqual([
      [false, false],
      [true, false],
      [true, true],
    ]);
    expect(pieces.map(({ artifact: piece }) => piece?.artifactId)).toEqual(["output", "output", "output"]);
    expect(world.task.artifacts.map(contentsOf)).toEqual([[text]]);
    const ids = world.events.slice(-4).map(({ id }) => id);
    expect(ids).toEqual([0, 1, 2, 3].map((n) => `${world.facts.length}.${n}`));
  });

  it("is never cut inside a character, and joined again it is what it was", () => {
    const lengths = array(integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 });
    assert(
      property(lengths, constantFrom("😀", "a", "ä😀"), (tails, unit) => {
        const text = tails.map((tail) => unit.repeat(Math.ceil(MAX_ARTIFACT_CHUNK_CHARACTERS / unit.length)) + "x".repeat(tail)).join("");
        const pieces = artifactPieces(outputToArtifact(text)).flatMap(({ artifact: piece }) => contentsOf(piece).map(String));
        expect(pieces.join("") === text).toBe(true);
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(MAX_ARTIFACT_CHUNK_CHARACTERS);
          expect(piece.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("of data goes whole: it cannot be cut", () => {
    const value = ["x".repeat(2 * MAX_ARTIFACT_CHUNK_CHARACTERS)];
    expect(artifactPieces(outputToArtifact(value))).toHaveLength(1);
    const both = artifact({
      id: "a",
      name: "b",
      parts: [textPart("x".repeat(MAX_ARTIFACT_CHUNK_CHARACTERS + 1)), dataPart(value)],
      metadata: { usage: 1 },
    });
    const pieces = artifactPieces(both);
    expect(pieces.map(({ artifact: piece }) => piece.parts.map(({ content }) => content?.$case))).toEqual([["text"], ["text"], ["data"]]);
    expect(pieces.map(({ artifact: piece }) => piece.metadata)).toEqual([{ usage: 1 }, undefined, undefined]);
  });
});
