import type { Target } from "./definition.ts";

/** The agent, capability, workflow or event that a target names: `writer`, `web_research`, `publish_brief@^2`. */
export function nameOfTarget(target: Target): string {
  switch (target.kind) {
    case "agent":
      return target.agent;
    case "capability":
      return target.capability;
    case "workflow":
      return target.range === "*" ? target.name : `${target.name}@${target.range}`;
    case "sink":
      return target.event;
  }
}
