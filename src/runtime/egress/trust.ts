import ipaddr from "ipaddr.js";

/**
 * Who named an address. An `operator` wrote it (a definition, the registry, the configuration), so
 * it may be private. It came from the `network` (another origin in a card, a webhook): it may not.
 */
export type Trust = "operator" | "network";

/** Connecting failed, so no byte of the request has left. */
export class ConnectFailure extends Error {
  override readonly name = "ConnectFailure";
}

/** The address is not one that the network may send us to. */
export class BlockedAddress extends ConnectFailure {}

/** True for addresses of the public internet: no loopback, private, link-local, shared or embedded ones. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  // `process` turns an IPv4 address inside an IPv6 one into itself.
  return ipaddr.process(address).range() === "unicast";
}
