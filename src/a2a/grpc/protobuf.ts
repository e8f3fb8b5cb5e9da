/** Protocol Buffers on the wire, as much as is needed beside the SDK's own messages. Pure. */

/** A message of these fields. */
export function messageOf(...fields: readonly Uint8Array[]): Buffer {
  return Buffer.concat(fields);
}

/** A field of a message: a text, bytes (also those of an inner message), or a whole number of 0 or more. */
export function field(number: number, value: string | Uint8Array | number): Buffer {
  if (typeof value === "number") return Buffer.concat([varint(number * 8), varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(number * 8 + LENGTH_DELIMITED), varint(bytes.length), bytes]);
}

const LENGTH_DELIMITED = 2;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** A message that was read, whatever its type. */
export class ReadMessage {
  readonly #fields: ReadonlyMap<number, readonly (Buffer | number)[]>;

  /** Throws `RangeError` when the bytes are no message. */
  constructor(bytes: Uint8Array) {
    this.#fields = readFields(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /** The last value of a field, as a text; null when it has none. */
  text(number: number): string | null {
    return this.bytes(number)?.toString() ?? null;
  }

  bytes(number: number): Buffer | null {
    const value = this.#fields.get(number)?.at(-1);
    return typeof value === "object" ? value : null;
  }

  /** 0 when it has none, as the language has it. */
  number(number: number): number {
    const value = this.#fields.get(number)?.at(-1);
    return typeof value === "number" ? value : 0;
  }

  /** All values of a repeated field that are messages themselves. */
  messages(number: number): readonly ReadMessage[] {
    return (this.#fields.get(number) ?? []).flatMap((value) => (typeof value === "object" ? [new ReadMessage(value)] : []));
  }
}

type Cursor = { readonly bytes: Buffer; at: number };

function readFields(bytes: Buffer): ReadonlyMap<number, readonly (Buffer | number)[]> {
  const fields = new Map<number, (Buffer | number)[]>();
  const cursor: Cursor = { bytes, at: 0 };
  while (cursor.at < bytes.length) {
    const tag = readVarint(cursor);
    const number = Math.floor(tag / 8);
    const values = fields.get(number) ?? [];
    values.push(readValue(cursor, tag % 8));
    fields.set(number, values);
  }
  return fields;
}

function readValue(cursor: Cursor, wireType: number): Buffer | number {
  if (wireType === 0) return readVarint(cursor);
  if (wireType === LENGTH_DELIMITED) return take(cursor, readVarint(cursor));
  if (wireType === 1) return take(cursor, 8);
  if (wireType === 5) return take(cursor, 4);
  throw new RangeError("A field has a form that there is none of.");
}

function take(cursor: Cursor, length: number): Buffer {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw new RangeError("The message ends inside a field.");
  const taken = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return taken;
}

/** Sure up to 2^53; of larger ones nothing here makes use. */
function readVarint(cursor: Cursor): number {
  let value = 0;
  for (let factor = 1; factor <= 2 ** 63; factor *= 0x80) {
    const byte = cursor.bytes[cursor.at];
    if (byte === undefined) break;
    cursor.at += 1;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
  }
  throw new RangeError("A number of the message has no end.");
}
