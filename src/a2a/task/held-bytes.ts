/** What an object takes by itself, and each of its places: enough for an estimate. */
const OBJECT_BYTES = 40;
const PLACE_BYTES = 8;

/** About how much memory a value takes. Its texts are most of what is large, and only their length is looked at. */
export function heldBytes(value: unknown): number {
  if (typeof value === "string") return OBJECT_BYTES + value.length;
  if (typeof value !== "object" || value === null) return 0;
  if (ArrayBuffer.isView(value)) return OBJECT_BYTES + value.byteLength;
  let bytes = OBJECT_BYTES;
  for (const inner of Object.values(value)) bytes += PLACE_BYTES + heldBytes(inner);
  return bytes;
}
