import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import { readCallers } from "../../../src/cli/callers-file.ts";
import type { Cli, NamedCaller } from "../../../src/cli/cli.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const environment: Record<string, string> = { A: "sesame", B: "other", SAME: "sesame" };

function read(text: string, name = "callers.yaml"): Promise<readonly NamedCaller[]> {
  const directory = mkdtempSync(join(tmpdir(), "tutti-callers-"));
  folders.push(directory);
  writeFileSync(join(directory, "callers.yaml"), text);
  return readCallers({ directory, environment } as unknown as Cli, name);
}

test.each([
  ["YAML", "ann: { secret: A, roles: [boss] }\nbob: { secret: B, tenants: [shop] }\n"],
  ["JSON", '{ "ann": { "secret": "A", "roles": ["boss"] }, "bob": { "secret": "B", "tenants": ["shop"] } }'],
])("callers in %s have names, roles and tenants, and their tokens are read anew each time", async (_what, text) => {
  const callers = await read(text);
  expect(callers).toMatchObject([
    { name: "ann", roles: ["boss"] },
    { name: "bob", roles: [], tenants: ["shop"] },
  ]);
  const changed = { ...environment };
  environment["A"] = "renewed";
  expect(callers.map(({ token }) => token())).toEqual(["renewed", "other"]);
  Object.assign(environment, changed);
});

test.each([
  ["nobody in it", "{}", "it names nobody"],
  ["a list", "- ann", "expected record"],
  ["a token in the file itself", "ann: { token: sesame }", "ann"],
  ["no secret", "ann: { roles: [boss] }", "ann.secret"],
  ["a secret that is not set", "ann: { secret: NONE }", "the environment variable NONE, with the token of ann, is not set"],
  ["one token for two", "ann: { secret: A }\neve: { secret: SAME }", "ann and eve have the same token"],
  ["one name twice", "ann: { secret: A }\nann: { secret: B }", "line 2, column 1"],
  ["a tenant that can be none", 'ann: { secret: A, tenants: ["../x"] }', "ann.tenants.0"],
  ["no tenant at all", "ann: { secret: A, tenants: [] }", "ann.tenants"],
  ["broken YAML", "ann: { secret", "line 1"],
])("a file with %s is refused, with the place and without a token (T2108)", async (_what, text, words) => {
  const refusal = await read(text).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "T2108", message: expect.stringContaining(words) });
  expect(String(refusal)).not.toContain("sesame");
});

test("a file that is not there is refused (T2108)", async () => {
  await expect(read("", "none.yaml")).rejects.toMatchObject({ code: "T2108", message: expect.stringContaining("none.yaml") });
});
