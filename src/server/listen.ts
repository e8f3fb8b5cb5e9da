import type { AddressInfo, Server } from "node:net";

import { TuttiError } from "../base/errors.ts";

/** Listens, and gives the port. Throws T3010 when it is in use, T3011 when it cannot be had for another reason. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port));
  });
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): TuttiError {
  if (cause.code === "EADDRINUSE") {
    return new TuttiError("T3010", `The server cannot listen on ${host}:${port}: the port is in use.`, {
      help: "Stop the process that has it, or choose another port; port 0 takes any free one.",
      cause,
    });
  }
  return new TuttiError("T3011", `The server cannot listen on ${host}:${port}: ${cause.message}.`, {
    help: "Check that the address is one of this machine's, and that you may use the port.",
    cause,
  });
}
