import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";

import ipaddr from "ipaddr.js";
import { buildConnector } from "undici";

import { CONNECT_TIMEOUT_MS } from "../../base/limits.ts";
import { BlockedAddress, ConnectFailure, isPublicAddress, type Trust } from "./trust.ts";

/**
 * Makes connections. For addresses from the network it checks three times, since each check alone
 * lets some spellings through: the literal, what the name resolves to, and the peer of the socket
 * (reliability.md, finding 11).
 */
export function connectorFor(trust: Trust): buildConnector.connector {
  const guarded = trust === "network";
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false, ...(guarded ? { lookup: publicLookup } : {}) });
  return (options, callback) => {
    const literal = options.hostname.replace(/^\[|\]$/g, "");
    if (guarded && ipaddr.isValid(literal) && !isPublicAddress(literal)) {
      callback(blocked(literal), null);
      return;
    }
    connect(options, (...[error, socket]) => {
      if (error !== null) {
        callback(error instanceof ConnectFailure ? error : new ConnectFailure(reasonOf(error), { cause: error }), null);
        return;
      }
      if (guarded && !isPublicAddress(socket.remoteAddress ?? "")) {
        socket.destroy();
        callback(blocked(socket.remoteAddress ?? options.hostname), null);
        return;
      }
      callback(null, socket);
    });
  };
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, "");
      return;
    }
    const allowed = addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = allowed;
    if (first === undefined) {
      callback(blocked(hostname), "");
    } else if (options.all === true) {
      callback(null, allowed);
    } else {
      callback(null, first.address, first.family);
    }
  });
};

function blocked(address: string): BlockedAddress {
  return new BlockedAddress(`${address} is a private address, and was named by the network.`);
}

/** Node joins the failures of several addresses in one error without a message. */
function reasonOf(error: Error): string {
  if (error.message !== "") return error.message;
  return error instanceof AggregateError
    ? error.errors.map((inner) => (inner instanceof Error ? inner.message : String(inner))).join("; ")
    : error.name;
}
