/** The messages of A2A 0.3 over gRPC (package `a2a.v1`), whose ProtoJSON `src/a2a/legacy` reads and writes. Pure. */
import { STATES } from "../legacy/legacy.ts";
import {
  bytes,
  type Codec,
  count,
  flag,
  type Fields,
  listOf,
  mapOf,
  messageOf,
  named,
  optionalText,
  struct,
  text,
  words,
} from "./proto-json.ts";

const PART = messageOf(
  {},
  {
    part: {
      text,
      file: messageOf({ mimeType: text }, { file: { fileWithUri: text, fileWithBytes: bytes } }),
      data: messageOf({ data: struct }),
    },
  },
);
const MESSAGE = messageOf({
  messageId: text,
  contextId: text,
  taskId: text,
  role: words(["ROLE_UNSPECIFIED", "ROLE_USER", "ROLE_AGENT"]),
  content: listOf(PART),
  metadata: struct,
  extensions: listOf(text),
});
const STATUS = messageOf({
  // They stand in the order of their numbers.
  state: words(STATES.map(({ proto }) => proto)),
  update: named("message", MESSAGE),
  timestamp: optionalText,
});
const ARTIFACT = messageOf({
  artifactId: text,
  name: text,
  description: text,
  parts: listOf(PART),
  metadata: struct,
  extensions: listOf(text),
});
export const LEGACY_TASK: Codec = messageOf({
  id: text,
  contextId: text,
  status: STATUS,
  artifacts: listOf(ARTIFACT),
  history: listOf(MESSAGE),
  metadata: struct,
});
const STATUS_UPDATE = messageOf({ taskId: text, contextId: text, status: STATUS, final: flag, metadata: struct });
const ARTIFACT_UPDATE = messageOf({
  taskId: text,
  contextId: text,
  artifact: ARTIFACT,
  append: flag,
  lastChunk: flag,
  metadata: struct,
});
const ANSWERED: Fields = { task: LEGACY_TASK, msg: named("message", MESSAGE) };
export const LEGACY_SEND_ANSWER: Codec = messageOf({}, { payload: ANSWERED });
export const LEGACY_EVENT: Codec = messageOf(
  {},
  { payload: { ...ANSWERED, statusUpdate: STATUS_UPDATE, artifactUpdate: ARTIFACT_UPDATE } },
);

const PUSH = messageOf({ id: text, url: text, token: text, authentication: messageOf({ schemes: listOf(text), credentials: text }) });
export const LEGACY_PUSH_CONFIG: Codec = messageOf({ name: text, pushNotificationConfig: PUSH });
export const LEGACY_PUSH_CONFIGS: Codec = messageOf({ configs: listOf(LEGACY_PUSH_CONFIG), nextPageToken: text });
export const LEGACY_NEW_PUSH_CONFIG: Codec = messageOf({ parent: text, configId: text, config: LEGACY_PUSH_CONFIG });
export const LEGACY_SEND_REQUEST: Codec = messageOf({
  request: named("message", MESSAGE),
  configuration: messageOf({ acceptedOutputModes: listOf(text), pushNotification: PUSH, historyLength: count, blocking: flag }),
  metadata: struct,
});
/** All requests that name something: a task, or a config of one. */
export const LEGACY_NAME: Codec = messageOf({ name: text, parent: text, historyLength: count, pageSize: count, pageToken: text });
/** Of a request, or an answer, that says nothing. */
export const LEGACY_NOTHING: Codec = messageOf({});

const SECURITY = listOf(messageOf({ schemes: mapOf(messageOf({ list: listOf(text) })) }));
const FLOW = { refreshUrl: text, scopes: mapOf(text) };
const FLOWS = messageOf(
  {},
  {
    flow: {
      authorizationCode: messageOf({ ...FLOW, authorizationUrl: text, tokenUrl: text }),
      clientCredentials: messageOf({ ...FLOW, tokenUrl: text }),
      implicit: messageOf({ ...FLOW, authorizationUrl: text }),
      password: messageOf({ ...FLOW, tokenUrl: text }),
    },
  },
);
const SCHEME = messageOf(
  {},
  {
    scheme: {
      apiKeySecurityScheme: messageOf({ description: text, location: text, name: text }),
      httpAuthSecurityScheme: messageOf({ description: text, scheme: text, bearerFormat: text }),
      oauth2SecurityScheme: messageOf({ description: text, flows: FLOWS, oauth2MetadataUrl: text }),
      openIdConnectSecurityScheme: messageOf({ description: text, openIdConnectUrl: text }),
      mtlsSecurityScheme: messageOf({ description: text }),
    },
  },
);
const SKILL = messageOf({
  id: text,
  name: text,
  description: text,
  tags: listOf(text),
  examples: listOf(text),
  inputModes: listOf(text),
  outputModes: listOf(text),
  security: SECURITY,
});
export const LEGACY_CARD: Codec = messageOf({
  protocolVersion: text,
  name: text,
  description: text,
  url: text,
  preferredTransport: text,
  additionalInterfaces: listOf(messageOf({ url: text, transport: text })),
  provider: messageOf({ url: text, organization: text }),
  version: text,
  documentationUrl: text,
  capabilities: messageOf({
    streaming: flag,
    pushNotifications: flag,
    extensions: listOf(messageOf({ uri: text, description: text, required: flag, params: struct })),
  }),
  securitySchemes: mapOf(SCHEME),
  security: SECURITY,
  defaultInputModes: listOf(text),
  defaultOutputModes: listOf(text),
  skills: listOf(SKILL),
  supportsAuthenticatedExtendedCard: flag,
  signatures: listOf(messageOf({ protected: text, signature: text, header: struct })),
});
