import { filesNamedIn } from "../mailbox/codec.ts";
import type { EncodedFact } from "../mailbox/store.ts";

/** A payload is looked up by its tenant and its hash. */
export type PayloadKey = string;

type Stored = Pick<EncodedFact, "body" | "payloads">;

/**
 * How often each payload is referred to: by the facts that are stored as it, and by the references to
 * files that stand in facts, or in such payloads (design.md, fact 11).
 */
export class PayloadUses {
  readonly #countByKey = new Map<PayloadKey, number>();
  readonly #contents: ReadonlyMap<PayloadKey, Uint8Array>;

  /** `contents`: the payloads themselves, which are there before what refers to them. */
  constructor(contents: ReadonlyMap<PayloadKey, Uint8Array>) {
    this.#contents = contents;
  }

  add(tenant: string, fact: Stored): void {
    for (const { key, isOfFact } of referencesOf(tenant, fact)) {
      const count = (this.#countByKey.get(key) ?? 0) + 1;
      this.#countByKey.set(key, count);
      if (isOfFact && count === 1) this.add(tenant, { body: this.#textOf(key), payloads: null });
    }
  }

  /** Takes a fact's references back; the payloads that nobody refers to any more. */
  remove(tenant: string, fact: Stored): readonly PayloadKey[] {
    return referencesOf(tenant, fact).flatMap(({ key, isOfFact }) => {
      const count = (this.#countByKey.get(key) ?? 0) - 1;
      if (count > 0) {
        this.#countByKey.set(key, count);
        return [];
      }
      this.#countByKey.delete(key);
      return isOfFact ? [key, ...this.remove(tenant, { body: this.#textOf(key), payloads: null })] : [key];
    });
  }

  #textOf(key: PayloadKey): string {
    return Buffer.from(this.#contents.get(key) ?? []).toString();
  }
}

/** `isOfFact`: a part of the fact is stored as it. */
function referencesOf(tenant: string, { body, payloads }: Stored): readonly { readonly key: PayloadKey; readonly isOfFact: boolean }[] {
  const own = payloads === null ? [] : Object.values(JSON.parse(payloads) as { readonly [field: string]: string });
  const toReference = (isOfFact: boolean) => (hash: string) => ({ key: `${tenant}/${hash}`, isOfFact });
  return [...own.map(toReference(true)), ...filesNamedIn(body).map(toReference(false))];
}
