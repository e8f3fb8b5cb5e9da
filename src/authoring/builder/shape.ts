import { TuttiError } from "../../base/errors.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { idOfName } from "../kinds/named-agent.ts";
import { AgentBook, isAgentObject } from "./agent-book.ts";
import type { AgentObject } from "./agent-types.ts";
import type { Buildable } from "./block-types.ts";
import { reference } from "./reference.ts";
import { schemaToJson } from "./schema-to-json.ts";
import type { AnySchema } from "./schema-types.ts";
import type { Options } from "./step-to-file.ts";
import { toPlain } from "./template.ts";
import { WorkflowDraft, type WorkflowOptions } from "./workflow.ts";

/** Who takes part in a shape: an agent, its name, one of its skills, or whoever has a capability. */
export type Member =
  | AgentObject
  | string
  | { readonly agent: AgentObject | string; readonly skill?: string }
  | { readonly capability: string };

/** What a shape takes besides its agents: the keys of a workflow, and its name. */
export type ShapeOptions = WorkflowOptions<AnySchema> & { readonly name?: string };

/** A workflow made by a shape: ready to be run, served and printed. */
export type Shape = Buildable & {
  readonly name: string;
  readonly version: string | null;
  /** The same workflow in the file format. */
  toFile(): JsonObject;
};

/** The beginning of a shape's workflow. */
export function shapeDraft(name: string, options: ShapeOptions): WorkflowDraft {
  const { name: given, input, ...plain } = options;
  const head = {
    name: given ?? name,
    ...(toPlain(plain, name) as JsonObject),
    ...(input === undefined ? {} : { input: schemaToJson(input, "input") }),
  };
  return new WorkflowDraft({ head, agents: new AgentBook(), steps: [], output: undefined });
}

/** A member as the target of a step. */
export function targetOf(member: Member): Options {
  if (typeof member === "string" || isAgentObject(member)) return { agent: member };
  // The compiler has seen to it; a program without types may have left it out.
  const given: unknown = member;
  if (typeof given === "object" && given !== null && ("agent" in given || "capability" in given)) return member;
  throw new TuttiError("T1012", "A shape needs an agent here.", {
    help: "Give it an agent, its name, { agent, skill } or { capability }.",
  });
}

/** Members with the names that stand for them in conversations, and the ids of their steps. */
export function named(members: readonly Member[]): readonly { readonly id: string; readonly name: string; readonly target: Options }[] {
  const book = new AgentBook();
  const found = members.map((member) => {
    const target = targetOf(member);
    const name = nameOf(member, book);
    return { id: idOfName(name), name, target };
  });
  const twice = found.find(({ id }, index) => found.findIndex((other) => other.id === id) !== index);
  if (twice === undefined) return found;
  throw new TuttiError("T1014", `Agent "${twice.name}" takes part twice.`, {
    help: "Name each agent once; an agent may have different skills as capabilities.",
  });
}

function nameOf(member: Member, book: AgentBook): string {
  if (typeof member === "string") return member;
  if (isAgentObject(member)) return book.nameOf(member);
  return "capability" in member ? member.capability : nameOf(member.agent, book);
}

/** At least this many members: fewer are an ordinary step. */
export function expectMembers(shape: string, count: number, least: number): void {
  if (count >= least) return;
  throw new TuttiError("T1012", `${shape}() has ${count === 0 ? "no agents" : `only ${count} agent`}; it needs ${least} or more.`);
}

/**
 * The input for every member: parameters where the workflow says that its input is an object, else
 * a text, and the same as `input` for agents that read no text.
 */
export function inputOf(draft: WorkflowDraft): Options {
  const schema = draft.toFile()["input"];
  const input = reference("input");
  return isJsonObject(schema) && schema["type"] === "object" ? { with: input } : { text: input, with: { input } };
}
