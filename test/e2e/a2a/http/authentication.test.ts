import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";

import { afterEach, describe, expect, test } from "vitest";

import type { Authentication } from "../../../../src/server/authentication.ts";
import { createA2aServer } from "../../../../src/server/a2a-server.ts";
import { HEADERS, post, request, rpc, saying, Servers } from "./harness.ts";
import { scriptedHandler } from "./scripted-handler.ts";

const servers = new Servers();
afterEach(() => servers.close());

const bearer = (token: string) => ({ ...HEADERS, authorization: `Bearer ${token}` });
const CALLERS: Authentication = {
  callers: [
    { name: "ada", token: "secret-a" },
    { name: "bob", token: () => "secret-b", tenants: ["acme", "globex"] },
    { name: "nobody", token: () => undefined },
    { name: "empty", token: "" },
  ],
};

describe("callers that are known by a token", () => {
  test.each([
    ["no credentials", {}],
    ["another scheme", { authorization: "Basic c2VjcmV0LWE6" }],
    ["a token of nobody", { authorization: "Bearer secret" }],
    ["a token with more behind it", { authorization: "Bearer secret-a x" }],
    ["an empty token", { authorization: "Bearer " }],
    ["the token in another place", { "x-api-key": "secret-a" }],
  ])("are turned away with %s, on both bindings, before their body is read", async (_what, headers) => {
    const { url, handler } = await servers.serve({}, { auth: CALLERS });
    for (const answer of [
      await rpc(url, "GetTask", { id: "x" }, { ...HEADERS, ...headers }),
      await request(`${url}/tasks/x`, { headers: { ...HEADERS, ...headers } }),
      await post(`${url}/message:send`, "{", { ...HEADERS, ...headers }),
    ]) {
      expect(answer).toMatchObject({ status: 401, body: { error: { code: 401, status: "UNAUTHENTICATED" } } });
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer realm="agent"/);
      expect(answer.headers.get("content-type")).toBe("application/json");
    }
    expect(handler.asked).toEqual([]);
  });

  test("are told apart by their tokens, and act for the first of their tenants when they name none", async () => {
    const { url, handler } = await servers.serve({}, { auth: CALLERS });
    await rpc(url, "GetTask", { id: "x" }, bearer("secret-a"));
    await rpc(url, "GetTask", { id: "x" }, { ...HEADERS, authorization: "bearer  secret-b" });
    await rpc(url, "GetTask", { id: "x", tenant: "globex" }, bearer("secret-b"));
    await request(`${url}/globex/tasks/x`, { headers: bearer("secret-b") });
    expect(handler.asked.map(({ context }) => context.caller)).toEqual([
      { name: "ada", tenant: "default", roles: [] },
      { name: "bob", tenant: "acme", roles: [] },
      { name: "bob", tenant: "globex", roles: [] },
      { name: "bob", tenant: "globex", roles: [] },
    ]);
  });

  test.each(["default", "other", "__proto__", "../x", "acme/globex"])("may not use the tenant %s that is not theirs", async (tenant) => {
    const { url, handler } = await servers.serve({}, { auth: CALLERS });
    const refusal = { status: 403, body: { error: { code: 403, status: "PERMISSION_DENIED" } } };
    expect(await rpc(url, "SendMessage", { ...saying("hi"), tenant }, bearer("secret-b"))).toMatchObject(refusal);
    expect(await request(`${url}/${encodeURIComponent(tenant)}/tasks/x`, { headers: bearer("secret-b") })).toMatchObject(refusal);
    expect(await post(`${url}/message:send`, { ...saying("hi"), tenant }, bearer("secret-b"))).toMatchObject(refusal);
    expect(await request(`${url}/tasks/x?tenant=${encodeURIComponent(tenant)}`, { headers: bearer("secret-b") })).toMatchObject(refusal);
    expect(handler.asked).toEqual([]);
  });

  test("a tenant in the path is the one that counts", async () => {
    const { url, handler } = await servers.serve({}, { auth: CALLERS });
    await post(`${url}/globex/message:send`, { ...saying("hi"), tenant: "other" }, bearer("secret-b"));
    expect(handler.asked).toMatchObject([{ params: { tenant: "globex" }, context: { caller: { tenant: "globex" } } }]);
  });
});

describe("other ways to know a caller", () => {
  test("one token for all makes its bearer a caller", async () => {
    const { url, handler } = await servers.serve({}, { auth: { token: "t" } });
    await request(`${url}/tasks/x`, { headers: bearer("t") });
    expect(handler.asked[0]?.context.caller).toEqual({ name: "bearer", tenant: "default", roles: [] });
  });

  test("a function decides; what it throws is no answer, and nobody but the log hears of it", async () => {
    const auth: Authentication = {
      authenticate({ headers }) {
        const key = headers.get("x-api-key");
        if (key === "bad") throw new Error("the key store says hunter2");
        return key === null ? null : { name: key, tenants: ["acme"], roles: ["clerk"] };
      },
    };
    const { url, handler, logged } = await servers.serve({}, { auth });
    expect(await request(`${url}/tasks/x`, { headers: { ...HEADERS, "x-api-key": "eve" } })).toMatchObject({ status: 200 });
    expect(handler.asked[0]?.context.caller).toEqual({ name: "eve", tenant: "acme", roles: ["clerk"] });
    const bad = await request(`${url}/tasks/x`, { headers: { ...HEADERS, "x-api-key": "bad" } });
    expect(bad.status).toBe(401);
    expect(JSON.stringify(bad.body)).not.toContain("hunter2");
    expect(logged.join()).toContain("hunter2");
  });

  test("where nothing is configured everybody is anonymous, and a tenant is a name with rules", async () => {
    const { url, handler } = await servers.serve();
    await rpc(url, "GetTask", { id: "x", tenant: "acme" });
    expect(handler.asked[0]?.context.caller).toEqual({ name: "anonymous", tenant: "acme" });
    const details = [{}, { fieldViolations: [{ field: "tenant" }] }];
    expect(await rpc(url, "GetTask", { id: "x", tenant: "../x" })).toMatchObject({ body: { error: { code: -32602, data: details } } });
    expect(await request(`${url}/${"x".repeat(65)}/tasks/x`, {})).toMatchObject({ status: 400, body: { error: { details } } });
  });
});

describe("the network", () => {
  const served = [{ path: "", handler: scriptedHandler() }];

  test("a server is open to it only when callers must say who they are", async () => {
    await expect(createA2aServer({ served, host: "0.0.0.0" })).rejects.toMatchObject({ code: "T6002" });
    await expect(createA2aServer({ served, host: "0.0.0.0", auth: { callers: [] } })).rejects.toMatchObject({ code: "T6002" });
    await using server = await createA2aServer({ served, host: "0.0.0.0", auth: { token: "t" } });
    const { port } = new URL(server.url);
    expect((await request(`http://127.0.0.1:${port}/tasks/x`, { headers: bearer("t") })).status).toBe(200);
  });

  test("a page of the web reaches a server on loopback neither by its own name nor from its own origin", async () => {
    const { url } = await servers.serve();
    const from = async (origin: string) => (await request(`${url}/tasks/x`, { headers: { ...HEADERS, origin } })).status;
    expect([await from("https://evil.example"), await from("null"), await from("http://localhost:3000")]).toEqual([403, 403, 200]);
    expect([await from("http://LOCALHOST."), await from("http://localhost.evil.example")]).toEqual([200, 403]);
  });

  test("a proxy may pass on its public name, and cards give it", async () => {
    const { server } = await servers.serve({}, { publicUrl: "https://agents.example/" });
    expect([server.url, server.cardUrl("/a")]).toEqual(["https://agents.example", "https://agents.example/a/.well-known/agent-card.json"]);
  });

  test.each([
    ["LOCALHOST", 200],
    ["LocalHost:$port", 200],
    ["localhost.", 200],
    ["localhost.:$port", 200],
    ["Agents.Example.", 200],
    ["agents.example:443", 200],
    ["[::1]:$port", 200],
    ["localhost..", 403],
    ["localhost.evil.example", 403],
    [".", 403],
  ])("a server on loopback that is called %s answers %i: names ignore case, and may end with a dot", async (name, status) => {
    for (const publicUrl of ["https://agents.example", "https://AGENTS.example./"]) {
      const { server } = await servers.serve({}, { publicUrl });
      const { port } = new URL(server.localUrl);
      const host = name.replace("$port", port);
      const asked = get(`${server.localUrl}/tasks/x`, { headers: { ...HEADERS, host }, agent: false });
      const [answer] = (await once(asked, "response")) as [IncomingMessage];
      answer.resume();
      expect(answer.statusCode).toBe(status);
    }
  });

  test("a port that is taken is said", async () => {
    const { url } = await servers.serve();
    const port = Number(new URL(url).port);
    await expect(createA2aServer({ served, port })).rejects.toMatchObject({ code: "T3010" });
    await expect(createA2aServer({ served, host: "203.0.113.1", auth: { token: "t" } })).rejects.toMatchObject({ code: "T3011" });
  });
});
