/**
 * Restate: its server from npm as one node with its default settings, and a service in this process that
 * the server calls over HTTP/2. Calls come through the ingress client of the SDK, as its users make them.
 */
import { createServer } from "node:http2";
import { once } from "node:events";

import * as restate from "@restatedev/restate-sdk";
import * as clients from "@restatedev/restate-sdk-clients";

import { items, type Peer, type PeerOptions } from "../engine.ts";
import { startRestate } from "../servers/restate-server.ts";

/** Default 1 min: a run that waits so long leaves the service's memory. Shortened, so that it has left when it is measured. */
const WAITING_STAYS = { seconds: 1 };

export async function openRestate({ directory, steps }: PeerOptions): Promise<Peer> {
  const service = restate.service({
    name: "bench",
    handlers: {
      chain: async (ctx: restate.Context, value: number) => {
        const s1 = await ctx.run("s1", () => steps.add(value));
        const s2 = await ctx.run("s2", () => steps.add(s1.value));
        const s3 = await ctx.run("s3", () => steps.third(s2.value));
        const s4 = await ctx.run("s4", () => steps.add(s3.value));
        return ctx.run("s5", () => steps.add(s4.value));
      },
      fanOut: async (ctx: restate.Context, width: number) => {
        const added = await restate.RestatePromise.all(items(width).map((item) => ctx.run("add", () => steps.add(item))));
        return added.length;
      },
      waiting: restate.handlers.handler({ inactivityTimeout: WAITING_STAYS }, async (ctx: restate.Context, _id: string) => {
        await ctx.run("first", () => steps.add(1));
        await ctx.awakeable().promise;
      }),
    },
  });
  const silent = () => undefined;
  const server = createServer(restate.createEndpointHandler({ services: [service], logger: silent }));
  const restated = await startRestate(directory, async (port) => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  });
  const ingress = clients.connect({ url: restated.ingressUrl });
  const calls = ingress.serviceClient<typeof service>({ name: "bench" });
  const sends = ingress.serviceSendClient<typeof service>({ name: "bench" });
  return {
    chain: async () => (await calls.chain(0)).value,
    fanOut: (width) => Promise.resolve(calls.fanOut(width)),
    startWaiting: async (idempotencyKey) => sends.waiting(idempotencyKey, clients.rpc.sendOpts({ idempotencyKey })),
    startOpen: async (idempotencyKey) => sends.chain(0, clients.rpc.sendOpts({ idempotencyKey })),
    resultOfOpen: async (idempotencyKey) => (await calls.chain(0, clients.rpc.opts({ idempotencyKey }))).value,
    async close() {
      await restated.close();
      server.close();
    },
  };
}
