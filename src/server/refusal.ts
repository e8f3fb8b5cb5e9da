/** Why a request gets no answer of A2A: it is turned away before, whatever the binding (A2A 3.3.2). */
export type RefusalKind = "malformed" | "unauthenticated" | "forbidden" | "notFound" | "tooLarge" | "mediaType" | "tooMany" | "unavailable";

/** Thrown wherever it is found out; told in the words of the binding. Its message may be told to anyone. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly kind: RefusalKind;
  /** Headers of an answer over HTTP. */
  readonly headers: { readonly [name: string]: string };

  constructor(kind: RefusalKind, sentence: string, headers: { readonly [name: string]: string } = {}) {
    super(sentence);
    this.kind = kind;
    this.headers = headers;
  }
}

/** Says when to come again, in whole seconds (RFC 9110, 10.2.3). */
export function retryAfter(delayMs: number): { readonly "retry-after": string } {
  return { "retry-after": String(Math.max(1, Math.ceil(delayMs / 1000))) };
}
