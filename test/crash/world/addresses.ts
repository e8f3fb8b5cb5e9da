/** Where the other process listens, and what all workflows of the sweep say alike. */

/** The agents of the other process. */
export const REMOTE_AGENTS = [
  "quick",
  "slow",
  "plain",
  "flaky",
  "refuser",
  "asker",
  "hanger",
  "critic",
  "mender",
  "scribe",
  "triage",
  "undoer",
  "turner",
] as const;
export type RemoteName = (typeof REMOTE_AGENTS)[number];

/** `hook`: the receiver of events. */
export type Addresses = { readonly [Name in RemoteName | "hook"]: string };

export type Bindings = { readonly [name: string]: { readonly card: string } | { readonly local: string } };

export function remoteBindings(at: Addresses): Bindings {
  const remote = Object.fromEntries(REMOTE_AGENTS.map((name) => [name, { card: at[name] }]));
  return { local: { local: "local" }, ...remote };
}

/** A retry policy for agents that answer within milliseconds. */
export function quickly(attempts: number) {
  return { attempts, initial: "15ms", factor: 1, max: "15ms", jitter: "none" };
}
