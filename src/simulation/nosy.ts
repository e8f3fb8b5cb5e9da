/**
 * Somebody of one tenant who tries whatever another one has: a question, a run that only the other has,
 * what was kept apart from its facts. Each must be answered as if there were no such thing; what is shown
 * all the same is written down, for the auditor to say whose it is.
 */
import { TuttiError } from "../base/errors.ts";
import type { RunRef } from "../base/ids.ts";
import type { Json } from "../base/json.ts";
import { payloadOf } from "../hosts/mailbox/codec.ts";
import type { OpenQuestion } from "../runtime/open-questions.ts";
import type { Fact } from "../scheduler/index.ts";
import { questionIn } from "./asked.ts";
import type { Told } from "./evidence.ts";
import { Random } from "./random.ts";
import type { Speaker } from "./speaker.ts";

/** The codes of "there is no such thing". */
const NOTHING_THERE: ReadonlySet<string> = new Set(["T4001", "T4004"]);

export class Nosy {
  readonly #speaker: Speaker;

  constructor(speaker: Speaker) {
    this.#speaker = speaker;
  }

  /** What a list of open questions shows; where there is only one tenant, it can be only theirs. */
  see({ id, run, question }: OpenQuestion): void {
    if (this.#speaker.tenant.word !== "") this.#speaker.tell({ what: "shown", run, thing: "question", key: id, text: question.prompt });
  }

  /** A fact of another tenant. */
  hear({ id }: RunRef, fact: Fact): void {
    const question = questionIn(fact);
    if (question !== null) this.#later(question.id, () => this.#answer(id, question.id));
    if (fact.kind !== "runStarted") return;
    this.#later(`input of ${id}`, () => this.#readPayload(id, fact.input));
    // A run that somebody starts has the id of one of ours.
    if (fact.parent !== undefined) this.#later(`open ${id}`, () => this.#open(id));
  }

  #later(what: string, act: () => Promise<void>): void {
    const { world, tenant } = this.#speaker;
    const random = new Random(world.seed, `${tenant.tenant} pries: ${what}`);
    if (random.hits(0.5)) this.#speaker.later(random.spread(1, 60_000), act);
  }

  #answer(run: string, question: string): Promise<void> {
    const said = this.#speaker.says("mine");
    return this.#try({ run, thing: "question", key: question, text: "" }, async () => {
      const handle = await this.#speaker.ask((orchestrator) => orchestrator.answer(question, said, said));
      this.#speaker.tell({ what: "acknowledged", run: handle.id, act: "answer", key: question });
    });
  }

  #open(run: string): Promise<void> {
    return this.#try({ run, thing: "run", key: run, text: "" }, async () => {
      const record = await this.#speaker.ask((orchestrator) => orchestrator.record(run));
      this.#speaker.tell({ what: "shown", run, thing: "run", key: run, text: JSON.stringify(record) });
      const said = this.#speaker.says("stop");
      await this.#speaker.ask(async (orchestrator) => (await orchestrator.open(run)).cancel(said, said));
    });
  }

  async #readPayload(run: string, content: Json): Promise<void> {
    const { tenant } = this.#speaker.tenant;
    const { hash } = payloadOf(Buffer.from(JSON.stringify(content)));
    const found = await this.#speaker.ask((orchestrator) => orchestrator.host.getPayload(tenant, hash));
    if (found !== null) this.#speaker.tell({ what: "shown", run, thing: "payload", key: hash, text: Buffer.from(found).toString() });
  }

  /** A refusal that says more than that there is nothing, shows that there is. */
  async #try(shown: Pick<Extract<Told, { what: "shown" }>, "run" | "thing" | "key" | "text">, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof TuttiError) || error.retryable) throw error;
      if (!NOTHING_THERE.has(error.code)) this.#speaker.tell({ what: "shown", ...shown, text: error.code });
    }
  }
}
