import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { lintFile, lintText } from "../../../src/authoring/lint/linter.ts";
import { loadFile } from "../../../src/authoring/file/load-file.ts";
import { toMermaid } from "../../../src/authoring/graph/mermaid.ts";
import { renderProblem, renderProblems } from "../../../src/authoring/file/render-problem.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";

const HEAD = 'tutti: "1.0"\nname: w\n';

describe("the linter", () => {
  it("says nothing about a workflow that is well", () => {
    expect(
      lintText(
        `${HEAD}agents: { a: { module: ./a.ts } }\nsteps:\n  x: { agent: a, with: { y: 1 } }\n  z: { capability: c, with: { q: "\${{ steps.x.output }}" }, text: "Do it for \${{ input.who }}" }\n`,
        "w.yaml",
      ),
    ).toEqual([]);
  });

  it("what nobody writes is shown where it is read, once for agents that share their work", () => {
    const work = "parallel: { agents: [a, b] }, with: { text: x, y: [1, '${{ context.nots }}'] }";
    const found = lintText(`${HEAD}steps:\n  s: { text: go, ${work} }\n`, "w.yaml", { agents: ["a", "b"] });
    expect(found.map(({ code, sourceLine, column, length }) => [code, sourceLine.slice(column - 1, column - 1 + length)])).toEqual([
      ["T1412", "'${{ context.nots }}'"],
    ]);
  });

  it("finds agents that nobody declares, unless the caller knows them", () => {
    const text = `${HEAD}steps:\n  x: { agent: a }\n`;
    expect(lintText(text, "w.yaml")).toMatchObject([{ code: "T1302", severity: "error", line: 4, column: 15, length: 1 }]);
    expect(lintText(text, "w.yaml", { agents: ["a"] })).toEqual([]);
  });

  it("gives a broken file's first mistake, and the mistakes of the loader before the warnings", () => {
    expect(lintText("a: [", "w.yaml")).toMatchObject([{ code: "T1002" }]);
    expect(
      lintText(
        `${HEAD}agents: { x: { card: "https://u:password1@a.example.com" } }\nsteps:\n  a: { capability: c, timout: 1s }\n`,
        "w.yaml",
      ).map(({ code, severity }) => [code, severity]),
    ).toEqual([
      ["T1010", "error"],
      ["T1403", "warning"],
    ]);
  });

  it("warns when attempts and delays may take longer than the run", () => {
    const steps =
      "steps:\n  a: { capability: c, timeout: 1m, retry: { attempts: 2, initial: 30s, max: 30s }, fallback: d }\n  b: { capability: c, timeout: 1m, retry: { attempts: 1 }, needs: a }\n  z: { capability: c, timeout: 1s, retry: { attempts: 1 } }\n";
    expect(lintText(`${HEAD}timeout: 4m\n${steps}`, "w.yaml")).toMatchObject([
      { code: "T1401", severity: "warning", line: 3, message: "In the worst case a → b takes 4m 30s, and the run ends after 4m." },
    ]);
    expect(lintText(`${HEAD}timeout: 5m\n${steps}`, "w.yaml")).toEqual([]);
  });

  it("warns when an agent's answer becomes another agent's instruction, directly or item by item", () => {
    const found = lintText(
      `${HEAD}steps:\n  a: { capability: c }\n  b: { capability: c, text: "Do \${{ steps.a.text }}" }\n  d: { capability: c, each: "\${{ steps.a.output }}", as: q, text: "\${{ q.x }}" }\n  e: { capability: c, each: "\${{ steps.a.output }}", text: "Look.", with: { q: "\${{ item }}" } }\n`,
      "w.yaml",
    );
    expect(found.map(({ code, line, message }) => [code, line, message])).toEqual([
      ["T1402", 5, 'What "a" answered becomes an instruction for "b".'],
      ["T1402", 6, 'What "a" answered becomes an instruction for "d".'],
    ]);
  });

  const secrets: readonly (readonly [string, boolean])[] = [
    ["with: { password: hunter2hunter2 }", true],
    ["with: { api_key: 0123456789abcdef }", true],
    ["with: { note: ghp_0123456789012345678901234567890123456 }", true],
    ["with: { note: AKIA0123456789ABCDEF }", true],
    ["with: { note: 'Bearer abcdefghijklmnopqrstuvwxyz' }", true],
    ["text: '-----BEGIN RSA PRIVATE KEY-----'", true],
    ["with: { list: [sk-proj-abcdefghijklmnopqrstuvwx] }", true],
    ['with: { password: "${{ input.password }}" }', false],
    ["with: { secret: short }", false],
    ["with: { note: an ordinary sentence }", false],
  ];
  it.each(secrets)("%s: secret %s, and it is not shown again", (line, isSecret) => {
    const found = lintText(`${HEAD}steps:\n  a: { capability: c, ${line} }\n`, "w.yaml");
    expect(found.map(({ code }) => code)).toEqual(isSecret ? ["T1403"] : []);
    expect(found.every(({ sourceLine }) => sourceLine.includes("•••"))).toBe(true);
  });
});

describe("a problem is rendered as a person reads it", () => {
  it("with the line, a caret, the suggestion and what is declared", () => {
    const [found] = lintText(`${HEAD}agents:\n  planner: { module: ./a.ts }\nsteps:\n  plan:\n    agent: planer\n`, "workflows/w.yaml");
    expect(renderProblems(found === undefined ? [] : [found])).toBe(`error T1302  workflows/w.yaml:7:12
    7 |     agent: planer
      |            ^^^^^^ unknown agent "planer". Did you mean "planner"?
   declared: planner
   docs/errors.md#t1302

1 error, 0 warnings`);
  });

  it("with the part of a long line that matters, no control characters, and not too many names", () => {
    const found = {
      code: "T1010",
      severity: "warning",
      message: "m",
      help: null,
      declared: ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
      file: "f",
      line: 1,
      length: 5,
    } as const;
    const long = renderProblem({ ...found, column: 301, sourceLine: `${"x".repeat(300)}HERE!${"y".repeat(300)}` }).split("\n");
    expect(long[1]?.length).toBeLessThan(115);
    expect(long[1]?.slice(long[2]?.indexOf("^"), (long[2]?.lastIndexOf("^") ?? 0) + 1)).toBe("HERE!");
    expect(long[3]).toBe("   declared: a, b, c, d, e, f, g, h …");
    expect(renderProblem({ ...found, declared: [], column: 1, sourceLine: "\u001b[31mred\u0007" })).toContain("    1 |  [31mred \n");
    expect(renderProblems([{ ...found, column: 1, sourceLine: "a" }])).toContain("0 errors, 1 warning");
  });
});

describe("files", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "tutti-load-"));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  it("a workflow file is loaded with the directory from which its modules are found", async () => {
    const file = join(directory, "w.yaml");
    await writeFile(file, `${HEAD}steps:\n  a: { agent: x }\n`);
    const loaded = await loadFile(file);
    expect(loaded).toMatchObject({ ok: true, value: { file, baseDirectory: directory, definition: { name: "w" } } });
    expect(await loadFile(file, { agents: [] })).toMatchObject({ ok: false, error: [{ code: "T1302", file }] });
    expect(await lintFile(file)).toMatchObject([{ code: "T1302" }]);
  });

  it("a file that is not there, a directory and a file that is far too large are errors with a code", async () => {
    await expect(loadFile(join(directory, "none.yaml"))).rejects.toMatchObject({
      code: "T1001",
      message: expect.stringContaining("it does not exist") as string,
    });
    await expect(loadFile(directory)).rejects.toMatchObject({
      code: "T1001",
      message: expect.stringContaining("it is a directory") as string,
    });
    await expect(loadFile(join(directory, "a\u0000b"))).rejects.toMatchObject({ code: "T1001" });
    await writeFile(join(directory, "large.yaml"), "x");
    await truncate(join(directory, "large.yaml"), 40_000_000);
    await expect(loadFile(join(directory, "large.yaml"))).rejects.toMatchObject({ code: "T1003" });
  });
});

describe("the graph as Mermaid", () => {
  it("shows edges, conditions, lists, fallbacks and what is optional", () => {
    const definition = workflowFromObject({
      name: "w",
      agents: { helper: { local: "h" } },
      steps: {
        end: { agent: "helper", skill: 'say "hi"' },
        list: { capability: "c", each: "${{ steps.end.output }}", critical: false, fallback: ["helper", "d"] },
        maybe: { capability: "c", if: "size(steps.list.output) > 0", needs: ["end"] },
      },
    });
    expect(toMermaid(definition)).toBe(`flowchart TD
  s_end["end<br/><small>helper: say #34;hi#34;</small>"]
  s_list@{ shape: procs, label: "list<br/><small>c</small><br/><small>each item</small>" }
  s_maybe["maybe<br/><small>c</small>"]
  s_end --> s_list
  s_end -- if --> s_maybe
  s_list -- if --> s_maybe
  f_list_1(["helper"])
  s_list -. fallback .-> f_list_1
  f_list_2(["d"])
  s_list -. fallback .-> f_list_2
  classDef optional stroke-dasharray: 5 5
  class s_list optional
`);
  });
});
