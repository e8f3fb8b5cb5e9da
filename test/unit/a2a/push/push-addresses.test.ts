import { createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";

import { RequestMalformedError } from "@a2a-js/sdk/errors";
import { afterEach, expect, test } from "vitest";

import { PushAddresses } from "../../../../src/a2a/push/push-addresses.ts";
import { MAX_PUSH_REFUSALS } from "../../../../src/base/limits.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { config, PushWorld } from "./push-world.ts";
import { until } from "./receiver.ts";

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

function refusalOf(addresses: PushAddresses, url: string): string {
  try {
    addresses.check(url);
  } catch (error) {
    expect(error).toBeInstanceOf(RequestMalformedError);
    return (error as Error).message;
  }
  throw new Error(`${url} was not refused.`);
}

test.each([["https://hooks.example.com/a2a?x=1"], ["https://93.184.216.34:8443/"], ["https://[2606:2800:220:1:248:1893:25c8:1946]/"]])(
  "%s may be a webhook",
  (url) => {
    expect(new PushAddresses().check(url).href).toBe(new URL(url).href);
  },
);

test.each([
  ["nothing", "", "is missing"],
  ["a script", "javascript:1", "javascript: and must use https"],
  ["a file", "file:///etc/passwd", "must use https"],
  ["a relative address", "/hook", "not an absolute address"],
  ["plain http", "http://hooks.example.com/", "must use https"],
  ["credentials", "https://ada:pa55@hooks.example.com/", "holds credentials"],
  ["a line break", "https://hooks.example.com/\r\nx: y", "not an absolute address"],
  ["a very long address", `https://hooks.example.com/${"x".repeat(3_000)}`, "at most 2048"],
  ["loopback", "https://127.0.0.1/", "private host"],
  ["loopback by number", "https://2130706433/", "private host"],
  ["loopback by hexadecimal number", "https://0x7f.1/", "private host"],
  ["loopback by octal number", "https://0177.0.0.1/", "private host"],
  ["loopback by name", "https://localhost/", "private host"],
  ["loopback by name with a dot", "https://localhost./", "private host"],
  ["loopback by a name below it", "https://a.localhost/", "private host"],
  ["a name of the local network", "https://intranet/", "private host"],
  ["loopback in IPv6", "https://[::1]/", "private host"],
  ["an IPv4 address inside an IPv6 one", "https://[::ffff:127.0.0.1]/", "private host"],
  ["the same in hexadecimal", "https://[::ffff:a9fe:a9fe]/", "private host"],
  ["an address behind a translator", "https://[64:ff9b::7f00:1]/", "private host"],
  ["nobody's address", "https://0.0.0.0/", "private host"],
  ["a private network", "https://10.1.2.3/", "private host"],
  ["another private network", "https://172.16.0.1/", "private host"],
  ["a home network", "https://192.168.1.1/", "private host"],
  ["a provider's shared network", "https://100.64.0.1/", "private host"],
  ["the metadata of a cloud", "https://169.254.169.254/latest/meta-data/", "private host"],
  ["a link-local address", "https://[fe80::1]/", "private host"],
  ["a private network of IPv6", "https://[fd00::1]/", "private host"],
  ["a group", "https://224.0.0.1/", "private host"],
])("%s may not be a webhook, and the error says why without repeating it", (_what, url, why) => {
  const message = refusalOf(new PushAddresses(), url);
  expect(message).toContain(why);
  if (url.length > 12) expect(message).not.toContain(url);
  expect(message).not.toContain("pa55");
});

test("what the operator allows is allowed: an origin, or any port of a host, and nothing beside it", () => {
  const addresses = new PushAddresses(["http://hooks.internal:8080/", "http://LOCALHOST:*"]);
  expect(addresses.check("http://hooks.internal:8080/a").pathname).toBe("/a");
  expect(addresses.check("http://localhost:4711/").port).toBe("4711");
  expect(refusalOf(addresses, "http://hooks.internal:8081/")).toContain("must use https");
  expect(refusalOf(addresses, "https://localhost:4711/")).toContain("private host");
  expect(refusalOf(addresses, "http://localhost.evil.example/")).toContain("must use https");
  expect(refusalOf(addresses, "http://ada:b@localhost:4711/")).toContain("holds credentials");
  expect(addresses.trustOf(new URL("https://hooks.example.com/"))).toBe("network");
});

test.each([["localhost"], ["127.0.0.1"]])("a webhook at %s that is not allowed any more is not even connected to", async (host) => {
  let connectionCount = 0;
  const server = createTcpServer((socket) => {
    connectionCount += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const clock = new ManualClock();
  const before = new PushWorld({ allow: [`https://${host}:*`], clock });
  opened.push({ [Symbol.asyncDispose]: async () => void server.close() }, before);
  const run = await before.start("t1");
  await before.dispatcher.close();
  await before.host.moveCursor(run.tenant, "push/t1/c1", {
    version: 1,
    target: { url: `https://${host}:${port}/`, token: "", scheme: "", credentials: "" },
    from: { seq: 1, n: 0 },
    tellsEnd: false,
    standing: { kind: "open", failureCount: 0, refusalCount: MAX_PUSH_REFUSALS - 1, retryAt: null },
  });
  const after = new PushWorld({ host: before.host, allow: [], clock });
  opened.push(after);
  await after.dispatcher.start();
  const row = await after.ended(run, "c1");
  expect(row.standing).toMatchObject({ kind: "dead", reason: expect.stringContaining("is a private address") });
  await until(() => true);
  expect(connectionCount).toBe(0);
  await expect(after.configs.create(run, config(`https://${host}:${port}/`))).rejects.toThrow(RequestMalformedError);
});
