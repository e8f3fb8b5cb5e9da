/** What is served: what a message to it starts, and how messages name it. */
import type { Message } from "@a2a-js/sdk";
import { RequestMalformedError } from "@a2a-js/sdk/errors";

import type { Json } from "../../base/json.ts";
import type { Definition } from "../../definition/definition.ts";
import type { GivenWorkflow } from "../../runtime/workflows/versions.ts";
import type { TaskShape } from "../task/task-event.ts";
import { metadataText } from "../wire/wire.ts";

/** What a message's input is made with. */
export type Intake = {
  /** The instant at which the message came. */
  readonly receivedAt: number;
  /** Keeps the content of a file, and gives the name that it can be found by. */
  readonly keepFile: (content: Uint8Array) => Promise<string>;
};

/** A workflow, or an agent as a workflow of one step. */
export type ServedThing = {
  readonly shape: TaskShape;
  readonly definition: Definition;
  /** Sub-workflows that it brings along. */
  readonly children: readonly GivenWorkflow[];
  /** What messages name it by; the ids of its skills. */
  readonly skills: readonly string[];
  /** Media types that it takes, as the card says (wire/input-modes.ts). */
  readonly inputModes: readonly string[];
  /** The run's input. Throws an error of the protocol when the message does not fit. */
  toInput(message: Message, intake: Intake): Promise<Json>;
};

/** The keys of the metadata under which a message may name a skill (requirements W.g, X045). */
export const SKILL_KEYS = ["operation", "skill", "skill_id", "skillId"] as const;

/** What a message is for: what its metadata names, or the only thing there is. */
export function chooseThing(things: readonly ServedThing[], message: Message): ServedThing {
  const [only] = things;
  // One thing alone chooses among its own skills by itself.
  if (things.length === 1 && only !== undefined) return only;
  const named = metadataText(message.metadata, ...SKILL_KEYS);
  const found = named === undefined ? undefined : things.find(({ skills }) => skills.includes(named));
  return (
    found ??
    refuseSkill(
      named,
      things.flatMap(({ skills }) => skills),
    )
  );
}

/** Says which skills there are. */
export function refuseSkill(named: string | undefined, skills: readonly string[]): never {
  const problem = named === undefined ? "The message does not say which skill it wants" : `There is no skill "${named.slice(0, 100)}"`;
  const list = skills.join(", ");
  throw new RequestMalformedError({
    message: `${problem}; put one of ${list} in message.metadata.operation.`,
    metadata: { skills: list },
  });
}
