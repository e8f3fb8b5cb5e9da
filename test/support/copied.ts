import { vi } from "vitest";

/** How many characters of JSON are copied while something is done. */
export async function copiedBy(work: () => Promise<unknown>): Promise<number> {
  const copies = vi.spyOn(globalThis, "structuredClone");
  await work();
  const lengths = copies.mock.calls.map(([value]) => JSON.stringify(value).length);
  copies.mockRestore();
  return lengths.reduce((sum, length) => sum + length, 0);
}
