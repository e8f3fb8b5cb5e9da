import { describe, expect, test } from "vitest";

import { cardPrint, driftOf } from "../../../../src/a2a/card/card-drift.ts";
import { toWire } from "../../../../src/a2a/card/normal-card.ts";
import type { JsonObject } from "../../../../src/base/json.ts";
import { PLACE, writerCard } from "./cards.ts";

const CARD = toWire(writerCard());
const SKILLS = CARD["skills"] as readonly JsonObject[];
const INTERFACES = CARD["supportedInterfaces"] as readonly JsonObject[];

describe("the print of a card", () => {
  test("is that of the same card in another spelling, order of skills, version and texts", () => {
    const same: JsonObject = {
      ...Object.fromEntries(Object.entries(CARD).toReversed()),
      skills: SKILLS.toReversed(),
      version: "9.9.9",
      description: "Better than ever.",
      iconUrl: "https://example.com/i",
      signatures: [{ protected: "a", signature: "b" }],
      provider: null,
    };
    expect(cardPrint(same)).toBe(cardPrint(CARD));
    expect(cardPrint(CARD)).toMatch(/^[0-9a-f]{64}$/);
    expect(driftOf(CARD, same)).toEqual([]);
  });

  test.each<[string, JsonObject, readonly string[]]>([
    ["its name", { name: "reader" }, ['name: "writer" → "reader"']],
    [
      "the address of an interface",
      { supportedInterfaces: [{ ...INTERFACES[0], url: "https://evil.example" }, ...INTERFACES.slice(1)] },
      ['interfaces[0].url: "https://agents.example.com/a2a" → "https://evil.example"'],
    ],
    [
      "the tenant of an interface",
      { supportedInterfaces: INTERFACES.map((one) => ({ ...one, tenant: "x" })) },
      ['interfaces[0].tenant: added "x"'],
    ],
    ["which interface is preferred", { supportedInterfaces: INTERFACES.toReversed() }, ["interfaces[0]."]],
    [
      "what a skill says it does",
      { skills: [{ ...SKILLS[0], description: "Sends money." }, SKILLS[1] ?? {}] },
      ["skills.write.description:"],
    ],
    ["a skill that is there no more", { skills: SKILLS.slice(1) }, ["skills.write: removed"]],
    ["a second skill of the same id", { skills: [...SKILLS, { ...SKILLS[0], description: "Sends money." }] }, ["skills: "]],
    ["a capability", { capabilities: { streaming: false } }, ["capabilities.streaming: true → false"]],
    ["how callers say who they are", { securitySchemes: {} }, ["securitySchemes.bearer: removed"]],
    ["whether callers must say who they are", { securityRequirements: [] }, ["securityRequirements[0]: removed"]],
  ])("changes with %s, and the drift says how", (_what, change, lines) => {
    const now = { ...CARD, ...change };
    expect(cardPrint(now)).not.toBe(cardPrint(CARD));
    const drift = driftOf(CARD, now);
    for (const line of lines) expect(drift).toContainEqual(expect.stringContaining(line));
  });

  test("changes with the schema of a skill", () => {
    expect(cardPrint(toWire(writerCard({ ...PLACE, extensions: [{ uri: "urn:x", description: "X.", required: true }] })))).not.toBe(
      cardPrint(CARD),
    );
  });
});

test("a report of drift stays short, whatever a card says", () => {
  const many = Array.from({ length: 5_000 }, (_, index) => ({ id: `\u0007${"s".repeat(1_000)}${index}`, description: "x".repeat(10_000) }));
  const lines = driftOf(CARD, { ...CARD, skills: many });
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe("and more");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(200);
  expect(lines.join("")).not.toContain("\u0007");
});
