/** What a command loads before it does anything: that is most of the time of a short one. */
import { describe, expect, it } from "vitest";

import { Place } from "./harness.ts";

/** Tells on standard error, at the end, which modules the process has loaded. */
const TELL = `
import module from "node:module";
const loaded = [];
module.registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
process.on("exit", () => process.stderr.write("\\n" + JSON.stringify(loaded)));
`;

async function loadedBy(place: Place, ...words: readonly string[]): Promise<readonly string[]> {
  const flags = ["--import", `data:text/javascript,${encodeURIComponent(TELL)}`];
  const { code, stderr } = await place.start(words, { flags }).ended;
  expect(code).toBe(0);
  return JSON.parse(stderr.trim().split("\n").at(-1) ?? "") as readonly string[];
}

const of = (loaded: readonly string[], ...parts: readonly string[]): readonly string[] =>
  loaded.filter((url) => parts.some((part) => url.includes(part)));

describe.concurrent("start-up", () => {
  it("the version is told without loading any command", async () => {
    await using place = new Place();
    const loaded = await loadedBy(place, "--version");
    expect(of(loaded, "/src/cli/main.ts")).toHaveLength(1);
    expect(of(loaded, "/src/cli/commands/", "/src/runtime/", "/src/authoring/")).toEqual([]);
  });

  it("lint loads no other command, no database, no network and no A2A", async () => {
    await using place = new Place();
    place.workflow("job", "  a: { agent: worker, skill: echo }");
    const loaded = await loadedBy(place, "lint", "job");
    expect(of(loaded, "/src/cli/commands/")).toHaveLength(1);
    expect(of(loaded, "node:sqlite", "/undici/", "/@a2a-js/", "/zod/", "/src/hosts/", "/src/a2a/", "/src/agents/")).toEqual([]);
  });

  it("a run whose agents are at home loads nothing of the network; who only looks at it, nothing that reads files", async () => {
    await using place = new Place();
    place.workflow("job", "  a: { agent: worker, skill: echo }");
    const network = ["/undici/", "/jose/", "/@a2a-js/", "/src/a2a/", "/src/server/", "node:http"];
    const toRun = await loadedBy(place, "run", "job", "--id", "r");
    expect(of(toRun, ...network)).toEqual([]);
    const toLook = await loadedBy(place, "get", "r");
    expect(of(toLook, ...network, "/yaml/", "/src/authoring/", "/src/runtime/effects/")).toEqual([]);
  });

  it("help has every command, and a word that is none gets the nearest", async () => {
    await using place = new Place();
    const help = await place.run("--help");
    for (const name of ["run", "lint", "doctor"]) expect(help.stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(await place.run("lnt")).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean lint?") });
  });

  it("lint knows the workflows beside a file that runs others, and is not told of their mistakes", async () => {
    await using place = new Place();
    place.workflow("child", "  a: { agent: worker, skill: echo }", "input: { type: object, required: [topic] }");
    place.write("broken.tutti.yaml", "steps: [");
    place.workflow("parent", "  b: { workflow: child, with: { other: 1 } }");
    const { code, stdout } = await place.run("lint", "parent.tutti.yaml");
    expect({ code, problems: stdout.match(/T\d{4}/g) }).toEqual({ code: 1, problems: ["T1407", "T1411"] });
  });
});
