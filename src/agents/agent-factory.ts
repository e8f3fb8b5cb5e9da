import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

import { TuttiError } from "../base/errors.ts";
import type { Agent } from "../ports/agents.ts";
import { type Log, silentLog } from "../ports/log.ts";
import type { AgentFactory } from "../runtime/registry/binder.ts";

/** Reads a secret by its name; undefined when there is none. */
export type ReadSecret = (name: string) => string | undefined;

/** How this process makes agents of bindings: remote ones by their card, function agents from files on disk. */
export function createAgentFactory(readSecret: ReadSecret, log: Log = silentLog): AgentFactory {
  return {
    async card({ url, secret }, name) {
      // With all that speaks A2A: a process whose agents are all at home does without.
      const { remoteAgent } = await import("./remote-agent.ts");
      return remoteAgent(url, { name, log, ...(secret === null ? {} : { secret: () => secretOf(secret, name, readSecret) }) });
    },
    async module(specifier) {
      const { path, exportName } = split(specifier);
      const loaded = await load(path);
      const agent = loaded[exportName];
      if (isAgent(agent)) return agent;
      const agents = Object.keys(loaded).filter((name) => isAgent(loaded[name]));
      throw new TuttiError("T4115", `${path} has no agent under the export "${exportName}".`, {
        help:
          agents.length === 0
            ? "Export an agent made by defineAgent."
            : `Its agents are ${agents.map((name) => `${path}#${name}`).join(", ")}.`,
      });
    },
    cannotLoad(specifier) {
      const { path } = split(specifier);
      return existsSync(path) ? null : `its module ${path} does not exist`;
    },
  };
}

async function load(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TuttiError("T4115", `The module ${path} cannot be loaded: ${why}`, {
      help: "Mend the module, then start the run again.",
      cause,
    });
  }
}

function split(specifier: string): { readonly path: string; readonly exportName: string } {
  const hash = specifier.lastIndexOf("#");
  return hash === -1
    ? { path: specifier, exportName: "default" }
    : { path: specifier.slice(0, hash), exportName: specifier.slice(hash + 1) };
}

function secretOf(name: string, agent: string, readSecret: ReadSecret): string {
  const secret = readSecret(name);
  if (secret !== undefined) return secret;
  throw new TuttiError("T3005", `Agent "${agent}" needs the secret ${name}, which is not set.`, {
    help: `Set the environment variable ${name}.`,
  });
}

function isAgent(value: unknown): value is Agent {
  return typeof value === "object" && value !== null && "kind" in value && (value.kind === "local" || value.kind === "remote");
}
