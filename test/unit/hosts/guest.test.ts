import { describe, expect, it } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import { MAX_CONTROL_BYTES } from "../../../src/base/limits.ts";
import { askOwner, isOwnerAlive } from "../../../src/hosts/embedded/control-client.ts";
import { CONTROL_PATH } from "../../../src/hosts/embedded/control-protocol.ts";
import { openGuest } from "../../../src/hosts/embedded/guest-host.ts";
import { type OwnerAddress, readOwnerAddress } from "../../../src/hosts/embedded/owner.ts";
import type { HistoryEntry } from "../../../src/ports/host.ts";
import { chain } from "../../conformance/host/workflows.ts";
import { DatabaseFolder, finishSingle, runOf, startSingle } from "./database-folder.ts";

describe("a guest on a database that another process owns", () => {
  it("sends what changes the database to the owner, and gets the owner's answers and errors", async () => {
    await using folder = new DatabaseFolder();
    const owner = await folder.openOwner();
    const guest = folder.keep(openGuest(folder.file()));
    expect(await startSingle(guest, "by-guest", { a: 1 })).toMatchObject({ created: true, record: { run: runOf("by-guest") } });
    expect(await startSingle(guest, "by-guest", { a: 1 })).toMatchObject({ created: false });
    await expect(startSingle(guest, "by-guest", { a: 2 })).rejects.toMatchObject({ code: "T4002", help: expect.stringContaining("--id") });
    await expect(finishSingle(guest, "nobody")).rejects.toMatchObject({ code: "T4001" });
    expect(await finishSingle(guest, "by-guest", "done")).toEqual({ applied: true });
    expect(await finishSingle(guest, "by-guest", "again")).toEqual({ applied: false });
    expect(await guest.get(runOf("by-guest"))).toEqual(await owner.get(runOf("by-guest")));
  });

  it("releases a quarantined run through the owner", async () => {
    await using folder = new DatabaseFolder();
    const owner = await folder.openOwner();
    const guest = folder.keep(openGuest(folder.file()));
    await startSingle(owner, "bad");
    const broken = JSON.parse('{"kind":"completed","reply":null}') as never;
    await owner.post(runOf("bad"), { kind: "answered", path: "a", attempt: 1, turn: 1, agent: "tester", outcome: broken });
    expect(await guest.get(runOf("bad"))).toMatchObject({ status: "quarantined" });
    await guest.release(runOf("bad"));
    expect(await guest.get(runOf("bad"))).toMatchObject({ status: "quarantined", error: { code: "T5007" } });
    await expect(guest.release(runOf("nobody"))).rejects.toMatchObject({ code: "T4001" });
  });

  it("moves a durable consumer through the owner, and takes it away", async () => {
    await using folder = new DatabaseFolder();
    const owner = await folder.openOwner();
    const guest = folder.keep(openGuest(folder.file()));
    await guest.moveCursor(DEFAULT_TENANT, "bills", { seq: 7 });
    expect(await owner.cursor(DEFAULT_TENANT, "bills")).toEqual({ seq: 7 });
    await guest.moveCursor(DEFAULT_TENANT, "bills", null);
    expect(await owner.cursor(DEFAULT_TENANT, "bills")).toBeNull();
  });

  it("reads everything while the owner writes", async () => {
    await using folder = new DatabaseFolder();
    const owner = await folder.openOwner();
    const guest = folder.keep(openGuest(folder.file()));
    await owner.moveCursor(DEFAULT_TENANT, "bills", 3);
    const hash = await owner.putPayload(DEFAULT_TENANT, Buffer.from("content"));
    for (let index = 0; index < 50; index += 1) {
      const { record } = await startSingle(owner, `run-${index}`);
      expect(await guest.get(record.run)).toEqual(record);
      expect(await guest.inspect(record.run)).toEqual(await owner.inspect(record.run));
    }
    expect(await guest.list({ tenant: DEFAULT_TENANT, limit: 100 })).toEqual(await owner.list({ tenant: DEFAULT_TENANT, limit: 100 }));
    expect(await guest.cursor(DEFAULT_TENANT, "bills")).toBe(3);
    expect(Buffer.from((await guest.getPayload(DEFAULT_TENANT, hash)) ?? []).toString()).toBe("content");
  });

  it("watches a run to its end without gap, and learns of the end when nothing follows it", async () => {
    await using folder = new DatabaseFolder();
    const owner = await folder.openOwner();
    const guest = folder.keep(openGuest(folder.file()));
    const fingerprint = await owner.define(DEFAULT_TENANT, chain);
    const run = runOf("watched");
    await owner.start({ run, seed: "s", workflow: "chain", version: "1", fingerprint, input: {}, by: "test" });
    const seen: HistoryEntry[] = [];
    const over = guest.whenOver(run);
    for await (const entry of guest.watch(run, 1)) {
      seen.push(entry);
      if (entry.fact.kind !== "subtaskAssigned") continue;
      const outcome = { kind: "completed", reply: { data: [entry.seq] } } as const;
      await owner.post(run, { kind: "answered", path: entry.fact.path, attempt: 1, turn: 1, agent: "tester", outcome });
    }
    expect(seen).toEqual(await owner.history(run, 1, 1_000));
    expect(await over).toMatchObject({ status: "completed" });
    for await (const entry of guest.watch(run, seen.length + 1)) expect(entry).toBe("nothing");
  });

  it("hears that a run is quarantined while it waits for its end, and when it asks later", async () => {
    await using folder = new DatabaseFolder();
    const owner = await folder.openOwner();
    const guest = folder.keep(openGuest(folder.file()));
    await startSingle(owner, "held");
    const waiting = guest.whenOver(runOf("held"));
    const broken = JSON.parse('{"kind":"completed","reply":null}') as never;
    await owner.post(runOf("held"), { kind: "answered", path: "a", attempt: 1, turn: 1, agent: "tester", outcome: broken });
    expect(await waiting).toMatchObject({ status: "quarantined", endedAt: null });
    expect(await guest.whenOver(runOf("held"))).toMatchObject({ status: "quarantined", endedAt: null });
  });

  it("does not wait for the end of a run that does not exist (T4001)", async () => {
    await using folder = new DatabaseFolder();
    await folder.openOwner();
    const guest = folder.keep(openGuest(folder.file()));
    await expect(guest.whenOver(runOf("nobody"))).rejects.toMatchObject({ code: "T4001" });
  });

  it("reads on after the owner has gone, and says that nobody can change anything (T5011)", async () => {
    await using folder = new DatabaseFolder();
    const owner = await folder.openOwner();
    await startSingle(owner, "left");
    const guest = folder.keep(openGuest(folder.file()));
    const address = readOwnerAddress(folder.file()) as OwnerAddress;
    await owner.close();
    expect(await guest.get(runOf("left"))).toMatchObject({ status: "running" });
    await expect(finishSingle(guest, "left")).rejects.toMatchObject({ code: "T5011", retryable: true });
    await expect(askOwner(address, { kind: "ping" })).rejects.toMatchObject({ code: "T5011", retryable: true });
    expect(await isOwnerAlive(address)).toBe(false);
  });

  it("finds no database where there is none, and makes none (T5002)", async () => {
    await using folder = new DatabaseFolder();
    expect(() => openGuest(folder.file("absent.db"))).toThrow(expect.objectContaining({ code: "T5002" }));
    expect(() => openGuest(folder.file("absent.db"))).toThrow(/no database/);
  });
});

describe("the control address", () => {
  it("answers only with the token, on its path, by POST; anything else is not found", async () => {
    await using folder = new DatabaseFolder();
    await folder.openOwner();
    const address = readOwnerAddress(folder.file()) as OwnerAddress;
    expect(new URL(address.url).hostname).toBe("127.0.0.1");
    const ask = (path: string, token: string | null, method = "POST") =>
      fetch(`${address.url}${path}`, {
        method,
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
        ...(method === "POST" ? { body: JSON.stringify({ kind: "ping" }) } : {}),
      });
    const right = await ask(CONTROL_PATH, address.token);
    expect([right.status, await right.json()]).toEqual([200, { pid: process.pid }]);
    const wrong = [
      ask(CONTROL_PATH, null),
      ask(CONTROL_PATH, ""),
      ask(CONTROL_PATH, `${address.token}x`),
      ask(CONTROL_PATH, address.token.replace(/.$/, "~")),
    ];
    wrong.push(ask("/", address.token), ask(CONTROL_PATH, address.token, "GET"));
    for (const response of await Promise.all(wrong)) expect([response.status, await response.text()]).toEqual([404, ""]);
    await expect(askOwner({ ...address, token: "guess" }, { kind: "ping" })).rejects.toMatchObject({ code: "T5011" });
    expect(await isOwnerAlive(address)).toBe(true);
  });

  it("refuses what it cannot read or what is too large, and goes on", async () => {
    await using folder = new DatabaseFolder();
    await folder.openOwner();
    const { url, token } = readOwnerAddress(folder.file()) as OwnerAddress;
    const ask = (body: string) => fetch(`${url}${CONTROL_PATH}`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body });
    for (const body of ["", "{", "null", "7", '{"kind":"burn"}', "x".repeat(MAX_CONTROL_BYTES + 1)]) {
      const response = await ask(body);
      expect([body.slice(0, 20), response.status]).toEqual([body.slice(0, 20), 400]);
      expect(await response.json()).toMatchObject({ code: "T5011" });
    }
    expect((await ask('{"kind":"ping"}')).status).toBe(200);
  });
});
