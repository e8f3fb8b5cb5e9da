/**
 * Facts as stored: JSON text beside its version. A large field is kept apart, as a payload under its
 * SHA-256, so that content that many facts repeat is stored once per tenant.
 */
import { createHash } from "node:crypto";

import { TuttiError } from "../../base/errors.ts";
import type { Json } from "../../base/json.ts";
import { FACT_VERSION, type Fact } from "../../scheduler/index.ts";
import type { Input } from "../../scheduler/input.ts";
import type { EncodedFact } from "./store.ts";

/** Below this a reference costs more than it saves. */
const LARGE_FACT_LENGTH = 8_192;
const LARGE_FIELD_LENGTH = 4_096;
const LARGE_FIELDS = ["output", "input", "items", "data", "text", "artifacts", "question", "answer", "origin", "message"] as const;

export type Payload = { readonly hash: string; readonly content: Uint8Array };

export type Encoded = Stored & {
  /** Files that the fact names: their contents are kept as long as its run. */
  readonly files: readonly string[];
};

type Stored = { readonly body: string; readonly payloads: string | null; readonly contents: readonly Payload[] };

const NO_PAYLOADS: readonly Payload[] = [];
const NO_FILES: readonly string[] = [];

export function encodeFact(fact: Fact): Encoded {
  const body = JSON.stringify(fact);
  const files = filesNamedIn(body);
  if (body.length < LARGE_FACT_LENGTH) return { body, payloads: null, contents: NO_PAYLOADS, files };
  return { ...encodeLarge(fact, body), files };
}

/** The hashes of the references to files (`{ payload, bytes, … }`, design.md, fact 11) in a JSON text. */
export function filesNamedIn(text: string): readonly string[] {
  if (!text.includes('"payload":"')) return NO_FILES;
  return [...text.matchAll(/"payload":"([0-9a-f]{64})"/g)].map(([, hash = ""]) => hash);
}

function encodeLarge(fact: Fact, whole: string): Stored {
  const rest: Record<string, unknown> = { ...fact };
  const hashes: Record<string, string> = {};
  const contents: Payload[] = [];
  for (const field of LARGE_FIELDS) {
    const text = rest[field] === undefined ? "" : JSON.stringify(rest[field]);
    if (text.length < LARGE_FIELD_LENGTH) continue;
    const payload = payloadOf(Buffer.from(text));
    delete rest[field];
    hashes[field] = payload.hash;
    contents.push(payload);
  }
  if (contents.length === 0) return { body: whole, payloads: null, contents };
  return { body: JSON.stringify(rest), payloads: JSON.stringify(hashes), contents };
}

export function payloadOf(content: Uint8Array): Payload {
  return { hash: createHash("sha256").update(content).digest("hex"), content };
}

/** The text under which an input is kept; null for one that has none, which no wire can have brought. */
export function encodeInput(input: Input): string | null {
  try {
    return JSON.stringify(input);
  } catch {
    // Deciding has thrown for the same reason; that error is the one to tell.
    return null;
  }
}

/** Reads a stored fact of any version that this program knows. */
export function decodeFact(encoded: EncodedFact, readPayload: (hash: string) => Uint8Array | null): Fact {
  if (encoded.version > FACT_VERSION) {
    throw new TuttiError(
      "T5006",
      `Fact ${encoded.seq} has version ${encoded.version}; this program knows versions up to ${FACT_VERSION}.`,
      {
        help: "The run waits, unchanged. Open the database with the newer version of Tutti that wrote it.",
      },
    );
  }
  const fact = JSON.parse(encoded.body) as Fact;
  if (encoded.payloads === null) return fact;
  const fields: Record<string, Json> = {};
  for (const [field, hash] of Object.entries(JSON.parse(encoded.payloads) as Record<string, string>)) {
    const content = readPayload(hash);
    if (content === null) {
      throw new TuttiError("T5010", `Payload ${hash} of fact ${encoded.seq} (field ${field}) is missing from the database.`, {
        help: "The database file is damaged, or was copied without its -wal file. Restore it from a backup.",
      });
    }
    fields[field] = JSON.parse(Buffer.from(content).toString("utf8")) as Json;
  }
  return { ...fact, ...fields };
}
