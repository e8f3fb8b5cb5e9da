import { afterEach, describe, expect, test } from "vitest";

import { toWire } from "../../../../src/a2a/card/normal-card.ts";
import { cardHeaders, CardPublisher, isUnchanged, type PublishedCard } from "../../../../src/a2a/card/publish-card.ts";
import type { SigningKey } from "../../../../src/a2a/card/signing-key.ts";
import { verifyCard } from "../../../../src/a2a/card/verify-card.ts";
import { DEFAULT_TENANT } from "../../../../src/base/ids.ts";
import type { Host } from "../../../../src/ports/host.ts";
import { DatabaseFolder } from "../../hosts/database-folder.ts";
import { newKey, writerCard } from "./cards.ts";

const KEY = newKey("ES256", "one");
const WIRE = toWire(writerCard());
const OTHER = toWire(writerCard({ streaming: false }));
const AT = Date.parse("2026-11-21T10:00:00.700Z");

const folders: DatabaseFolder[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await folder[Symbol.asyncDispose]();
});

function newFolder(): DatabaseFolder {
  const folder = new DatabaseFolder();
  folders.push(folder);
  return folder;
}

type PublisherHost = Pick<Host, "cursor" | "moveCursor">;
function publisher(host: PublisherHost, more: { readonly keys?: readonly SigningKey[]; readonly at?: number } = {}): CardPublisher {
  const { keys = [KEY], at = AT } = more;
  return new CardPublisher({ host, tenant: DEFAULT_TENANT, keys, jku: "https://a.example/.well-known/jwks.json", now: () => at });
}

describe("a published card", () => {
  test("is signed once: however often it is asked for, the bytes and the tag are the same (row 14)", async () => {
    const cards = publisher(await newFolder().openOwner());
    const asked = await Promise.all(Array.from({ length: 50 }, () => cards.publish("house", toWire(writerCard()))));
    expect(new Set(asked.map(({ body }) => body)).size).toBe(1);
    expect(new Set(asked.map(({ etag }) => etag)).size).toBe(1);
    expect(asked[0]?.wire).toEqual(JSON.parse(asked[0]?.body ?? ""));
    expect(await verifyCard(asked[0]?.wire ?? {}, { keys: [KEY.publicKey] })).toMatchObject({ kind: "verified" });
  });

  test("is the same after a restart, byte for byte, and has not been modified", async () => {
    const folder = newFolder();
    const host = await folder.openOwner();
    const before = await publisher(host).publish("house", WIRE);
    await host.close();
    const after = await publisher(await folder.openOwner(), { at: AT + 60_000 }).publish("house", WIRE);
    expect(after).toEqual(before);
    expect(after.changedAt).toBe(AT);
  });

  test("changes when its content does, and only then", async () => {
    const folder = newFolder();
    const host = await folder.openOwner();
    const before = await publisher(host).publish("house", WIRE);
    const after = await publisher(host, { at: AT + 60_000 }).publish("house", OTHER);
    expect(after.etag).not.toBe(before.etag);
    expect(after.changedAt).toBe(AT + 60_000);
    const beside = await publisher(host, { at: AT + 90_000 }).publish("garden", WIRE);
    expect(beside.changedAt).toBe(AT + 90_000);
  });

  test("is signed anew when the key is replaced, also by one of the same name", async () => {
    const host = await newFolder().openOwner();
    const before = await publisher(host).publish("house", WIRE);
    const key = newKey("ES256", "one");
    const after = await publisher(host, { keys: [key] }).publish("house", WIRE);
    expect(after.etag).not.toBe(before.etag);
    expect(await verifyCard(after.wire, { keys: [key.publicKey] })).toMatchObject({ kind: "verified" });
  });

  test("is signed anew when what the database has of it is not good", async () => {
    const host = await newFolder().openOwner();
    const { wire } = await publisher(host).publish("house", WIRE);
    const stored = await host.cursor(DEFAULT_TENANT, "card/house");
    for (const broken of [{ ...(stored as object), signatures: [{ protected: "a", signature: "b" }] }, { changedAt: "x" }, 7]) {
      await host.moveCursor(DEFAULT_TENANT, "card/house", broken);
      const again = await publisher(host).publish("house", WIRE);
      expect(again.wire).not.toEqual(wire);
      expect(await verifyCard(again.wire, { keys: [KEY.publicKey] })).toMatchObject({ kind: "verified" });
    }
  });

  test("carries a signature of each key, while keys change hands", async () => {
    const second = newKey("EdDSA", "two");
    const { wire } = await publisher(await newFolder().openOwner(), { keys: [KEY, second] }).publish("house", WIRE);
    expect(await verifyCard(wire, { keys: [second.publicKey] })).toMatchObject({ kind: "verified", kid: "two" });
    expect(await verifyCard(wire, { keys: [KEY.publicKey] })).toMatchObject({ kind: "verified", kid: "one" });
  });

  test("without a key has no signatures, and is as stable", async () => {
    const { wire, etag } = await publisher(await newFolder().openOwner(), { keys: [] }).publish("house", WIRE);
    expect(wire).toEqual(WIRE);
    expect(etag).toMatch(/^"[\w-]{43}"$/);
  });

  test("that could not be stored is tried again by the next reader", async () => {
    const folder = newFolder();
    const host = await folder.openOwner();
    let isFull = true;
    const cards = publisher({
      cursor: (tenant, name) => host.cursor(tenant, name),
      moveCursor: (...args) => (isFull ? Promise.reject(new Error("full")) : host.moveCursor(...args)),
    });
    await expect(cards.publish("house", WIRE)).rejects.toThrow("full");
    isFull = false;
    expect(await cards.publish("house", WIRE)).toMatchObject({ changedAt: AT });
  });
});

describe("a reader that has the card", () => {
  const card: PublishedCard = { wire: WIRE, body: "{}", etag: '"abc"', changedAt: AT };

  test("is told what to keep and how long", () => {
    expect(cardHeaders(card, { maxAgeSeconds: 300 })).toEqual({
      "content-type": "application/json",
      "cache-control": "public, max-age=300",
      etag: '"abc"',
      "last-modified": "Sat, 21 Nov 2026 10:00:00 GMT",
    });
    expect(cardHeaders(card, { maxAgeSeconds: 300, isPrivate: true })).toMatchObject({
      "cache-control": "private, no-cache",
      vary: "authorization",
    });
  });

  test.each<[string, { readonly [name: string]: string }, boolean]>([
    ["nothing", {}, false],
    ["its tag", { "if-none-match": '"abc"' }, true],
    ["its tag, weakened by a proxy", { "if-none-match": 'W/"abc"' }, true],
    ["its tag among others", { "if-none-match": '"x", "abc"' }, true],
    ["any tag", { "if-none-match": "*" }, true],
    ["another tag and a good date", { "if-none-match": '"x"', "if-modified-since": "Sat, 21 Nov 2026 10:00:00 GMT" }, false],
    ["the date of the card", { "if-modified-since": "Sat, 21 Nov 2026 10:00:00 GMT" }, true],
    ["an earlier date", { "if-modified-since": "Sat, 21 Nov 2026 09:59:59 GMT" }, false],
    ["a date that is none", { "if-modified-since": "yesterday" }, false],
  ])("who sends %s has the current one or not", (_what, headers, expected) => {
    expect(isUnchanged(new Headers(headers), card)).toBe(expected);
  });
});
