/**
 * A process that does a task and pushes its events, for tests: `push-process.ts DATABASE WEBHOOK N`. It is
 * gone, as by SIGKILL, when the receiver has taken its N-th event and that is not durable yet.
 */
import { setFailpointHook } from "../../../src/base/failpoint.ts";
import { openEmbedded } from "../../../src/hosts/embedded/open-embedded.ts";
import { idlePerformer } from "../../unit/hosts/database-folder.ts";
import { config, FIRST, PushWorld } from "../../unit/a2a/push/push-world.ts";

const [, , path = "", url = "", count = ""] = process.argv;

let left = Number(count);
setFailpointHook((name) => {
  if (name !== "push.posted") return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
});

const world = new PushWorld({ host: await openEmbedded({ path, performer: idlePerformer }) });
const run = await world.start("t1");
await world.configs.attach(run, config(url, { id: "c1", token: "s3cret" }), FIRST);
await world.finish("t1");
await world.ended(run, "c1");
