import type { Fetch } from "../../runtime/egress/egress.ts";
import { EgressError } from "../../runtime/egress/egress.ts";
import { problemOfAnswer } from "../wire/check-answer.ts";

/** A `fetch` whose JSON has the shape of an answer of A2A: the SDK's transports decode without looking. */
export function checkedFetch(fetch: Fetch): Fetch {
  return async (input, init) => {
    const answer = await fetch(input, init);
    return Object.assign(answer, { json: async () => parseAnswer(await answer.text(), input) });
  };
}

type Address = string | URL | Request;

/** The JSON of an answer that came with a good status: whatever is wrong with it, the agent may have acted. */
export function parseAnswer(text: string, from: Address): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw garbled(from, "it is not JSON", cause);
  }
  const problem = problemOfAnswer(parsed);
  if (problem !== null) throw garbled(from, problem);
  return parsed;
}

function garbled(from: Address, why: string, cause?: unknown): EgressError {
  return new EgressError("garbled", `${hostOf(from)} did not answer as A2A says: ${why}.`, { cause });
}

function hostOf(input: Address): string {
  const text = typeof input === "string" ? input : input instanceof URL ? input.href : input.url;
  return URL.canParse(text) ? new URL(text).host : text;
}
