/**
 * Spellings of addresses that nobody from the network may send us to (reliability.md, 3.I: SSRF). Real
 * listeners stand on loopback, and every socket that this process makes is counted: none may connect.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

import { expect, test } from "vitest";

import { Egress, type EgressError } from "../../../src/runtime/egress/egress.ts";
import { publishFigures } from "../../support/trust-figures.ts";

/** Hosts as a URL may hold them: decimal, octal, hexadecimal, short, embedded, named, with a dot, in capitals. */
const SPELLINGS: readonly string[] = [
  ..."127.0.0.1 127.1 127.0.1 127.255.255.254 2130706433 0x7f000001 0x7f.0.0.1 0x7F.1 0177.0.0.1 017700000001".split(" "),
  ..."0177.0.1 127.0.0.1. 127.1. 0 0.0.0.0 0x0 00000000 localhost LOCALHOST localhost. a.localhost 127.0.0.01".split(" "),
  ..."10.0.0.1 10.1 0xa.0.0.1 012.0.0.1 167772161 172.16.0.1 172.31.255.254 0xac100001 192.168.0.1 192.168.1".split(" "),
  ..."0xc0a80001 3232235521 169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 169.254.43518 100.64.0.1".split(" "),
  ..."198.18.0.1 192.0.0.1 192.0.2.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255".split(" "),
  ..."[::1] [0:0:0:0:0:0:0:1] [::] [::127.0.0.1] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1]".split(" "),
  ..."[::ffff:10.0.0.1] [::ffff:169.254.169.254] [64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe] [64:ff9b:1::a00:1]".split(" "),
  ..."[2002:7f00:1::] [2002:a9fe:a9fe::] [2001:0:4136:e378::] [fe80::1] [fc00::1] [fd00:ec2::254] [ff02::1]".split(" "),
  ..."[2001:db8::1] [100::1] １２７.０.０.１ ⑫７.0.0.1 127。0。0。1 ｌｏｃａｌｈｏｓｔ 127.0.0.1%2e loc%61lhost".split(" "),
];
const LIMIT_MS = 2_000;

/** A listener that takes every connection, on all of loopback. */
async function listenEverywhere(): Promise<{ readonly server: Server; readonly port: number; readonly accepted: () => number }> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => {
    server.listen({ host: "::", port: 0, ipv6Only: false }, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port, accepted: () => count };
}

test("sixty spellings of private addresses from the network lead to no connection", { timeout: 120_000 }, async () => {
  const { server, port, accepted } = await listenEverywhere();
  const connected: string[] = [];
  const onSocket = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    socket.on("connect", () => connected.push(`${socket.remoteAddress}`));
  };
  subscribe("net.client.socket", onSocket);
  const egress = new Egress();
  const fetch = egress.fetch({ trust: "network", timeoutMs: LIMIT_MS });
  const outcomes = await Promise.all(
    SPELLINGS.map(async (host) => ({ host, outcome: await outcomeOf(() => fetch(`https://${host}:${port}/`)) })),
  );
  const made = [connected.length, accepted()];
  // What an operator wrote may be loopback: so it is seen that a connection would have been counted.
  await outcomeOf(() => egress.fetch({ trust: "operator", timeoutMs: LIMIT_MS })(`http://127.0.0.1:${port}/`));
  const control = [connected.length, accepted()];
  unsubscribe("net.client.socket", onSocket);
  await egress.close();
  server.close();

  const blocked = outcomes.filter(({ outcome }) => outcome === "T6001").length;
  publishFigures("private-addresses", { spellings: SPELLINGS.length, connections: Math.max(...made), blocked });
  expect(new Set(SPELLINGS).size).toBeGreaterThanOrEqual(60);
  expect({ made, control }).toEqual({ made: [0, 0], control: [1, 1] });
  // What is no address at all is refused by the parser of URLs, or by the resolver, which knows no such name.
  expect(outcomes.filter(({ outcome }) => !["T6001", "no URL", "T3001"].includes(outcome))).toEqual([]);
  expect(blocked).toBeGreaterThanOrEqual(60);
});

async function outcomeOf(ask: () => Promise<unknown>): Promise<string> {
  try {
    await ask();
    return "answered";
  } catch (error) {
    if (error instanceof TypeError) return "no URL";
    return (error as EgressError).code;
  }
}
