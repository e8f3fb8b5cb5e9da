/**
 * The open questions of a run, and what they ask for. Thousands may be open, and a look through them at
 * each input would cost the square of it. Derived from the state, and never a part of it: made when it is
 * asked for, then kept up with the questions that `evolve` opens and closes.
 *
 * 1. What a handler of the step answers is no question to people, from the fact that asks to the one that
 *    closes it: a handler that ends takes the question with it.
 */
import { ownMap } from "./empty.ts";
import type { Path } from "./input.ts";
import type { RunState } from "./state.ts";

/** Ids of the questions to people, by what they want. */
type Asking = { readonly input: Set<string>; readonly auth: Set<string> };
/** What a question wants, and of whom. */
export type Wanted = keyof Asking | "handler";

const askingByQuestions = new WeakMap<RunState["questions"], Asking>();

/** What the open questions of a run ask for; null when it asks nobody. What a handler answers is no question to people. */
export function asksOf(state: RunState): "input" | "auth" | null {
  if (state.end !== null) return null;
  if (state.budgetQuestion !== null) return "input";
  const { input, auth } = askingOf(state);
  if (input.size > 0) return "input";
  return auth.size > 0 ? "auth" : null;
}

function askingOf(state: RunState): Asking {
  const known = askingByQuestions.get(state.questions);
  if (known !== undefined) return known;
  const asking: Asking = { input: new Set(), auth: new Set() };
  for (const [id, path] of Object.entries(state.questions)) note(asking, id, wantedAt(state, path));
  askingByQuestions.set(state.questions, asking);
  return asking;
}

function wantedAt(state: RunState, path: Path): Wanted {
  if (state.scopes[path]?.kind === "handler") return "handler";
  return state.flights[path]?.question?.asks === "auth" ? "auth" : "input";
}

function note(asking: Asking, id: string, wanted: Wanted): void {
  if (wanted !== "handler") asking[wanted].add(id);
}

export function openQuestion(state: RunState, question: { readonly id: string; readonly path: Path; readonly wanted: Wanted }): void {
  const { id, path, wanted } = question;
  state.questions = ownMap(state.questions);
  state.questions[id] = path;
  const asking = askingByQuestions.get(state.questions);
  if (asking !== undefined) note(asking, id, wanted);
}

export function closeQuestion(state: RunState, id: string): void {
  delete state.questions[id];
  const asking = askingByQuestions.get(state.questions);
  asking?.input.delete(id);
  asking?.auth.delete(id);
}
