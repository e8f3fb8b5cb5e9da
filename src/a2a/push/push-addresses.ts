import { RequestMalformedError } from "@a2a-js/sdk/errors";
import ipaddr from "ipaddr.js";

import { MAX_PUSH_URL_LENGTH } from "../../base/limits.ts";
import { isPublicAddress, type Trust } from "../../runtime/egress/trust.ts";

/**
 * Where callers may have notifications sent (A2A 13.2): to public hosts over https, and to the origins
 * that the operator allows, which may be private and may use http. An allowed origin is
 * `http://hooks.internal:8080`, or with `*` for any port.
 */
export class PushAddresses {
  readonly #allowed: ReadonlySet<string>;

  constructor(allow: readonly string[] = []) {
    this.#allowed = new Set(allow.map((origin) => origin.toLowerCase().replace(/\/$/, "")));
  }

  /** How egress is to treat a webhook: it guards what the network names, to the socket's peer. */
  trustOf(url: URL): Trust {
    const isAllowed = this.#allowed.has(url.origin) || this.#allowed.has(`${url.protocol}//${url.hostname}:*`);
    return isAllowed ? "operator" : "network";
  }

  /**
   * The address, when a notification may be sent there. What a name leads to is only known when it is
   * connected to, and is checked then. Throws `RequestMalformedError`, which never repeats the address.
   */
  check(text: string): URL {
    if (text === "") throw refused("is missing.");
    if (text.length > MAX_PUSH_URL_LENGTH) throw refused(`has ${text.length} characters; at most ${MAX_PUSH_URL_LENGTH} are taken.`);
    if (/[^\x21-\x7e]/.test(text) || !URL.canParse(text)) throw refused("is not an absolute address.");
    const url = new URL(text);
    if (url.username !== "" || url.password !== "") throw refused("holds credentials; put them into authentication instead.");
    if (url.protocol !== "https:" && url.protocol !== "http:") throw refused(`begins with ${url.protocol} and must use https.`);
    if (this.trustOf(url) === "operator") return url;
    if (url.protocol === "http:") throw refused("must use https; the operator of this server has not allowed its origin.");
    if (isPrivate(url.hostname)) throw refused("leads to a private host, which the operator of this server has not allowed.");
    return url;
  }
}

/** Whether the text alone says that a host is private. `URL` has brought every spelling of an IPv4 address into one. */
function isPrivate(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (ipaddr.isValid(host)) return !isPublicAddress(host);
  return host === "localhost" || host.endsWith(".localhost") || !host.includes(".");
}

function refused(why: string): Error {
  return new RequestMalformedError(`The url of the push notification config ${why}`);
}
