import { expect, test } from "vitest";

import { grpcUrl } from "../../../src/a2a/client/grpc-address.ts";
import { trustOf } from "../../../src/a2a/client/interfaces.ts";

const OPERATOR = "https://agents.example.com/planner";

test.each([
  ["https://grpc.example.com/a2a", "https://grpc.example.com"],
  ["https://grpc.example.com:8443", "https://grpc.example.com:8443"],
  ["grpcs://grpc.example.com:8443", "https://grpc.example.com:8443"],
  ["http://10.0.0.1:50051", "http://10.0.0.1:50051"],
  ["grpc://[::1]:50051", "http://[::1]:50051"],
  ["GRPC://HOST:1", "http://host:1"],
])("%s says whether TLS is spoken", (address, url) => {
  expect(grpcUrl(address, OPERATOR)).toBe(url);
});

test.each([
  ["localhost:50051", "http://localhost:50051"],
  ["127.0.0.1:50051", "http://127.0.0.1:50051"],
  ["[::1]:50051", "http://[::1]:50051"],
  ["dns:localhost:50051", "http://localhost:50051"],
  ["dns:///agent_b:50051", "https://agent_b:50051"],
  ["agents.example.com:50051", "https://agents.example.com:50051"],
  ["other.example.com:443", "https://other.example.com"],
])("%s does not, and is plain on this machine only", (address, url) => {
  expect(grpcUrl(address, OPERATOR)).toBe(url);
});

test("an address that does not say it is plain on a host to which the operator speaks without TLS, and on no other", () => {
  expect(grpcUrl("agent-b:50051", "http://agent-b:8080")).toBe("http://agent-b:50051");
  expect(grpcUrl("agent-c:50051", "http://agent-b:8080")).toBe("https://agent-c:50051");
});

test.each([
  "",
  "host",
  "host:",
  "host:port",
  "host:1/path",
  "unix:/tmp/x",
  "ipv4:1.2.3.4:1",
  "xds:///x",
  "https://a:b@host",
  "://",
  "a b:1",
])("%j is none", (address) => {
  expect(grpcUrl(address, OPERATOR)).toBe(null);
});

test("a gRPC address is the operator's on their host, whatever the port, and never with less security", () => {
  const trusts = trustOf("https://agents.example.com", ["http://b.example.com:80"]);
  const over = (url: string, binding = "GRPC") => trusts({ url, binding });
  expect(over("https://agents.example.com:50051")).toBe("operator");
  expect(over("https://agents.example.com:50051", "JSONRPC")).toBe("network");
  expect(over("http://agents.example.com:50051")).toBe("network");
  expect(over("https://b.example.com:50051")).toBe("operator");
  expect(over("http://b.example.com:50051")).toBe("operator");
  expect(over("https://evil.example.com:443")).toBe("network");
  expect(trustOf("http://127.0.0.1:4000", [])({ url: "http://localhost:5000", binding: "GRPC" })).toBe("operator");
});
