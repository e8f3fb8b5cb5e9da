import { expect, it } from "vitest";

import { principalOf } from "../../../src/runtime/permits/principal.ts";

it.each([
  ["https://Agents.Example.com:443/a2a/", "https://agents.example.com/a2a"],
  ["http://127.0.0.1:4001", "http://localhost:4001"],
  ["http://[::1]:4001/", "http://localhost:4001"],
  ["https://agents.example.com/?agent=7#x", "https://agents.example.com?agent=7"],
  ["not an address", "not an address"],
])("%s is the principal %s (W160)", (url, principal) => {
  expect(principalOf({ url, tenant: "" })).toBe(principal);
  expect(principalOf({ url, tenant: "" })).toBe(principal);
});

it("tenants of one address are principals of their own", () => {
  expect(principalOf({ url: "https://a.example.com/", tenant: "blue" })).toBe("https://a.example.com#blue");
});
