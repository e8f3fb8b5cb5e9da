/** A program in which the packages for gRPC are not installed: it says what a user without them sees, and ends. */
import { createServer } from "node:http";
import { registerHooks } from "node:module";
import type { AddressInfo } from "node:net";

registerHooks({
  resolve(specifier, context, next) {
    if (!/^@(?:grpc|bufbuild)\//.test(specifier)) return next(specifier, context);
    throw Object.assign(new Error(`Cannot find package "${specifier}".`), { code: "ERR_MODULE_NOT_FOUND" });
  },
});

const { defineAgent, remoteAgent, serveAgent } = await import("../../../../src/index.ts");
const { cardOf } = await import("./scripted-agent-card.ts");

const greeter = defineAgent({
  name: "greeter",
  description: "Greets.",
  version: "1.0.0",
  capabilities: { hi: { description: "Hi.", run: () => "Hi." } },
});
const quiet = { log: () => undefined };
const refused: unknown = await serveAgent(greeter, { ...quiet, grpc: {} }).catch((error: unknown) => error);

const cards: object[] = [];
const http = createServer((_request, response) => response.setHeader("content-type", "application/json").end(JSON.stringify(cards[0])));
await new Promise<void>((resolve) => {
  http.listen(0, "127.0.0.1", resolve);
});
const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
const described = async (...interfaces: readonly { readonly url: string; readonly protocolBinding: string }[]) => {
  cards[0] = cardOf(interfaces);
  return remoteAgent(url, quiet).describe(new AbortController().signal);
};
const overGrpc = { url: "127.0.0.1:1", protocolBinding: "GRPC" };

await using served = await serveAgent(greeter, quiet);
const said = {
  refused: { ...(refused as object) },
  both: await described(overGrpc, { url, protocolBinding: "JSONRPC" }),
  grpcAlone: await described(overGrpc),
  served: (await fetch(served.cardUrl)).status,
};
http.closeAllConnections();
http.close();
process.stdout.write(JSON.stringify(said));
