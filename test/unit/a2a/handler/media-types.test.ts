import type { AgentCard, Part } from "@a2a-js/sdk";
import { describe, expect, it } from "vitest";

import { cardOfAgent, cardOfServer, cardOfWorkflow, skillOfWorkflow, skillsOfAgent } from "../../../../src/a2a/card/make-card.ts";
import { dataPart, textPart } from "../../../../src/a2a/wire/wire.ts";
import type { JsonObject } from "../../../../src/base/json.ts";
import { PLACE } from "../card/cards.ts";
import { actor } from "./agents.ts";
import { definitionOf, get, openStage, send, stateOf } from "./stage.ts";

const workflow = (name: string, input?: JsonObject): JsonObject => ({
  tutti: "1.0",
  name,
  version: "1.0.0",
  ...(input === undefined ? {} : { input }),
  steps: { done: { set: { "a.b": 1 } } },
});

const WORDS = workflow("words", { type: "object", properties: { goal: { type: "string" }, n: { type: "number" } } });
const FILES = workflow("files", { type: "object", properties: { goal: { type: "string" }, files: { type: "array" } } });
const ANY = workflow("any");

const WORD_TYPES = ["application/json", "text/plain", "text/*"];
const ALL_TYPES = ["application/json", "text/plain", "*/*"];

const typed = (part: Part, mediaType: string): Part => ({ ...part, mediaType });
const file = (mediaType: string): Part => ({
  content: { $case: "raw", value: Buffer.from("x") },
  metadata: undefined,
  filename: "x",
  mediaType,
});

const modesOf = ({ defaultInputModes, skills }: AgentCard): Record<string, readonly string[]> =>
  Object.fromEntries(skills.map(({ id, inputModes }) => [id, inputModes.length > 0 ? inputModes : defaultInputModes]));

const NOT_SUPPORTED = { reason: "CONTENT_TYPE_NOT_SUPPORTED" };

describe("the media types on a card", () => {
  it.each([
    ["an agent", cardOfAgent(actor().agent, PLACE), ALL_TYPES],
    ["a workflow without a schema", cardOfWorkflow(definitionOf(ANY), PLACE), ALL_TYPES],
    ["a workflow with room for files", cardOfWorkflow(definitionOf(FILES), PLACE), ALL_TYPES],
    ["a workflow of words and data", cardOfWorkflow(definitionOf(WORDS), PLACE), WORD_TYPES],
  ])("of %s are those that it takes", (_what, card, types) => {
    expect(card.defaultInputModes).toEqual(types);
    expect(card.skills.flatMap(({ inputModes }) => inputModes)).toEqual([]);
  });

  it("of a server are those that all of it takes, and a skill says what it takes besides", () => {
    const { agent } = actor();
    const skills = [skillOfWorkflow(definitionOf(WORDS)), skillOfWorkflow(definitionOf(FILES)), ...skillsOfAgent(agent)];
    const card = cardOfServer({ name: "house", description: "All.", version: "1.0.0", skills }, PLACE);
    expect(card.defaultInputModes).toEqual(WORD_TYPES);
    expect(modesOf(card)).toMatchObject({ words: WORD_TYPES, files: ALL_TYPES, [agent.capabilities[0]?.name ?? ""]: ALL_TYPES });
  });
});

const ASKING = {
  ...WORDS,
  name: "asking",
  steps: { which: { approval: { to: ["boss"], title: "Go on?", form: { type: "object", properties: { why: { type: "string" } } } } } },
};

describe("an answer", () => {
  it("is of the types of what it answers, and another one leaves the question open", async () => {
    await using stage = await openStage({ workflows: [ASKING] });
    const { id: taskId } = await send(stage, { data: {} });
    await expect(send(stage, { taskId, parts: [typed(textPart("approved"), "application/xml")] })).rejects.toMatchObject(NOT_SUPPORTED);
    expect(stateOf(await get(stage, taskId))).toBe("INPUT_REQUIRED");
    expect(stateOf(await send(stage, { taskId, parts: [typed(textPart("approved"), "text/markdown")] }))).toBe("COMPLETED");
  });
});

describe("a message", () => {
  const open = () => openStage({ workflows: [WORDS, FILES, ANY] });
  const said = (skill: string, ...parts: readonly Part[]) => ({ parts, metadata: { skill } });

  it.each([
    ["a text without a type", textPart("Peace")],
    ["data without a type", typed(dataPart({ n: 1 }), "")],
    ["a text of another kind", typed(textPart("# Peace"), "Text/Markdown; charset=utf-8")],
    ["JSON that has a name", typed(dataPart({ n: 1 }), "application/vnd.house+json")],
    ["a word that is no type", typed(textPart("Peace"), "text")],
  ])("with %s is taken by all", async (_what, part) => {
    await using stage = await open();
    for (const skill of ["words", "files", "any"]) expect(stateOf(await send(stage, said(skill, part)))).toBe("COMPLETED");
  });

  it.each([
    ["a picture", file("image/png")],
    ["a text that says it is something else", typed(textPart("<a/>"), "application/xml")],
  ])("with %s is taken where the card says so, and else refused with what is taken", async (_what, part) => {
    await using stage = await open();
    for (const skill of ["files", "any"]) await send(stage, said(skill, part));
    await expect(send(stage, said("words", part))).rejects.toMatchObject({
      ...NOT_SUPPORTED,
      metadata: { input_modes: WORD_TYPES.join(", ") },
    });
  });

  it("with a file without a type goes by what the input has room for", async () => {
    await using stage = await open();
    for (const skill of ["files", "any"]) await send(stage, said(skill, file("")));
    await expect(send(stage, said("words", file("")))).rejects.toThrow("no place for the files");
  });
});
