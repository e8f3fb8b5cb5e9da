/** What `tutti serve` signs and pushes, and what `tutti doctor` does about pushes that nobody took. */
import { describe, expect, it } from "vitest";

import { writeRow } from "../../../src/a2a/push/push-row.ts";
import { openEmbedded } from "../../../src/hosts/embedded/open-embedded.ts";
import { newKeySecret } from "../../unit/a2a/card/cards.ts";
import { startTask } from "../../unit/a2a/push/push-world.ts";
import { Receiver } from "../../unit/a2a/push/receiver.ts";
import { idlePerformer } from "../../unit/hosts/database-folder.ts";
import { Place } from "./harness.ts";

const SINGLE = "  s: { agent: worker, skill: echo, with: {} }";

describe.concurrent("a database that is served with a key", () => {
  it("has signed cards, and publishes the key that checks them", async () => {
    await using place = new Place();
    place.workflow("single", SINGLE);
    const environment = { CARD_KEY: newKeySecret("EdDSA")() };
    const started = place.start(["serve", "single", "--port", "0", "--json", "--signing-key", "CARD_KEY"], { environment });
    let printed = "";
    started.child.stdout?.on("data", (piece: Buffer) => (printed += piece.toString()));
    await place.until("the server is up", () => printed.includes("\n"));
    const { url, cards } = JSON.parse(printed) as { url: string; cards: { url: string }[] };
    for (const card of cards) expect(await (await fetch(card.url)).json()).toMatchObject({ signatures: [{}] });
    expect(await (await fetch(`${url}/.well-known/jwks.json`)).json()).toMatchObject({ keys: [{ crv: "Ed25519", alg: "EdDSA" }] });
    started.child.kill("SIGTERM");
    await started.ended;
  });

  it("is not served when the key is not there", async () => {
    await using place = new Place();
    place.workflow("single", SINGLE);
    expect(await place.run("serve", "single", "--port", "0", "--signing-key", "CARD_KEY")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/T6003 .*CARD_KEY/),
    });
  });
});

describe.concurrent("push notifications that were given up", () => {
  it("are shown by doctor with the reason, and sent again when somebody says so and the database is served", async () => {
    await using place = new Place();
    await using hook = await Receiver.listen();
    place.workflow("single", SINGLE);
    const db = place.path("tutti.db");
    const host = await openEmbedded({ path: db, performer: idlePerformer });
    const run = await startTask(host, "task_1");
    await writeRow(
      host,
      { run, id: "c1" },
      {
        target: { url: `${hook.origin}/hook?key=s3cret`, token: "s3cret", scheme: "", credentials: "" },
        from: { seq: 1, n: 0 },
        tellsEnd: false,
        standing: { kind: "dead", at: Date.now(), reason: "It answered 500.", failureCount: 24 },
      },
    );
    await host.close();
    const shown = await place.run("doctor", "--db", "tutti.db");
    expect(shown.stdout).toMatch(/1 push notification given up.*tutti doctor --revive-pushes --db/);
    expect(shown.stdout).toContain(`task task_1 to ${hook.origin}: It answered 500.`);
    expect(shown.stdout).not.toContain("s3cret");
    expect(await place.run("doctor", "--db", "tutti.db", "--revive-pushes", "task_2")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("No push notification was given up"),
    });
    expect(await place.run("doctor", "--db", "tutti.db", "--revive-pushes")).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("when `tutti serve` has the database again"),
    });
    const serving = place.start(["serve", "single", "--port", "0", "--db", "tutti.db", "--push-to", hook.origin]);
    await hook.count(1);
    expect(hook.all[0]?.headers["x-a2a-notification-token"]).toBe("s3cret");
    serving.child.kill("SIGTERM");
    await serving.ended;
    expect((await place.run("doctor", "--db", "tutti.db")).stdout).not.toContain("given up");
  });
});
