import type { AgentCard } from "@a2a-js/sdk";

/** For the SDK's factories, which read a card only to speak older versions of the protocol. */
export const NO_CARD: AgentCard = {
  name: "",
  description: "",
  supportedInterfaces: [],
  provider: undefined,
  version: "",
  capabilities: undefined,
  securitySchemes: {},
  securityRequirements: [],
  defaultInputModes: [],
  defaultOutputModes: [],
  skills: [],
  signatures: [],
};
