/** A broken promise inside Tutti itself. It stops the pass that found it and commits nothing. */
export class BugError extends Error {
  readonly code = "T9001";
  override readonly name = "BugError";
}

/** Stops the pass when a promise of the code does not hold. Assertions stay on in production. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new BugError(sentence);
}

/** The value, which the code around it promises to be there. */
export function present<Value>(value: Value | null | undefined, sentence: string): Value {
  assert(value !== null && value !== undefined, sentence);
  return value;
}
