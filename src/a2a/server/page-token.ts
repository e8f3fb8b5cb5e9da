/** The page tokens of ListTasks. They say where a page begins, and nothing that is not told anyway. */
import { RequestMalformedError } from "@a2a-js/sdk/errors";

/** `since`: when the first page was asked for. `cursor`: the host's, within the part. */
export type Place = { readonly part: "all" | "changed"; readonly since: number; readonly cursor: string | null };

export function encodePlace({ part, since, cursor }: Place): string {
  return Buffer.from(JSON.stringify([part === "all" ? 1 : 2, since, cursor])).toString("base64url");
}

export function decodePlace(token: string): Place {
  const [part, since, cursor] = parsed(token);
  if ((part === 1 || part === 2) && Number.isSafeInteger(since) && (cursor === null || isRunCursor(cursor)))
    return { part: part === 1 ? "all" : "changed", since: since as number, cursor };
  throw new RequestMalformedError("pageToken is not one that this agent gave out.");
}

/** The host's cursors for runs are an instant and an id; any other text would begin a page at a place that nobody knows. */
function isRunCursor(cursor: unknown): cursor is string {
  const [, at] = typeof cursor === "string" ? (/^(\d+)\/./.exec(cursor) ?? []) : [];
  return at !== undefined && Number.isSafeInteger(Number(at));
}

function parsed(token: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    return Array.isArray(value) ? value : [];
  } catch {
    // Not one of ours; the caller says so.
    return [];
  }
}
