import { afterEach, expect, test } from "vitest";

import { ManualClock } from "../../../support/manual-clock.ts";
import { request, Servers } from "./harness.ts";
import { agentCard, scriptedHandler } from "./scripted-handler.ts";

const servers = new Servers();
afterEach(() => servers.close());

test("a card keeps its ETag and Last-Modified until its content changes", async () => {
  const clock = new ManualClock(1_800_000_000_500);
  const handler = scriptedHandler();
  let card = agentCard();
  const { server } = await servers.serve({}, { clock, served: [{ path: "", handler: { ...handler, card: () => Promise.resolve(card) } }] });
  const tags = async () => {
    const { headers } = await request(server.cardUrl(""), {});
    return [headers.get("etag"), headers.get("last-modified")];
  };
  const first = await tags();
  expect(first).toEqual([expect.stringMatching(/^"[\w-]{43}"$/), new Date(1_800_000_000_000).toUTCString()]);
  clock.advance(60_000);
  card = agentCard();
  expect(await tags()).toEqual(first);
  card = agentCard({ version: "2.0.0" });
  expect(await tags()).toEqual([expect.not.stringMatching(first[0] ?? ""), new Date(1_800_000_060_000).toUTCString()]);
});

test("a client that has the card gets 304 without it", async () => {
  const { server } = await servers.serve();
  const { headers, body } = await request(server.cardUrl(""), {});
  const [etag = "", modified = ""] = [headers.get("etag") ?? undefined, headers.get("last-modified") ?? undefined];
  expect([headers.get("cache-control"), headers.get("content-type")]).toEqual(["public, max-age=60", "application/json"]);
  const status = async (conditions: { readonly [name: string]: string }) =>
    (await request(server.cardUrl(""), { headers: conditions })).status;
  expect(await status({ "if-none-match": etag })).toBe(304);
  expect(await status({ "if-none-match": `"other", W/${etag}` })).toBe(304);
  expect(await status({ "if-none-match": "*" })).toBe(304);
  expect(await status({ "if-none-match": '"other"', "if-modified-since": modified })).toBe(200);
  expect(await status({ "if-modified-since": modified })).toBe(304);
  expect(await status({ "if-modified-since": new Date(0).toUTCString() })).toBe(200);
  expect(await status({ "if-modified-since": "yesterday" })).toBe(200);
  expect(body).toMatchObject({ name: "scripted" });
});

test("security schemes are written as the protocol has them, and the card needs no credentials", async () => {
  const scheme = { $case: "httpAuthSecurityScheme", value: { description: "", scheme: "Bearer", bearerFormat: "" } } as const;
  const { server } = await servers.serve({ card: { securitySchemes: { bearer: { scheme } } } }, { auth: { token: "t" } });
  expect((await request(server.cardUrl(""), { headers: {} })).body).toMatchObject({
    securitySchemes: { bearer: { httpAuthSecurityScheme: { scheme: "Bearer" } } },
  });
});

test("a card that was published elsewhere is served as it is, with its own date", async () => {
  const published = { wire: {}, body: '{"name":"signed"}', etag: '"tag"', changedAt: Date.UTC(2026, 0, 1) };
  const { server } = await servers.serve(
    {},
    { served: [{ path: "", handler: scriptedHandler(), publishedCard: () => Promise.resolve(published) }] },
  );
  const { headers, body } = await request(server.cardUrl(""), {});
  expect([body, headers.get("etag"), headers.get("last-modified")]).toEqual([{ name: "signed" }, '"tag"', "Thu, 01 Jan 2026 00:00:00 GMT"]);
});

test("other documents are there for everyone", async () => {
  const documents = [{ path: "/.well-known/jwks.json", read: () => Promise.resolve({ keys: [] }) }];
  const { url } = await servers.serve({}, { documents, auth: { token: "t" } });
  expect(await request(`${url}/.well-known/jwks.json`, { headers: {} })).toMatchObject({ status: 200, body: { keys: [] } });
});
