/** What the live view and the line view say of the whole language. */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../src/base/json.ts";
import { LineView } from "../../../src/cli/progress/line-view.ts";
import { blockOf } from "../../../src/cli/progress/live-view.ts";
import { Terminal } from "../../../src/cli/terminal.ts";
import { RunBoard } from "../../../src/runtime/board/run-board.ts";
import { step, World } from "../../support/world.ts";

const ONCE = { retry: { attempts: 1 } };

/** The real scheduler at work, and what is seen of it. */
class Screen {
  readonly world: World;
  readonly board: RunBoard;
  readonly #lines: string[] = [];
  readonly #terminal: Terminal;
  readonly #view: LineView;
  #shown = 0;

  constructor(steps: JsonObject, rest: JsonObject = {}) {
    this.world = new World(steps, rest).start();
    this.board = new RunBoard(this.world.program.definition);
    const sink = { columns: 160, rows: 30, write: (text: string) => this.#lines.push(text.trimEnd()) };
    this.#terminal = new Terminal({ out: sink, err: sink, environment: { NO_COLOR: "1" } });
    this.#view = new LineView(this.#terminal, { run: "r", workflow: "w", version: "1", board: this.board, hint: "" });
  }

  /** The lines that the newest facts have made. */
  said(): readonly string[] {
    const from = this.#lines.length;
    for (const fact of this.world.facts.slice(this.#shown)) this.#view.changed(fact, this.board.apply(fact));
    this.#shown = this.world.facts.length;
    return this.#lines.slice(from);
  }

  /** The picture as it stands, without its header. */
  picture(): readonly string[] {
    this.said();
    const shown = { run: "r", workflow: "w", version: "1", board: this.board, hint: "" };
    return blockOf(shown, this.#terminal, this.world.now, false).slice(1);
  }
}

describe("progress", () => {
  it("a loop shows its iteration and the steps of it, indented", () => {
    const screen = new Screen({
      draft: { loop: { max: 5, score: "steps.review.output.score", steps: { write: step(), review: step({ needs: ["write"] }) } } },
    });
    screen.world.complete("draft#1/write", "x");
    screen.world.complete("draft#1/review", { score: 0.4 });
    expect(screen.picture()).toEqual([
      expect.stringMatching(/^▸ draft +running +loop +iteration 2 of 5, last score 0\.4/),
      expect.stringMatching(/^▹ {3}write +assigned +work/),
      expect.stringMatching(/^· {3}review +pending +work +needs write/),
    ]);
    screen.world.complete("draft#2/write", "y");
    screen.world.complete("draft#2/review", { score: 0.95 });
    expect(screen.said().at(-2)).toMatch(/✓ draft +completed +loop +2 iterations/);
    expect(screen.picture()).toEqual([expect.stringMatching(/^✓ draft +completed +loop +2 iterations/)]);
  });

  it("a parallel shows how many are over, and what they voted for", () => {
    const screen = new Screen({
      facts: {
        with: { x: 1 },
        parallel: { agents: [{ capability: "a" }, { capability: "b" }, { capability: "c" }], succeed: { quorum: 2, on: "result.verdict" } },
      },
    });
    screen.world.complete("facts/a", { verdict: "yes" });
    expect(screen.picture()[0]).toMatch(/^▸ facts +running +3 branches +1\/3, votes: "yes" 1/);
  });

  it("a wait says until when, a signal its name, an approval whom it asks", () => {
    const screen = new Screen({
      nap: { wait: "5m" },
      paid: { wait: { signal: "paid" } },
      ok: { approval: { to: ["role:boss"], title: "Send it?", timeout: "1h" } },
    });
    expect(screen.picture()).toEqual([
      expect.stringMatching(/^\? nap +waiting +timer +until 1970-01-01T00:21:40Z \(in 5m\)/),
      expect.stringMatching(/^\? paid +waiting +signal paid +for signal "paid"/),
      expect.stringMatching(/^\? ok +waiting +role:boss +asks role:boss: "Send it\?" q_\w+, until .* \(in 1h\)/),
    ]);
    const { id } = screen.world.factsOf("waitStarted").find((fact) => fact.wait === "approval") as { readonly id: string };
    screen.world.input({ kind: "questionAnswered", question: id, answer: { decision: "approved" }, by: "jo" });
    expect(screen.said().at(-1)).toMatch(/✓ ok +completed +role:boss +approved by jo/);
  });

  it("a fallback is called one, before it begins and while it works", () => {
    const screen = new Screen({ a: step({ ...ONCE, fallback: [{ capability: "spare" }] }) });
    screen.said();
    screen.world.fail("a");
    screen.world.pass(1);
    expect(screen.said()).toEqual([
      expect.stringMatching(/↻ a +retrying +work +it broke, fallback spare now/),
      expect.stringMatching(/▹ a +assigned +spare +fallback spare, after: it broke/),
    ]);
  });

  it("a handler is shown in the place of the step, and a failure that is tolerated says so", () => {
    const screen = new Screen({ a: step({ ...ONCE, onError: { capability: "mend" } }), b: step({ ...ONCE, critical: false }) });
    screen.said();
    screen.world.fail("a");
    screen.world.fail("b");
    expect(screen.picture()).toEqual([
      expect.stringMatching(/^▸ a +running +work +onError stands in for it, after: it broke/),
      expect.stringMatching(/^▹ {3}onError +assigned +mend/),
      expect.stringMatching(/^✗ b +failed +work +not critical, it broke/),
    ]);
  });

  it("what is undone is shown at its step; why the run failed is said once, by its end", () => {
    const screen = new Screen({ a: step({ compensate: step() }), b: step({ ...ONCE, needs: ["a"] }) });
    screen.world.complete("a", 1);
    screen.said();
    screen.world.fail("b");
    expect(screen.picture()[0]).toMatch(/^✓ a +completed +agent .*being undone/);
    screen.world.complete("a/compensate");
    expect(screen.said()).toEqual([expect.stringMatching(/✓ a +completed .* undone$/), expect.stringMatching(/✗ run failed$/)]);
  });

  it("items of an each are told by tenths, also those with inner steps", () => {
    const screen = new Screen({ many: { each: "${{ [1, 2, 3, 4] }}", as: "x", steps: { one: step(), two: step({ needs: ["one"] }) } } });
    expect(screen.said().filter((line) => line.includes("many"))).toHaveLength(1);
    for (const index of [0, 1]) {
      screen.world.complete(`many[${index}]/one`);
      screen.world.complete(`many[${index}]/two`);
    }
    expect(screen.said()).toEqual([expect.stringMatching(/1\/4/), expect.stringMatching(/2\/4/)]);
  });
});
