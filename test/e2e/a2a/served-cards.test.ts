/** Cards as a server signs and serves them, read over HTTP by the official SDK and by our own client. */
import { type AgentCard, verifyAgentCardSignature } from "@a2a-js/sdk";
import { ClientFactory } from "@a2a-js/sdk/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { createServer, type ServerOptions } from "../../../src/compose/create-server.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import { serveAgent } from "../../../src/compose/serve-agent.ts";
import { readSigningKey } from "../../../src/a2a/card/signing-key.ts";
import { remoteAgent } from "../../../src/agents/remote-agent.ts";
import { newKeySecret } from "../../unit/a2a/card/cards.ts";
import { actor } from "../../unit/a2a/handler/agents.ts";
import { folder } from "../../unit/a2a/handler/stage.ts";
import { never } from "./harness.ts";

const QUIET = { log: () => undefined, drainMs: 20 };
const SECRETS: { readonly [name: string]: () => string } = { CARD_KEY: newKeySecret("ES256"), NEXT_KEY: newKeySecret("EdDSA") };
const readSecret = (name: string) => SECRETS[name]?.();
const SIGNED = { ...QUIET, signing: [{ secret: "CARD_KEY" }], readSecret };

type Wire = { readonly capabilities: { readonly extendedAgentCard?: boolean }; readonly signatures?: readonly object[] };

async function read(url: string): Promise<{ readonly card: Wire; readonly body: string; readonly tags: readonly (string | null)[] }> {
  const answer = await fetch(url, { headers: { "a2a-version": "1.0" } });
  const body = await answer.text();
  return { card: JSON.parse(body) as Wire, body, tags: [answer.headers.get("etag"), answer.headers.get("last-modified")] };
}

describe("a signed card", () => {
  // The SDK tells of signatures that are not good.
  beforeEach(() => void vi.spyOn(console, "debug").mockImplementation(() => undefined));
  afterEach(() => void vi.restoreAllMocks());

  it("is believed by the SDK's verifier with the keys that the server publishes, in each form that it is asked for", async () => {
    await using served = await serveAgent(actor().agent, SIGNED);
    const { keys } = (await (await fetch(`${served.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string; d?: string }[] };
    const asked: (readonly [string, string | undefined])[] = [];
    const verify = verifyAgentCardSignature((kid, jku) => {
      asked.push([kid, jku]);
      return Promise.resolve(keys.find((key) => key.kid === kid) ?? {});
    });
    const { card } = await read(served.cardUrl);
    await expect(verify(card as unknown as AgentCard)).resolves.toBeUndefined();
    await expect(verify((await (await fetch(served.cardUrl)).json()) as AgentCard)).resolves.toBeUndefined();
    const client = await new ClientFactory().createFromUrl(served.url);
    await expect(client.getAgentCard(undefined, verify)).resolves.toMatchObject({ name: "actor" });
    expect(asked[0]).toEqual([keys[0]?.kid, `${served.url}/.well-known/jwks.json`]);
    expect(keys).toEqual([expect.not.objectContaining({ d: expect.anything() })]);
    const changed = { ...card, version: "9.9.9" } as unknown as AgentCard;
    await expect(verify(changed)).rejects.toThrow("No valid signatures");
  });

  it("is believed by our client where its owner's key is pinned, and by no other key", async () => {
    await using served = await serveAgent(actor().agent, SIGNED);
    const { publicKey } = readSigningKey("CARD_KEY", readSecret);
    const other = readSigningKey("NEXT_KEY", readSecret).publicKey;
    const trusting = (key: typeof publicKey) =>
      remoteAgent(served.url, { signature: { policy: "require", keys: [key] }, log: () => undefined }).describe(never());
    expect(await trusting(publicKey)).toMatchObject({ ok: true });
    expect(await trusting(other)).toMatchObject({ ok: false, outcome: { failure: { code: "T6004" } } });
  });

  it("is signed once: its bytes, tag and date stay the same, also after a restart, until its keys change", async () => {
    using place = folder();
    const options = { ...SIGNED, db: place.db, publicUrl: "https://agents.example.com" };
    const first = await serveAgent(actor().agent, options);
    const before = await read(first.cardUrl);
    expect(await read(first.cardUrl)).toEqual(before);
    await first.close();
    const second = await serveAgent(actor().agent, options);
    expect(await read(second.cardUrl)).toEqual(before);
    await second.close();
    await using third = await serveAgent(actor().agent, { ...options, signing: [{ secret: "NEXT_KEY" }, { secret: "CARD_KEY" }] });
    const after = await read(third.cardUrl);
    expect(after.card.signatures).toHaveLength(2);
    expect(after.tags[0]).not.toBe(before.tags[0]);
  });

  it("is not served with a key that cannot be used", async () => {
    await expect(serveAgent(actor().agent, { ...SIGNED, signing: [{ secret: "NO_KEY" }] })).rejects.toMatchObject({ code: "T6003" });
  });
});

describe("an extended card", () => {
  const SKILL = { id: "audit", name: "Audit", description: "Only for those we know." };
  const open = async (options: ServerOptions) => {
    const orchestrator = await openOrchestrator({ db: ":memory:" });
    const server = await createServer(orchestrator, { agents: [actor().agent], ...SIGNED, ...options });
    return {
      server,
      async [Symbol.asyncDispose]() {
        await server.close();
        await orchestrator.close();
      },
    };
  };
  const auth = {
    callers: [
      { name: "ann", token: "a" },
      { name: "bob", token: "b" },
    ],
  };
  const ask = async (url: string, token: string | null) => {
    const headers = { "a2a-version": "1.0", ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${url}/extendedAgentCard`, { headers });
    return { status: answer.status, body: await answer.json() };
  };

  it("is announced, and given to callers whom it is for; signed like the public one", async () => {
    const extendedCard = ({ name }: { readonly name: string }) => (name === "ann" ? { skills: [SKILL] } : null);
    await using stage = await open({ auth, extendedCard });
    const { url, cards } = stage.server;
    const { card } = await read(cards[0]?.url ?? "");
    expect(card.capabilities.extendedAgentCard).toBe(true);
    expect(JSON.stringify(card)).not.toContain("audit");
    const { body } = await ask(url, "a");
    expect(body).toMatchObject({
      skills: expect.arrayContaining([expect.objectContaining({ id: "echo" }), expect.objectContaining(SKILL)]),
    });
    const { publicKey } = readSigningKey("CARD_KEY", readSecret);
    await expect(verifyAgentCardSignature(() => Promise.resolve({ ...publicKey }))(body as AgentCard)).resolves.toBeUndefined();
    expect(await ask(url, "a")).toEqual({ status: 200, body });
    expect(await ask(url, "b")).toMatchObject({
      status: 400,
      body: { error: { details: [{ reason: "EXTENDED_AGENT_CARD_NOT_CONFIGURED" }] } },
    });
    expect(await ask(url, null)).toMatchObject({ status: 401 });
  });

  it("belongs to the server: what is served below announces none, and says that it has none", async () => {
    await using stage = await open({ auth, extendedCard: () => ({ skills: [SKILL] }) });
    const { url, cards } = stage.server;
    expect((await read(cards[1]?.url ?? "")).card.capabilities.extendedAgentCard ?? false).toBe(false);
    expect(await ask(`${url}/agents/actor`, "a")).toMatchObject({
      status: 400,
      body: { error: { details: [{ reason: "UNSUPPORTED_OPERATION" }] } },
    });
  });

  it("is refused where nobody has to say who they are", async () => {
    await expect(open({ extendedCard: () => ({}) })).rejects.toMatchObject({ code: "T6006" });
  });
});
