import { AgentCard } from "@a2a-js/sdk";
import { describe, expect, test } from "vitest";

import {
  cardOfServer,
  cardOfWorkflow,
  extendedCard,
  skillOfWorkflow,
  skillsOfAgent,
  type CardSkill,
} from "../../../../src/a2a/card/make-card.ts";
import { toWire } from "../../../../src/a2a/card/normal-card.ts";
import { DEDUPE_EXTENSION, SCHEMAS_EXTENSION } from "../../../../src/a2a/wire/wire.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../../src/base/json.ts";
import { PLACE, workflow, WRITER, writerCard } from "./cards.ts";

const REPORT = workflow(`
tutti: "1.0"
name: report
version: 1.4.0
description: Writes a report.
agents: { writer: { module: ./agents.ts#writer } }
input:
  type: object
  required: [topic]
  properties: { topic: { type: string } }
  examples: [{ topic: bees }, { topic: trees }]
steps:
  write:
    agent: writer
    output: { type: object, required: [text], properties: { text: { type: string } } }
`);

const BARE = workflow(`
tutti: "1.0"
name: bare
agents: { writer: { module: ./agents.ts#writer } }
steps:
  one: { agent: writer }
  two: { agent: writer }
`);

const SKILL: CardSkill = {
  id: "secret",
  name: "secret",
  description: "For those who may.",
  tags: [],
  examples: [],
  inputSchema: { type: "object" },
  outputSchema: null,
};

function schemasIn(wire: JsonObject): Json | undefined {
  const { extensions } = wire["capabilities"] as { readonly extensions: readonly JsonObject[] };
  const params = extensions.find(({ uri }) => uri === SCHEMAS_EXTENSION)?.["params"];
  return isJsonObject(params ?? null) ? (params as JsonObject)["skills"] : undefined;
}

describe("the card of an agent", () => {
  test("says on the wire what the protocol says, literally", () => {
    expect(toWire(writerCard())).toEqual({
      name: "writer",
      description: "Writes and checks texts. Ünïcödé 漢字 🎼",
      version: "2.1.0",
      supportedInterfaces: [
        { url: "https://agents.example.com/a2a", protocolBinding: "JSONRPC", protocolVersion: "1.0" },
        { url: "https://agents.example.com/rest", protocolBinding: "HTTP+JSON", protocolVersion: "1.0", tenant: "blue" },
        { url: "grpcs://agents.example.com:443", protocolBinding: "GRPC", protocolVersion: "1.0" },
        { url: "https://agents.example.com/a2a", protocolBinding: "JSONRPC", protocolVersion: "0.3" },
      ],
      capabilities: {
        streaming: true,
        pushNotifications: false,
        extendedAgentCard: true,
        extensions: [
          { uri: DEDUPE_EXTENSION, description: "A second message with the same id and content makes no second task." },
          {
            uri: SCHEMAS_EXTENSION,
            description: "JSON Schemas of what the skills take and give.",
            params: {
              skills: {
                write: {
                  input: { type: "object", required: ["topic"], properties: { topic: { type: "string", minLength: 1 } } },
                  output: { type: "string" },
                },
              },
            },
          },
        ],
      },
      securitySchemes: {
        bearer: { httpAuthSecurityScheme: { scheme: "Bearer", bearerFormat: "JWT" } },
        apiKey: { apiKeySecurityScheme: { location: "header", name: "x-api-key" } },
      },
      securityRequirements: [{ schemes: { bearer: { list: ["caller"] } } }, { schemes: { apiKey: { list: ["caller"] } } }],
      defaultInputModes: ["application/json", "text/plain", "*/*"],
      defaultOutputModes: ["application/json", "text/plain"],
      skills: [
        { id: "write", name: "write", description: "Writes.", tags: ["text"] },
        { id: "check", name: "check", description: "check", tags: ["check"] },
      ],
    });
  });

  test("survives the wire: who reads it has the card that was made", () => {
    expect(AgentCard.fromJSON(toWire(writerCard()))).toEqual(AgentCard.fromJSON(JSON.parse(JSON.stringify(toWire(writerCard())))));
    expect(toWire(AgentCard.fromJSON(toWire(writerCard())))).toEqual(toWire(writerCard()));
  });

  test("without security asks nobody who they are", () => {
    const wire = toWire(writerCard({ security: [] }));
    expect([wire["securitySchemes"], wire["securityRequirements"]]).toEqual([undefined, undefined]);
  });

  test("lists what else it is extended by", () => {
    const wire = toWire(writerCard({ extensions: [{ uri: "urn:x", description: "X.", required: true }] }));
    expect(wire["capabilities"]).toMatchObject({
      extensions: expect.arrayContaining([{ uri: "urn:x", description: "X.", required: true }]),
    });
  });
});

describe("the card of a workflow", () => {
  test("has one skill with its schemas and examples", () => {
    const wire = toWire(cardOfWorkflow(REPORT, PLACE));
    expect(wire).toMatchObject({
      name: "report",
      description: "Writes a report.",
      version: "1.4.0",
      skills: [
        {
          id: "report",
          name: "report",
          description: "Writes a report.",
          tags: ["report"],
          examples: ['{"topic":"bees"}', '{"topic":"trees"}'],
        },
      ],
    });
    expect(schemasIn(wire)).toEqual({ report: { input: REPORT.input, output: expect.objectContaining({ required: ["text"] }) } });
  });

  test("has nothing empty that the protocol requires, however little the workflow says of itself", () => {
    const wire = toWire(cardOfWorkflow(BARE, PLACE));
    expect(wire).toMatchObject({
      description: "Runs the workflow bare.",
      version: expect.stringMatching(/^0\.0\.0\+[0-9a-f]{12}$/),
      skills: [{ id: "bare", name: "bare", description: "Runs the workflow bare.", tags: ["bare"] }],
    });
    expect(schemasIn(wire)).toBeUndefined();
  });
});

describe("the card of a server", () => {
  test("has a skill for each workflow and each capability", () => {
    const skills = [skillOfWorkflow(REPORT), skillOfWorkflow(BARE), ...skillsOfAgent(WRITER)];
    const wire = toWire(cardOfServer({ name: "house", description: "All of it.", version: "1", skills }, PLACE));
    expect(wire["skills"]).toMatchObject([{ id: "report" }, { id: "bare" }, { id: "write" }, { id: "check" }]);
    expect(Object.keys((schemasIn(wire) ?? {}) as JsonObject)).toEqual(["report", "write"]);
  });

  test("never has two skills of one id", () => {
    const skills = [skillOfWorkflow(REPORT), skillOfWorkflow(REPORT)];
    expect(() => cardOfServer({ name: "house", description: "", version: "", skills }, PLACE)).toThrow(/an id of its own/);
  });

  test("never is without an interface", () => {
    expect(() => writerCard({ interfaces: [] })).toThrow(/at least one interface/);
  });
});

describe("the extended card", () => {
  test("is the public one and more, with the schemas of both", () => {
    const wire = toWire(extendedCard(writerCard(), { description: "For you.", skills: [SKILL] }));
    expect(wire).toMatchObject({ description: "For you.", skills: [{ id: "write" }, { id: "check" }, { id: "secret" }] });
    expect(schemasIn(wire)).toEqual({ write: expect.anything(), secret: { input: { type: "object" } } });
  });

  test("may say another thing of a skill, and is signed by itself", () => {
    const signed = { ...writerCard(), signatures: [{ protected: "a", signature: "b", header: undefined }] };
    const wire = toWire(extendedCard(signed, { skills: [{ ...SKILL, id: "check" }] }));
    expect(wire["skills"]).toMatchObject([{ id: "write" }, { id: "check", description: "For those who may." }]);
    expect(wire["signatures"]).toBeUndefined();
  });

  test("changes nothing of the media types that a skill takes", () => {
    const card = cardOfServer({ name: "house", description: "", version: "", skills: [skillOfWorkflow(BARE), SKILL] }, PLACE);
    const wire = toWire(extendedCard(card, { skills: [{ ...SKILL, id: "bare" }] }));
    expect(wire["skills"]).toMatchObject([{ id: "secret" }, { id: "bare", inputModes: ["application/json", "text/plain", "*/*"] }]);
  });

  test("is only made of a card that announces one", () => {
    expect(() => extendedCard(writerCard({ extendedAgentCard: false }), {})).toThrow(/announces/);
  });
});
