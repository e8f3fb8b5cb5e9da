/** Who works in a random world, and what each of them answers when nothing goes wrong. */
import type { Json } from "../base/json.ts";
import type { Chance } from "./random-chance.ts";
import { isOneIn, pick } from "./random-chance.ts";

/** What sort of value an agent answers with. */
export type Says =
  | { readonly kind: "anything" }
  | { readonly kind: "number" }
  | { readonly kind: "list" }
  /** `{ score, feedback }`, as the critic of a loop. */
  | { readonly kind: "score" }
  /** `{ verdict }`, as a voter of a quorum. */
  | { readonly kind: "vote" }
  /** `{ subtasks }`, each of one of these capabilities. */
  | { readonly kind: "plan"; readonly capabilities: readonly string[] }
  /** `{ handoff_to }`, or the end of the conversation. */
  | { readonly kind: "handoff"; readonly to: readonly string[] }
  /** `{ result, context_update }` with changes to these paths. */
  | { readonly kind: "context"; readonly paths: readonly string[] };

export type CastMember = {
  readonly name: string;
  readonly place: "local" | "remote";
  readonly capabilities: readonly string[];
  readonly says: Says;
  /** Who is behind the name: two remote members of one principal are one agent at one address. */
  readonly principal: string;
  /** Whether it may ask a question before it answers. */
  readonly asks: boolean;
};

/** Paths of the run context that several steps write, so that their order matters. */
export const SHARED_PATHS = ["shared.a", "shared.b"] as const;

type Role = Omit<CastMember, "place" | "principal" | "name">;

const WORKER: Role = { capabilities: ["work"], says: { kind: "anything" }, asks: true };
const VOTER: Role = { capabilities: ["vote"], says: { kind: "vote" }, asks: false };

const ROLES: { readonly [name: string]: Role } = {
  worker_a: WORKER,
  worker_b: WORKER,
  spare: { ...WORKER, capabilities: ["spare", "undo"], asks: false },
  counter: { capabilities: ["count"], says: { kind: "number" }, asks: false },
  lister: { capabilities: ["list"], says: { kind: "list" }, asks: false },
  critic: { capabilities: ["review"], says: { kind: "score" }, asks: false },
  scribe: { capabilities: ["write"], says: { kind: "context", paths: SHARED_PATHS }, asks: false },
  planner: { capabilities: ["plan"], says: { kind: "plan", capabilities: ["work", "count"] }, asks: false },
  desk_a: { capabilities: ["desk"], says: { kind: "handoff", to: ["desk_b"] }, asks: true },
  desk_b: { capabilities: ["desk"], says: { kind: "handoff", to: ["desk_a"] }, asks: false },
  voter_a: VOTER,
  voter_b: VOTER,
  voter_c: VOTER,
};

/** A second name of the first voter, who still has one vote (requirement W160). */
const TWIN = { name: "voter_a_again", of: "voter_a" } as const;

/** Everyone, each in this process or behind A2A as chance has it. The voters are remote, since only an address has two names. */
export function randomCast(chance: Chance): readonly CastMember[] {
  const members = Object.entries(ROLES).map(([name, role]): CastMember => {
    const isRemote = role.says.kind === "vote" || !isOneIn(chance, 3);
    return { name, ...role, principal: name, place: isRemote ? "remote" : "local" };
  });
  return [...members, { name: TWIN.name, ...VOTER, capabilities: [], principal: TWIN.of, place: "remote" }];
}

/** A right answer, when all goes well. */
export function randomAnswer(says: Says, chance: Chance): Json {
  switch (says.kind) {
    case "anything":
      return pick(chance, ["done", 0, 1, 7, "", false, null, [], { value: chance.below(5) }]);
    case "number":
      return chance.below(10);
    case "list":
      return { items: Array.from({ length: chance.below(5) }, (_, index) => index) };
    case "score":
      return { score: pick(chance, [0.2, 0.6, 0.9, 1]), feedback: "more" };
    case "vote":
      return { verdict: pick(chance, ["yes", "yes", "no"]) };
    case "plan":
      return { subtasks: randomPlan(says.capabilities, chance) };
    case "handoff":
      return isOneIn(chance, 2) ? { handoff_to: pick(chance, says.to), message: "yours" } : { settled: chance.below(5) };
    case "context":
      return { result: "written", context_update: { [pick(chance, says.paths)]: chance.below(100) } };
  }
}

function randomPlan(capabilities: readonly string[], chance: Chance): readonly Json[] {
  const ids = ["one", "two", "three"].slice(0, 1 + chance.below(3));
  return ids.map((id, index) => ({
    id,
    // A plan inside the plan, which not every step allows.
    ...(isOneIn(chance, 8) ? { capability: "plan", plan: true } : { capability: pick(chance, capabilities) }),
    ...(index > 0 && isOneIn(chance, 2) ? { needs: [ids[index - 1] ?? "one"] } : {}),
    ...(isOneIn(chance, 4) ? { critical: false } : {}),
  }));
}
