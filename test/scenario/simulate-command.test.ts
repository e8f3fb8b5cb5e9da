/** `tutti simulate`, in this process: on workflows that break, each in its way, and on every example. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import { expect, it } from "vitest";

import { ROOT } from "../support/source-files.ts";
import { CommandPlace } from "../support/command-place.ts";

const FAR = "http://127.0.0.1:9";

const SHORT = `tutti: "1.0"
name: short
timeout: 2m
agents: { worker: { card: "${FAR}" } }
steps:
  work: { agent: worker, with: { x: 1 }, timeout: 90s, retry: { attempts: 3 } }
`;

const SAGA = `tutti: "1.0"
name: saga
agents: { booker: { card: "${FAR}" }, payer: { card: "${FAR}" } }
steps:
  book:
    agent: booker
    output: { type: object, required: [id], properties: { id: { type: string } } }
    text: Book.
    compensate: { agent: booker, with: { undo: "\${{ steps.book.output.id }}" }, timeout: 20s }
  pay: { agent: payer, with: { id: "\${{ steps.book.output.id }}" }, timeout: 1m }
`;

const SAFE = `tutti: "1.0"
name: safe
steps:
  ask: { approval: { to: ["role:boss"], title: "Go on?", timeout: 1h, onTimeout: reject } }
  work: { capability: work, if: "steps.ask.output.decision == 'approved'", with: { x: 1 } }
`;

type Found = {
  readonly promise: string;
  readonly step: string;
  readonly seed: number;
  readonly faults: readonly string[];
  readonly file?: string;
  readonly isShown?: boolean;
};
type Report = {
  readonly seedCount: number;
  readonly isCutShort: boolean;
  readonly broken: readonly Found[];
  readonly noted: readonly Found[];
  readonly outcomes: readonly {
    readonly outcome: string;
    readonly code: string | null;
    readonly step: string | null;
    readonly count: number;
  }[];
};

function read(stdout: string): Report {
  return JSON.parse(stdout) as Report;
}

it("a timeout that is too short for the retries is exceeded: the attempts that bring it about are the scenario", async () => {
  using place = new CommandPlace();
  place.write("short.tutti.yaml", SHORT);
  const words = ["simulate", "short", "--seeds", "60", "--fault", "neverEnds", "--keep", "found", "--json"];
  const { code, stdout } = await place.run(...words);
  expect(code).toBe(3);
  const { broken, seedCount } = read(stdout);
  expect(seedCount).toBe(60);
  expect(broken).toMatchObject([
    {
      promise: "inTime",
      step: "work",
      faults: ["work, attempts 1 and 2: it never comes to an end"],
      file: "found/short-intime-work.scenario.yaml",
      isShown: true,
    },
  ]);
  const tested = await place.run("test", "found");
  expect(tested.stdout).toContain("The run is failed, not completed: T4109");
  const again = await place.run("simulate", "short", "--seed", String(broken[0]?.seed), "--seeds", "1", "--fault", "neverEnds", "--json");
  expect(read(again.stdout).broken).toMatchObject([{ promise: "inTime", count: 1 }]);
});

it("a compensation whose first attempt is not known to be done is done twice, which its scenario shows", async () => {
  using place = new CommandPlace();
  place.write("saga.tutti.yaml", SAGA);
  const faults = ["--fault", "hang", "--fault", "breaks"];
  const { code, stdout } = await place.run("simulate", "saga", "--seeds", "200", ...faults, "--keep", "found", "--json");
  expect(code).toBe(3);
  const found = read(stdout).broken.find(({ promise }) => promise === "undoesOnce");
  expect(found).toMatchObject({ step: "book/compensate", isShown: true });
  const tested = await place.run("test", String(found?.file));
  expect(tested.stdout).toContain("book/compensate has 2 attempts, not 1.");
});

it("the same seeds give the same report, and a workflow that keeps its promises ends with 0", async () => {
  using place = new CommandPlace();
  place.write("safe.tutti.yaml", SAFE);
  const first = await place.run("simulate", "safe", "--seeds", "60", "--fault", "nobodyAnswers", "--fault", "refuses", "--json");
  const second = await place.run("simulate", "safe", "--seeds", "60", "--fault", "nobodyAnswers", "--fault", "refuses", "--json");
  expect(first.code).toBe(0);
  expect(second.stdout).toBe(first.stdout);
  const { outcomes, broken } = read(first.stdout);
  expect(broken).toEqual([]);
  expect(outcomes.reduce((sum, { count }) => sum + count, 0)).toBe(60);
  expect(outcomes.map(({ outcome, code, step }) => [outcome, code, step])).toContainEqual(["failed", "T4105", "work"]);
});

it("--find keeps how it comes to an end that breaks nothing, as a scenario that passes", async () => {
  using place = new CommandPlace();
  place.write("safe.tutti.yaml", SAFE);
  const wanted = ["--find", "T4105", "--keep", "found"];
  const { code, stdout } = await place.run("simulate", "safe", "--seeds", "40", "--fault", "refuses", ...wanted);
  expect(code).toBe(0);
  expect(stdout).toContain("Kept:\n  found/safe-failed-t4105-work.scenario.yaml");
  const tested = await place.run("test", "found");
  expect({ code: tested.code, stdout: tested.stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("1 passed") });
  expect(readFileSync(place.path("found/safe-failed-t4105-work.scenario.yaml"), "utf8")).toContain(
    "# work, attempt 1: it refuses the work",
  );
});

it("what goes wrong in a sub-workflow beside the file is found in there, and kept with its file", async () => {
  using place = new CommandPlace();
  place.write("parent.tutti.yaml", `tutti: "1.0"\nname: parent\nsteps: { below: { workflow: child@^1 } }\n`);
  place.write(
    "child.tutti.yaml",
    `tutti: "1.0"\nname: child\nversion: 1.2.0\nagents: { far: { card: "${FAR}" } }\nsteps: { work: { agent: far, text: Hi } }\n`,
  );
  const { stdout } = await place.run(
    "simulate",
    "parent",
    "--seeds",
    "20",
    "--fault",
    "breaks",
    "--find",
    "BROKEN",
    "--keep",
    "found",
    "--json",
  );
  expect(read(stdout).outcomes).toContainEqual(
    expect.objectContaining({
      code: "BROKEN",
      step: "below/work",
      file: "found/parent-failed-broken-below-work.scenario.yaml",
      isShown: true,
    }),
  );
  expect((await place.run("test", "found")).code).toBe(0);
});

it("the input may be given, the answers may come from a scenario file, and the time may be bounded", async () => {
  using place = new CommandPlace();
  place.write(
    "grade.tutti.yaml",
    `tutti: "1.0"
name: grade
input: { type: object, required: [text], properties: { text: { type: string } } }
steps:
  score: { capability: critic, with: { text: "\${{ input.text }}" } }
  mend: { capability: writer, if: "steps.score.output.points < 3", with: { text: "\${{ input.text }}" } }
`,
  );
  place.write(
    "grade.scenario.yaml",
    "workflow: grade.tutti.yaml\nagents: { critic: { answer: { points: 1 } }, writer: { answer: done } }\nscenarios: [{ name: x, input: { text: a } }]\n",
  );
  const words = ["simulate", "grade", "-i", "text=Hello", "--agents", "grade.scenario.yaml", "--fault", "breaks", "--json"];
  const { stdout } = await place.run(...words, "--seeds", "40");
  expect(read(stdout).outcomes.map(({ step }) => step)).toContain("mend");
  const bounded = read((await place.run(...words, "--seeds", "100000", "--budget", "300ms")).stdout);
  expect(bounded.isCutShort).toBe(true);
  expect(bounded.seedCount).toBeLessThan(100_000);
  expect((await place.run("simulate", "grade", "-i", "txt=Hello")).code).toBe(2);
});

it("what cannot be done is said and ends with 2", async () => {
  using place = new CommandPlace();
  place.write("safe.tutti.yaml", SAFE);
  const unknown = await place.run("simulate", "safe", "--fault", "bussy");
  expect({ code: unknown.code, stderr: unknown.stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean "busy"?'),
  });
  expect((await place.run("simulate", "safe", "--seeds", "0")).code).toBe(2);
  expect((await place.run("simulate", "safe", "--find", "failed")).code).toBe(2);
});

const EXAMPLES = join(ROOT, "examples");
const FILES = readdirSync(EXAMPLES, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".tutti.yaml"))
  .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));

it.each(FILES)("%s is played without a word of its own, and mostly completes", async (file) => {
  using place = new CommandPlace();
  const { code, stdout, stderr } = await place.run("simulate", join(ROOT, file), "--seeds", "30", "--json");
  expect(stderr).toBe("");
  const { outcomes, broken } = read(stdout);
  expect(code).toBe(broken.length === 0 ? 0 : 3);
  expect(broken.filter(({ promise }) => promise === "tutti")).toEqual([]);
  expect(outcomes[0]?.outcome).toBe("completed");
});
