/**
 * The addresses of gRPC interfaces. Cards write them as they like: as an URL, or as gRPC's own libraries
 * take them, `host:port`, which does not say whether TLS is spoken. Pure.
 */

const PROTOCOLS: { readonly [scheme: string]: "http" | "https" } = { http: "http", grpc: "http", https: "https", grpcs: "https" };

/**
 * The address as an URL that says whether TLS is spoken; null when it is none. An address that does not
 * say so is taken without TLS on this machine, and on the operator's own host if the operator speaks to
 * it without; everywhere else with TLS.
 */
export function grpcUrl(address: string, operatorUrl: string): string | null {
  const [scheme = "", rest] = address.includes("://") ? address.split("://", 2) : ["dns", address.replace(/^dns:/, "")];
  const place = (rest ?? "").replace(/^\//, "");
  if (scheme === "dns") return HOST_AND_PORT.test(place) ? bareUrl(place, operatorUrl) : null;
  const protocol = PROTOCOLS[scheme.toLowerCase()];
  const url = protocol === undefined ? null : URL.parse(`${protocol}://${place}`);
  return url === null || url.username !== "" || url.password !== "" ? null : url.origin;
}

const HOST_AND_PORT = /^(?:\[[0-9a-f:.]+\]|[\w.-]+):\d+$/i;

function bareUrl(target: string, operatorUrl: string): string | null {
  const url = URL.parse(`http://${target}`);
  if (url === null) return null;
  const operator = URL.parse(operatorUrl);
  const isPlain = isThisMachine(url.hostname) || (url.hostname === operator?.hostname && operator.protocol === "http:");
  return isPlain ? url.origin : new URL(`https://${target}`).origin;
}

const THIS_MACHINE: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]"]);

/** All names of this machine. */
export function isThisMachine(hostname: string): boolean {
  return THIS_MACHINE.has(hostname);
}
