import type { Capability } from "../ports/agents.ts";
import type { Behaviour } from "./behaviour.ts";

/** An agent that does what a script says. Each test run begins the script anew. */
export type ScriptedAgent = {
  readonly kind: "scripted";
  readonly name: string;
  readonly behaviours: readonly Behaviour[];
  readonly capabilities: readonly string[];
  readonly remote: boolean;
};

/** What a stand-in is, besides what it does. */
export type ScriptedOptions = {
  /** What it can do besides what it is called. */
  readonly capabilities?: readonly string[];
  /** True: it is behind A2A for the runtime, with intents, tasks and all that can get lost; there is no network. */
  readonly remote?: boolean;
};

/**
 * A stand-in for an agent, under the name of the agent or of a capability (requirements W152). The
 * behaviours serve one call after the other; the last one serves all further calls.
 *
 * @example
 * scripted("data", [{ fail: "NETWORK_TIMEOUT", times: 2 }, { answer: { rows: 3 } }])
 */
export function scripted(name: string, behaviours: readonly Behaviour[], options: ScriptedOptions = {}): ScriptedAgent {
  const capabilities = [...new Set([name, ...(options.capabilities ?? [])])];
  return { kind: "scripted", name, behaviours, capabilities, remote: options.remote === true };
}

export function capabilitiesOf({ name, capabilities }: ScriptedAgent): readonly Capability[] {
  const description = `What the test's "${name}" says.`;
  return capabilities.map((capability) => ({ name: capability, description, tags: [], inputSchema: null, outputSchema: null }));
}
