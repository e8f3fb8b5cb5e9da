/** Reading cards over real HTTP: caches, sizes, signatures and pins. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

import { afterEach, describe, expect, test } from "vitest";

import { cardPrint } from "../../../../src/a2a/card/card-drift.ts";
import { toWire } from "../../../../src/a2a/card/normal-card.ts";
import { signCard } from "../../../../src/a2a/card/sign-card.ts";
import { jwks, type SigningKey } from "../../../../src/a2a/card/signing-key.ts";
import { CardSource } from "../../../../src/a2a/client/card.ts";
import { CardCheck, type CardTrust } from "../../../../src/a2a/client/check-card.ts";
import { remoteAgent } from "../../../../src/agents/remote-agent.ts";
import type { JsonObject } from "../../../../src/base/json.ts";
import { MAX_CARD_BYTES } from "../../../../src/base/limits.ts";
import { Egress } from "../../../../src/runtime/egress/egress.ts";
import { newKey, writerCard } from "./cards.ts";

const KEY = newKey("ES256", "one");
const WIRE = toWire(writerCard());
const OTHER: JsonObject = { ...WIRE, skills: [] };

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

type Answer = { readonly status?: number; readonly headers?: { readonly [name: string]: string }; readonly body: unknown };

/** A server whose answers a test decides, and whatever it was asked. */
async function serving(answer: (request: IncomingMessage) => Answer) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const { status = 200, headers = {}, body } = answer(request);
    response.writeHead(status, headers);
    response.end(status === 304 ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

type Line = { readonly level: string; readonly event: string; readonly [name: string]: unknown };

function source(url: string, trust: CardTrust = {}) {
  const clock = { now: Date.parse("2026-11-21T10:00:00Z") };
  const lines: Line[] = [];
  const egress = new Egress();
  cleanUps.push(() => egress.close());
  const fetch = egress.fetch({ trust: "operator" });
  const check = new CardCheck({ url, trust, fetch, log: (level, event, fields) => lines.push({ level, event, ...fields }) });
  const headers = () => Promise.resolve({ authorization: "Bearer secret" });
  return { clock, lines, cards: new CardSource({ url, fetch, headers, check, now: () => clock.now }) };
}

async function signed(wire: JsonObject, key: SigningKey = KEY, jku?: string): Promise<JsonObject> {
  return { ...wire, signatures: [{ ...(await signCard(wire, key, jku === undefined ? {} : { jku })) }] };
}

describe("a card is kept", () => {
  test.each<[string, { readonly [name: string]: string }, number]>([
    ["as long as the agent says", { "cache-control": "public, max-age=120" }, 120_000],
    ["an hour at most", { "cache-control": "max-age=99999999" }, 3_600_000],
    ["not as long as it has been on its way", { "cache-control": "max-age=120", age: "50" }, 70_000],
    ["a minute when nothing is said", {}, 60_000],
    ["until it expires", { expires: "Sat, 21 Nov 2026 09:01:30 GMT", date: "Sat, 21 Nov 2026 09:00:00 GMT" }, 90_000],
    ["by its age rather than its date", { expires: "Sat, 21 Nov 2026 09:00:00 GMT", "cache-control": 'max-age="30"' }, 30_000],
    ["not at all when its date cannot be read", { expires: "0" }, 0],
    ["not at all when it must not be", { "cache-control": "no-cache, max-age=120" }, 0],
  ])("%s", async (_what, headers, freshMs) => {
    const { asked, url } = await serving(() => ({ headers, body: WIRE }));
    const { cards, clock } = source(url);
    await cards.read();
    if (freshMs > 0) {
      clock.now += freshMs - 1;
      await cards.read();
      clock.now += 1;
    }
    expect(asked).toHaveLength(1);
    await cards.read();
    expect(asked).toHaveLength(2);
  });

  test("over a question whether it has changed, by its tag and its date", async () => {
    const date = "Sat, 21 Nov 2026 09:00:00 GMT";
    const { asked, url } = await serving((request) => ({
      status: request.headers["if-none-match"] === '"a"' && request.headers["if-modified-since"] === date ? 304 : 200,
      headers: { etag: '"a"', "last-modified": date, "cache-control": "max-age=10" },
      body: WIRE,
    }));
    const { cards, clock } = source(url);
    await cards.read();
    clock.now += 10_000;
    expect((await cards.read()).name).toBe("writer");
    await cards.read();
    expect(asked).toHaveLength(2);
  });

  test("by readers at the same time in one request", async () => {
    const { asked, url } = await serving(() => ({ body: WIRE }));
    const { cards } = source(url);
    await Promise.all(Array.from({ length: 20 }, () => cards.read()));
    expect(asked).toHaveLength(1);
  });
});

describe("a card cannot be used (T3003) when", () => {
  test.each<[string, Answer, string]>([
    ["it is too large", { body: { ...WIRE, description: "x".repeat(MAX_CARD_BYTES) } }, "larger than"],
    ["it is no JSON", { body: "<html>" }, "not JSON"],
    ["it is a list", { body: [] }, "not a JSON object"],
    ["it is nested too deeply", { body: `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}` }, "not a JSON object"],
    ["it has no name", { body: { ...WIRE, name: 7 } }, "no name"],
    ["it lists no interfaces", { body: { name: "a" } }, "no interfaces"],
    ["an interface is nothing", { body: { ...WIRE, supportedInterfaces: [null] } }, "not what A2A says"],
    ["a security scheme is nothing", { body: { ...WIRE, securitySchemes: { a: null } } }, "not what A2A says"],
    ["a number is too large", { body: JSON.stringify(WIRE).replace("{", '{"x":1e999,') }, "too large"],
    ["a text holds half of a character", { body: { ...WIRE, description: "\ud83c" } }, "half of a character"],
    ["there is none", { status: 404, body: "" }, "answered 404"],
    ["the server has not changed what we never had", { status: 304, body: "" }, "answered 304"],
  ])("%s", async (_what, answer, sentence) => {
    const { url } = await serving(() => answer);
    await expect(source(url).cards.read()).rejects.toMatchObject({ code: "T3003", message: expect.stringContaining(sentence) });
  });
});

describe("a card that must be signed", () => {
  const required: CardTrust = { signature: { policy: "require", keys: [KEY.publicKey] } };

  test("and is, is used", async () => {
    const body = await signed(WIRE);
    const { url } = await serving(() => ({ body }));
    expect(await source(url, required).cards.read()).toMatchObject({ name: "writer", securitySchemes: { bearer: expect.anything() } });
  });

  test.each<[string, () => Promise<JsonObject>]>([
    ["is not", () => Promise.resolve(WIRE)],
    ["is signed by somebody else", () => signed(WIRE, newKey("ES256", "x"))],
    ["was changed", async () => ({ ...(await signed(WIRE)), name: "forger" })],
  ])("and %s, is refused (T6004)", async (_what, make) => {
    const body = await make();
    const { url } = await serving(() => ({ body }));
    const { cards } = source(url, required);
    await expect(cards.read()).rejects.toMatchObject({ code: "T6004", message: expect.stringContaining(url) });
    expect(cards.last).toBeNull();
  });

  test("is checked again at each refresh; a bad one is refused, and the last good one stays for tasks that exist", async () => {
    const good = await signed(WIRE);
    let body = good;
    const { url } = await serving(() => ({ headers: { "cache-control": "no-cache" }, body }));
    const { cards } = source(url, required);
    const before = await cards.read();
    body = { ...good, supportedInterfaces: [{ url: "https://evil.example", protocolBinding: "JSONRPC", protocolVersion: "1.0" }] };
    await expect(cards.read()).rejects.toMatchObject({ code: "T6004" });
    expect(cards.last).toBe(before);
    body = good;
    expect(await cards.read()).toEqual(before);
  });

  test("is checked again even when it has not changed: its key may have been taken back", async () => {
    const keys = { now: jwks([KEY]) };
    const jku = { url: "" };
    const card: { body: JsonObject } = { body: {} };
    const { asked, url } = await serving((request) => {
      if (request.url === "/keys") return { body: keys.now };
      return {
        status: request.headers["if-none-match"] === undefined ? 200 : 304,
        headers: { etag: '"a"', "cache-control": "no-cache" },
        body: card.body,
      };
    });
    jku.url = `${url}/keys`;
    card.body = await signed(WIRE, KEY, jku.url);
    const { cards } = source(url, { signature: { policy: "require", keys: [], keyUrls: [jku.url] } });
    expect(await cards.read()).toMatchObject({ name: "writer" });
    keys.now = jwks([]);
    await expect(cards.read()).rejects.toMatchObject({ code: "T6004" });
    const toKeys = asked.filter((request) => request.url === "/keys");
    expect(toKeys.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });

  test("by keys that cannot be read now fails as the network does, not as a forgery", async () => {
    const { url } = await serving((request) => (request.url === "/keys" ? { status: 503, body: "" } : { body }));
    const body = await signed(WIRE, KEY, `${url}/keys`);
    const { cards } = source(url, { signature: { policy: "require", keys: [], keyUrls: [`${url}/keys`] } });
    await expect(cards.read()).rejects.toMatchObject({ name: "EgressError" });
  });

  test("against no key at all is a mistake that is told at once (T6003)", () => {
    const signature = { policy: "require", keys: [] } as const;
    expect(() => remoteAgent("https://a.example", { signature })).toThrow(expect.objectContaining({ code: "T6003" }));
  });
});

describe("a card that should be signed", () => {
  const preferred: CardTrust = { signature: { policy: "prefer", keys: [KEY.publicKey] } };

  test("and is not, is used, and that is told once", async () => {
    const { url } = await serving(() => ({ headers: { "cache-control": "no-cache" }, body: WIRE }));
    const { cards, lines } = source(url, preferred);
    for (let time = 0; time < 3; time += 1) expect(await cards.read()).toMatchObject({ name: "writer" });
    expect(lines).toEqual([
      { level: "warn", event: "agent_card_unsigned", agent: url, print: cardPrint(WIRE), reason: "it has no signature" },
    ]);
  });

  test("and is signed wrongly by a key that we know, is refused (T6004)", async () => {
    const body = { ...(await signed(WIRE)), name: "forger" };
    const { url } = await serving(() => ({ body }));
    await expect(source(url, preferred).cards.read()).rejects.toMatchObject({ code: "T6004" });
  });
});

describe("a card that changes", () => {
  test("is told, with what changed, and used", async () => {
    let body = WIRE;
    const { url } = await serving(() => ({ headers: { "cache-control": "no-cache" }, body }));
    const { cards, lines } = source(url);
    await cards.read();
    body = { ...OTHER, version: "3.0.0" };
    expect(await cards.read()).toMatchObject({ version: "3.0.0" });
    await cards.read();
    const changes = [expect.stringContaining("skills.write: removed"), expect.stringContaining("skills.check: removed")];
    expect(lines).toEqual([{ level: "warn", event: "agent_card_changed", agent: url, print: cardPrint(OTHER), changes }]);
  });

  test("in texts and version only is no news", async () => {
    let body = WIRE;
    const { url } = await serving(() => ({ headers: { "cache-control": "no-cache" }, body }));
    const { cards, lines } = source(url);
    await cards.read();
    body = { ...WIRE, version: "3.0.0", description: "Better." };
    await cards.read();
    expect(lines).toEqual([]);
  });

  test("though it is pinned, is refused with its new print (T6005), and what changed is told", async () => {
    let body = WIRE;
    const { url } = await serving(() => ({ headers: { "cache-control": "no-cache" }, body }));
    const { cards, lines } = source(url, { pin: cardPrint(WIRE) });
    const before = await cards.read();
    body = OTHER;
    for (let time = 0; time < 2; time += 1) {
      await expect(cards.read()).rejects.toMatchObject({ code: "T6005", message: expect.stringContaining(cardPrint(OTHER)) });
    }
    expect(lines).toMatchObject([{ event: "agent_card_changed", changes: expect.any(Array) }]);
    expect(cards.last).toBe(before);
  });
});

describe("a remote agent", () => {
  const never = new AbortController().signal;

  test("whose card is not the pinned one gets no work: the failure says why, and is not tried again", async () => {
    const { asked, url } = await serving(() => ({ body: WIRE }));
    const egress = new Egress();
    cleanUps.push(() => egress.close());
    const agent = remoteAgent(url, { egress, pin: cardPrint(OTHER), log: () => undefined });
    expect(await agent.describe(never)).toMatchObject({
      ok: false,
      outcome: { kind: "failed", failure: { code: "T6005", retryable: false, message: expect.stringContaining(cardPrint(WIRE)) } },
    });
    expect(asked.every(({ method }) => method === "GET")).toBe(true);
  });

  test("whose card is signed by a pinned key is described by what was signed", async () => {
    const { url } = await serving(() => ({ body }));
    const here = { ...WIRE, supportedInterfaces: [{ url, protocolBinding: "JSONRPC", protocolVersion: "1.0" }] };
    const body = await signed(here);
    const egress = new Egress();
    cleanUps.push(() => egress.close());
    const agent = remoteAgent(url, { egress, signature: { policy: "require", keys: [KEY.publicKey] }, log: () => undefined });
    expect(await agent.describe(never)).toMatchObject({
      ok: true,
      identity: { url, capabilities: [{ name: "write" }, { name: "check" }] },
    });
  });
});
