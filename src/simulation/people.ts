/**
 * Everyone outside, of one tenant: who starts runs and steers them, who answers questions, and who reads.
 * Each does what the seed and the names of things say, and writes down what it was told.
 *
 * 1. Who was not answered asks again, in the same words, until the process has said yes or no.
 * 2. When it is calm, every question gets an answer, every paused run goes on, every signal comes.
 */
import { TuttiError } from "../base/errors.ts";
import type { RunRef } from "../base/ids.ts";
import { canonicalJson, type Json } from "../base/json.ts";
import type { Definition } from "../definition/definition.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";
import { readResult, type RunResult } from "../runtime/run-result.ts";
import type { Fact } from "../scheduler/index.ts";
import { Random } from "./random.ts";
import { questionIn } from "./asked.ts";
import { Nosy } from "./nosy.ts";
import { sampleOf } from "./sample.ts";
import { Speaker } from "./speaker.ts";
import { type SimulatedTenant, tracestateOf } from "./tenants.ts";
import type { SimulatedWorld } from "./world.ts";

export type Start = { readonly id: string; readonly definition: Definition; readonly input: Json; readonly delayMs: number };

/** Whether nobody answers a question, or sends a signal, that is waited for at `run/path`. */
export type Ignores = (what: "question" | "signal", point: string) => boolean;

export type PeopleOptions = {
  readonly world: SimulatedWorld;
  readonly tenant: SimulatedTenant;
  readonly starts: readonly Start[];
  /** The workflows that others run. */
  readonly workflows: readonly { readonly definition: Definition }[];
  /** Signals that somebody may send at any time. */
  readonly signals: readonly string[];
  readonly ignores?: Ignores | undefined;
};

type Act = "cancel" | "pause" | "resume" | "signal" | "answer";

export class People {
  readonly #world: SimulatedWorld;
  readonly #options: PeopleOptions;
  /** Runs whose end somebody asked to be told. */
  readonly #waiting = new Set<string>();
  readonly #speaker: Speaker;
  readonly #nosy: Nosy;

  constructor(options: PeopleOptions) {
    const { world, tenant } = options;
    this.#world = world;
    this.#options = options;
    this.#speaker = new Speaker(world, tenant);
    this.#nosy = new Nosy(this.#speaker);
    world.listeners.push((run, fact) => (run.tenant === tenant.tenant ? this.#hear(run, fact) : this.#nosy.hear(run, fact)));
    for (const start of options.starts) this.#speaker.later(start.delayMs, () => this.#start(start, "first"));
  }

  /** Everyone reads the end of what they started once more; who still waits for it says so. */
  async readResults(): Promise<void> {
    for (const run of this.#waiting) this.#speaker.tell({ what: "waits", run });
    for (const { id } of this.#options.starts)
      this.#tellResult(id, await this.#speaker.askOnce((orchestrator) => resultOf(orchestrator, id)));
  }

  async #start({ id, definition, input }: Start, time: "first" | "again"): Promise<void> {
    const { workflows, tenant } = this.#options;
    const options = { id, seed: `${this.#world.seed}/${id}`, workflows, by: this.#speaker.says("client"), ...tracestateOf(tenant) };
    try {
      await this.#speaker.ask((orchestrator) => orchestrator.start(definition, input, options));
    } catch (error) {
      if (codeOf(error) === "T4002") this.#speaker.tell({ what: "refused", run: id, act: "start", key: id });
      throw error;
    }
    this.#speaker.tell({ what: "started", run: id, key: id });
    if (time === "again") return;
    this.#speaker.later(0, () => this.#read(id));
    this.#speaker.later(0, () => this.#waitForResult(id));
    this.#trouble({ id, definition, input, delayMs: 0 });
  }

  /** What else may happen to a run, a few times over. */
  #trouble(start: Start): void {
    const { id } = start;
    for (let time = 0; time < 3; time += 1) {
      const strike = this.#world.strikeAt("run", `${this.#speaker.nameOf(id)}:outside`);
      if (strike === null) continue;
      const delayMs = strike.amount ?? 1;
      if (strike.fault === "startTwice") this.#speaker.later(delayMs, () => this.#start(start, "again"));
      if (strike.fault === "cancel")
        this.#speaker.later(delayMs, () =>
          this.#steer(id, "cancel", (run) => run.cancel(this.#speaker.says("not wanted"), this.#speaker.says("client"))),
        );
      if (strike.fault === "pauseRun")
        this.#speaker.later(delayMs, () => this.#steer(id, "pause", (run) => run.pause(this.#speaker.says("client"))));
      const signal = this.#options.signals[time % Math.max(1, this.#options.signals.length)];
      if (strike.fault === "straySignal" && signal !== undefined) this.#speaker.later(delayMs, () => this.#signal(id, signal));
    }
  }

  async #steer(
    id: string,
    act: Act,
    work: (run: Awaited<ReturnType<Orchestrator["open"]>>) => Promise<boolean>,
    key: string = act,
  ): Promise<void> {
    const applied = await this.#speaker.ask(async (orchestrator) => work(await orchestrator.open(id)));
    this.#speaker.tell({ what: applied ? "acknowledged" : "refused", run: id, act, key });
  }

  #signal(id: string, name: string): Promise<void> {
    return this.#steer(id, "signal", (run) => run.signal(name, { by: this.#speaker.says("client") }, this.#speaker.says("client")), name);
  }

  #hear({ id }: RunRef, fact: Fact): void {
    const question = questionIn(fact);
    if (question !== null) this.#consider(id, question.path, question.id);
    if (fact.kind === "waitStarted" && fact.wait === "signal" && !this.#isIgnored("signal", `${id}/${fact.path}`)) {
      const { name } = fact;
      this.#speaker.later(this.#delayOf(`signal ${this.#speaker.nameOf(id)} ${fact.path}`), () => this.#signal(id, name));
    }
    if (fact.kind === "runPaused") {
      const delayMs = this.#delayOf(`resume ${this.#speaker.nameOf(id)} ${fact.at}`);
      this.#speaker.later(delayMs, () => this.#steer(id, "resume", (run) => run.resume(this.#speaker.says("client"))));
    }
  }

  #isIgnored(...asked: Parameters<Ignores>): boolean {
    return this.#options.ignores?.(...asked) === true;
  }

  #consider(id: string, path: string, question: string): void {
    if (this.#isIgnored("question", `${id}/${path}`)) return;
    const strike = this.#world.strikeAt("answer", `${this.#speaker.nameOf(id)}:answer`);
    const delayMs = this.#delayOf(question);
    this.#speaker.later(delayMs, () => this.#answer(id, question, 1));
    if (strike?.fault === "answerTogether") this.#speaker.later(delayMs, () => this.#answer(id, question, 2));
    if (strike?.fault === "answerTwice") this.#speaker.later(delayMs + (strike.amount ?? 1), () => this.#answer(id, question, 2));
  }

  /** Some are quick, some take their time, and some wait until it is calm. */
  #delayOf(name: string): number {
    const random = new Random(this.#world.seed, name);
    const untilCalm = Math.max(0, this.#world.calmAt - this.#world.clock.now());
    return random.hits(0.2) ? untilCalm + 1 : random.spread(1, 60_000);
  }

  async #answer(id: string, question: string, time: number): Promise<void> {
    const open = await this.#speaker.ask((orchestrator) => orchestrator.questions(1_000));
    for (const one of open) this.#nosy.see(one);
    const found = open.find((one) => one.id === question);
    // Decided meanwhile, or a handler answers it.
    if (found === undefined && time === 1) return;
    const random = new Random(this.#world.seed, `answer ${question} ${time}`);
    const answer: Json =
      found?.question.schema === undefined ? this.#speaker.says(`this way ${time}`) : sampleOf(found.question.schema, random);
    try {
      await this.#speaker.ask((orchestrator) => orchestrator.answer(question, answer, this.#speaker.says("person")));
      this.#speaker.tell({ what: "acknowledged", run: found?.run ?? id, act: "answer", key: question });
    } catch (error) {
      this.#world.chronicle.note("outside", `answer to ${question} is refused: ${codeOf(error)} ${canonicalJson(answer)}`);
    }
  }

  /** Follows the history, taking up again where it was cut off. */
  async #read(id: string): Promise<void> {
    const reader = `reader of ${id}`;
    let seq = 0;
    while (
      !(await this.#readOn(id, seq + 1, (next, kind) => {
        seq = next;
        this.#speaker.tell({ what: "fact", run: id, reader, seq: next, kind });
      }))
    )
      await this.#speaker.again();
  }

  /** True when the history has come to its end. */
  async #readOn(id: string, fromSeq: number, take: (seq: number, kind: string) => void): Promise<boolean> {
    try {
      const entries = await this.#speaker.ask(async (orchestrator) => (await orchestrator.open(id)).watch(fromSeq)[Symbol.asyncIterator]());
      for (;;) {
        const next = await this.#speaker.askOnce(() => entries.next());
        if (next.done === true) return true;
        if (next.value.kind === "fact") take(next.value.seq, next.value.fact.kind);
      }
    } catch (error) {
      if (codeOf(error) === "T5008") return false;
      throw error;
    }
  }

  async #waitForResult(id: string): Promise<void> {
    this.#waiting.add(id);
    for (;;) {
      const record = await this.#speaker.ask(async (orchestrator) => orchestrator.host.whenOver(orchestrator.ref(id)));
      if (record.endedAt !== null || record.status === "quarantined") {
        this.#waiting.delete(id);
        return this.#readResult(id);
      }
      await this.#speaker.again();
    }
  }

  async #readResult(id: string): Promise<void> {
    this.#tellResult(id, await this.#speaker.ask((orchestrator) => resultOf(orchestrator, id)));
  }

  #tellResult(id: string, { status, run: _run, ...rest }: RunResult): void {
    this.#speaker.tell({ what: "result", run: id, status, output: canonicalJson(rest) });
  }
}

async function resultOf(orchestrator: Orchestrator, id: string): Promise<RunResult> {
  return readResult(orchestrator.host, orchestrator.ref(id));
}

function codeOf(error: unknown): string {
  return error instanceof TuttiError ? error.code : String(error);
}
