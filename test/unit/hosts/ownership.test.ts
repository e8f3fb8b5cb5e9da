import { existsSync, readFileSync, statSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { openGuest } from "../../../src/hosts/embedded/guest-host.ts";
import { readOwnerAddress } from "../../../src/hosts/embedded/owner.ts";
import { DatabaseFolder, finishSingle, recorder, runOf, startSingle } from "./database-folder.ts";
import { killHard, startOther } from "./other-process.ts";

describe("one owner per database file", () => {
  it("refuses a second process and names the first (T5001)", async () => {
    await using folder = new DatabaseFolder();
    await folder.openOwner();
    const { said } = await startOther(folder.file(), "try");
    expect(said).toMatchObject({ code: "T5001", retryable: true });
    expect(said.message).toContain(`process ${process.pid}`);
  });

  it("refuses a second owner in the same process (T5001)", async () => {
    await using folder = new DatabaseFolder();
    await folder.openOwner();
    await expect(folder.openOwner()).rejects.toMatchObject({ code: "T5001" });
  });

  it("is free again after SIGKILL, with everything the dead owner had acknowledged", async () => {
    await using folder = new DatabaseFolder();
    const { child, said } = await startOther(folder.file(), "own");
    expect(said).toEqual({ owns: true });
    await expect(folder.openOwner()).rejects.toMatchObject({ code: "T5001" });
    await killHard(child);
    const performer = recorder();
    const host = await folder.openOwner({ performer });
    host.recover();
    expect(await finishSingle(host, "of-child")).toEqual({ applied: true });
    expect(await host.get(runOf("of-child"))).toMatchObject({ status: "completed" });
    expect(readOwnerAddress(folder.file())?.pid).toBe(process.pid);
  });

  it("is free again after close, and says nothing of an owner then", async () => {
    await using folder = new DatabaseFolder();
    const first = await folder.openOwner();
    await first.close();
    expect(readOwnerAddress(folder.file())).toBeNull();
    const { said } = await startOther(folder.file(), "try");
    expect(said).toEqual({ owns: true });
  });

  it("takes nothing from the next owner when it is closed a second time", async () => {
    await using folder = new DatabaseFolder();
    const first = await folder.openOwner();
    await first.close();
    await folder.openOwner();
    await first.close();
    expect(readOwnerAddress(folder.file())?.pid).toBe(process.pid);
    await expect(folder.openOwner()).rejects.toMatchObject({ code: "T5001" });
  });

  it("refuses everything once closed, with a retryable error (T5008)", async () => {
    await using folder = new DatabaseFolder();
    const host = await folder.openOwner();
    await startSingle(host, "left");
    await host.close();
    const closed = { code: "T5008", retryable: true };
    await expect(startSingle(host, "late")).rejects.toMatchObject(closed);
    await expect(finishSingle(host, "left")).rejects.toMatchObject(closed);
    await expect(host.get(runOf("left"))).rejects.toMatchObject(closed);
    await expect(host.whenOver(runOf("left"))).rejects.toMatchObject(closed);
  });

  it("keeps its files to this user: lock and address have mode 0600", async () => {
    await using folder = new DatabaseFolder();
    await folder.openOwner();
    for (const ending of [".lock", ".owner"]) expect(statSync(`${folder.file()}${ending}`).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(readFileSync(`${folder.file()}.owner`, "utf8")) as object).toSorted()).toEqual(["pid", "token", "url"]);
  });

  it("publishes no address when it is told not to, and guests can still read", async () => {
    await using folder = new DatabaseFolder();
    const host = await folder.openOwner({ control: false });
    await startSingle(host, "quiet");
    expect(existsSync(`${folder.file()}.owner`)).toBe(false);
    const guest = folder.keep(openGuest(folder.file()));
    expect(await guest.get(runOf("quiet"))).toMatchObject({ status: "running" });
    await expect(finishSingle(guest, "quiet")).rejects.toMatchObject({ code: "T5011", retryable: true });
  });
});
