import type { AgentCard, AgentExtension } from "@a2a-js/sdk";

import type { Json } from "../../base/json.ts";
import type { LocalAgent } from "../../ports/agents.ts";
import { DEDUPE_EXTENSION, PROTOCOL_VERSION, SCHEMAS_EXTENSION } from "../wire/wire.ts";

/** The card of an agent of this process, as it is served at an address (A2A 4.4). */
export function agentCard(agent: LocalAgent, at: { readonly url: string; readonly needsToken: boolean }): AgentCard {
  return {
    name: agent.name,
    description: agent.description,
    supportedInterfaces: [
      { url: at.url, protocolBinding: "JSONRPC", tenant: "", protocolVersion: PROTOCOL_VERSION },
      { url: at.url, protocolBinding: "HTTP+JSON", tenant: "", protocolVersion: PROTOCOL_VERSION },
    ],
    provider: undefined,
    version: agent.version,
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false, extensions: extensionsOf(agent) },
    securitySchemes: at.needsToken
      ? { bearer: { scheme: { $case: "httpAuthSecurityScheme", value: { description: "", scheme: "Bearer", bearerFormat: "" } } } }
      : {},
    securityRequirements: at.needsToken ? [{ schemes: { bearer: { list: [] } } }] : [],
    defaultInputModes: ["application/json", "text/plain"],
    defaultOutputModes: ["application/json", "text/plain"],
    skills: agent.capabilities.map(({ name, description, tags }) => ({
      id: name,
      name,
      description,
      // The protocol wants at least one.
      tags: tags.length === 0 ? [name] : [...tags],
      examples: [],
      inputModes: [],
      outputModes: [],
      securityRequirements: [],
    })),
    signatures: [],
  };
}

function extensionsOf(agent: LocalAgent): AgentExtension[] {
  const skills: { [name: string]: Json } = {};
  for (const { name, inputSchema, outputSchema } of agent.capabilities) {
    if (inputSchema !== null || outputSchema !== null)
      skills[name] = {
        ...(inputSchema === null ? {} : { input: inputSchema }),
        ...(outputSchema === null ? {} : { output: outputSchema }),
      };
  }
  return [
    {
      uri: DEDUPE_EXTENSION,
      description: "A second message with the same id and content makes no second task.",
      required: false,
      params: undefined,
    },
    { uri: SCHEMAS_EXTENSION, description: "JSON Schemas of what the skills take and give.", required: false, params: { skills } },
  ];
}
