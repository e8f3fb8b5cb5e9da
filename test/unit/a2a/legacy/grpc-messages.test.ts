/** The messages of A2A 0.3 over gRPC: what the SDK writes and reads of them is what stands in their ProtoJSON. */
import { LegacyA2AService } from "@a2a-js/sdk/compat/v0_3/server/grpc";
import { describe, expect, test } from "vitest";

import {
  LEGACY_CARD,
  LEGACY_EVENT,
  LEGACY_NEW_PUSH_CONFIG,
  LEGACY_PUSH_CONFIGS,
  LEGACY_SEND_REQUEST,
  LEGACY_TASK,
} from "../../../../src/a2a/grpc/legacy-messages.ts";
import type { Codec } from "../../../../src/a2a/grpc/proto-json.ts";
import { STATES } from "../../../../src/a2a/legacy/legacy.ts";
import type { Json } from "../../../../src/base/json.ts";

const { sendMessage, getTask, taskSubscription, getAgentCard, createTaskPushNotificationConfig, listTaskPushNotificationConfig } =
  LegacyA2AService;

/** To bytes by the SDK, and back. */
function carried(codec: Codec, write: (message: never) => Buffer, read: (bytes: Buffer) => unknown): (json: Json) => Json | undefined {
  return (json) => codec.toJson(read(write(codec.fromJson(json) as never)));
}
const overTask = carried(LEGACY_TASK, getTask.responseSerialize, getTask.responseDeserialize);
const overEvent = carried(LEGACY_EVENT, taskSubscription.responseSerialize, taskSubscription.responseDeserialize);
const overCard = carried(LEGACY_CARD, getAgentCard.responseSerialize, getAgentCard.responseDeserialize);
const overSend = carried(LEGACY_SEND_REQUEST, sendMessage.requestSerialize, sendMessage.requestDeserialize);

const MESSAGE = {
  messageId: "m1",
  contextId: "c1",
  taskId: "t1",
  role: "ROLE_AGENT",
  content: [{ text: "hi" }, { text: "" }, { data: { data: { a: [1, null, { $case: "no case" }] } } }],
  metadata: { $case: "text", value: "as it is" },
  extensions: ["urn:x"],
};
const FILES = [{ file: { fileWithBytes: "AAEC", mimeType: "a/b" } }, { file: { fileWithUri: "https://x.example/y", mimeType: "" } }];
const status = (state: string) => ({ state, message: MESSAGE, timestamp: "2026-01-01T00:00:00.123Z" });
const ARTIFACT = { artifactId: "a", name: "n", description: "d", parts: FILES, metadata: { n: 1 }, extensions: [] };

describe("a message that goes over gRPC", () => {
  test.each(STATES.map(({ proto }) => proto))("is a task in the state %s", (state) => {
    const task = { id: "t1", contextId: "c1", status: status(state), artifacts: [ARTIFACT], history: [MESSAGE], metadata: { k: "v" } };
    expect(overTask(task)).toEqual(task);
  });

  test.each<Json>([
    { task: { id: "t1", contextId: "c1", artifacts: [], history: [] } },
    { message: MESSAGE },
    { statusUpdate: { taskId: "t1", contextId: "c1", status: status("TASK_STATE_CANCELLED"), final: true, metadata: {} } },
    { artifactUpdate: { taskId: "t1", contextId: "c1", artifact: ARTIFACT, append: true, lastChunk: false } },
    {},
  ])("is an event, as it is in JSON: %j", (event) => {
    expect(overEvent(event)).toEqual(event);
  });

  test("is a request with all that it can ask", () => {
    const authentication = { schemes: ["Bearer", "Basic"], credentials: "c" };
    const pushNotification = { id: "p", url: "https://here.example", token: "t", authentication };
    const configuration = { acceptedOutputModes: ["a/b"], pushNotification, historyLength: 3, blocking: true };
    const request = { message: MESSAGE, configuration, metadata: { k: [] } };
    expect(overSend(request)).toEqual(request);
    const create = carried(
      LEGACY_NEW_PUSH_CONFIG,
      createTaskPushNotificationConfig.requestSerialize,
      createTaskPushNotificationConfig.requestDeserialize,
    );
    const config = { name: "tasks/t1/pushNotificationConfigs/p", pushNotificationConfig: pushNotification };
    expect(create({ parent: "tasks/t1", configId: "p", config })).toEqual({ parent: "tasks/t1", configId: "p", config });
    const list = carried(
      LEGACY_PUSH_CONFIGS,
      listTaskPushNotificationConfig.responseSerialize,
      listTaskPushNotificationConfig.responseDeserialize,
    );
    expect(list({ configs: [config], nextPageToken: "n" })).toEqual({ configs: [config], nextPageToken: "n" });
  });

  test("is a card with every way to say who one is", () => {
    const flow = { refreshUrl: "https://r.example", scopes: { read: "Reading." } };
    const urls = { authorizationUrl: "https://a.example", tokenUrl: "https://t.example" };
    const flows = [
      { authorizationCode: { ...flow, ...urls } },
      { clientCredentials: { ...flow, tokenUrl: urls.tokenUrl } },
      { implicit: { ...flow, authorizationUrl: urls.authorizationUrl } },
      { password: { ...flow, tokenUrl: urls.tokenUrl } },
    ];
    const schemes = [
      { apiKeySecurityScheme: { description: "d", location: "header", name: "x-key" } },
      { httpAuthSecurityScheme: { description: "d", scheme: "Bearer", bearerFormat: "JWT" } },
      { openIdConnectSecurityScheme: { description: "d", openIdConnectUrl: "https://o.example" } },
      { mtlsSecurityScheme: { description: "d" } },
      ...flows.map((one) => ({ oauth2SecurityScheme: { description: "d", flows: one, oauth2MetadataUrl: "https://m.example" } })),
    ];
    const security = [{ schemes: { s0: { list: ["read"] }, s1: { list: [] } } }];
    const modes = { inputModes: ["a/b"], outputModes: ["c/d"] };
    const card = {
      protocolVersion: "0.3.0",
      name: "n",
      description: "d",
      url: "u",
      preferredTransport: "GRPC",
      additionalInterfaces: [{ url: "u", transport: "GRPC" }],
      provider: { url: "p", organization: "o" },
      version: "1",
      documentationUrl: "https://d.example",
      capabilities: {
        streaming: true,
        pushNotifications: false,
        extensions: [{ uri: "urn:x", description: "d", required: true, params: { deep: { as: "it is" } } }],
      },
      securitySchemes: Object.fromEntries(schemes.map((scheme, index) => [`s${index}`, scheme])),
      security,
      defaultInputModes: ["a/b"],
      defaultOutputModes: ["c/d"],
      skills: [{ id: "s", name: "s", description: "d", tags: ["t"], examples: ["e"], ...modes, security }],
      supportsAuthenticatedExtendedCard: true,
      signatures: [{ protected: "p", signature: "s", header: { kid: "k" } }],
    };
    expect(overCard(card)).toEqual(card);
  });

  test("is whole, whatever was missing or wrong in its JSON", () => {
    expect(overTask({ status: "none", artifacts: {}, history: [{ role: "ROLE_KING", content: "x" }], metadata: [] })).toEqual({
      id: "",
      contextId: "",
      artifacts: [],
      history: [{ messageId: "", contextId: "", taskId: "", role: "ROLE_UNSPECIFIED", content: [], extensions: [] }],
    });
  });
});
