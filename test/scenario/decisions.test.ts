/** Questions of agents and of runs, and who answers them (requirements W195; issue 3). */
import { ask, defineAgent, fail, openOrchestrator, type Orchestrator, type RunHandle, workflowFromObject } from "tutti";
import { describe, expect, it } from "vitest";

import { openInMemory, silent, whenFact } from "../support/scenario.ts";

const helper = defineAgent({
  name: "helper",
  description: "Helps.",
  version: "1.0.0",
  capabilities: {
    work: { description: "Works.", run: () => "done" },
    ask: {
      description: "Asks.",
      run: (call) => call.answer ?? ask("Which port?", { schema: { type: "string", enum: ["Hamburg", "Bremen"] } }),
    },
    broken: { description: "Fails.", run: () => fail("BROKEN", "it broke", { retryable: false }) },
  },
});

const FORM = { type: "object", required: ["note"], properties: { note: { type: "string", minLength: 3 } } };
const sign = workflowFromObject({
  name: "sign",
  version: "1.0.0",
  steps: { ok: { approval: { to: ["role:boss"], title: "Send it to ${{ input.who }}?", form: FORM } } },
  output: "${{ steps.ok.output }}",
});

async function asked(orchestrator: Orchestrator, handle: RunHandle): Promise<string> {
  await whenFact(handle, "waitStarted");
  const [question] = await orchestrator.questions();
  return question?.id ?? "";
}

describe("an approval", () => {
  it("is a question with its people, and is decided once, by the first who answers", async () => {
    await using orchestrator = await openInMemory([helper]);
    const handle = await orchestrator.start(sign, { who: "Ada" }, { id: "r" });
    const id = await asked(orchestrator, handle);
    expect(await orchestrator.questions()).toMatchObject([
      { id, kind: "approval", run: "r", path: "ok", to: ["role:boss"], question: { prompt: "Send it to Ada?" } },
    ]);

    await handle.approve({ form: { note: "as agreed" }, by: "jo" });

    expect(await handle.result()).toMatchObject({
      status: "completed",
      output: { decision: "approved", by: "jo", form: { note: "as agreed" } },
    });
    await orchestrator.answer(id, { decision: "approved", form: { note: "as agreed" } }, "mo");
    const other = orchestrator.answer(id, { decision: "rejected" }, "mo");
    await expect(other).rejects.toMatchObject({ code: "T4006", message: expect.stringMatching(/was answered by jo at .*"approved"/) });
  });

  it("an answer that does not fit its form is refused, and the question stays open", async () => {
    await using orchestrator = await openInMemory([helper]);
    const handle = await orchestrator.start(sign, { who: "Ada" });
    const id = await asked(orchestrator, handle);
    await expect(orchestrator.answer(id, "approve")).rejects.toMatchObject({
      code: "T4005",
      message: expect.stringContaining("/form/note is missing"),
    });
    await expect(orchestrator.answer(id, { decision: "perhaps" })).rejects.toMatchObject({ code: "T4005" });
    await orchestrator.answer(id, "no", "jo");
    expect(await handle.result()).toMatchObject({ output: { decision: "rejected", by: "jo" } });
  });

  it("of several, one has to be named", async () => {
    const approval = { approval: { to: ["a"], title: "?" } };
    const both = workflowFromObject({ name: "both", version: "1.0.0", steps: { a: approval, b: approval } });
    await using orchestrator = await openInMemory([helper]);
    const handle = await orchestrator.start(both, {});
    await whenFact(handle, "waitStarted", "b");
    await expect(handle.approve()).rejects.toMatchObject({ code: "T4004", message: expect.stringContaining("2 questions") });
    const [first, second] = await handle.questions();
    await handle.approve({ question: first?.id ?? "" });
    await handle.reject({ question: second?.id ?? "" });
    expect((await handle.result()).status).toBe("completed");
    await expect(handle.approve()).rejects.toMatchObject({ code: "T4004" });
  });
});

describe("a question of an agent", () => {
  it("takes only what fits, the same answer twice, and no other afterwards", async () => {
    const port = workflowFromObject({ name: "port", version: "1.0.0", steps: { a: { capability: "ask" } } });
    await using orchestrator = await openInMemory([helper]);
    const handle = await orchestrator.start(port, {}, { by: "jo" });
    const { id } = await whenFact(handle, "questionAsked");
    await expect(orchestrator.answer(id, "Berlin")).rejects.toMatchObject({ code: "T4005" });
    await handle.answer(id, "Bremen", "jo");
    await handle.result();
    await orchestrator.answer(id, "Bremen");
    await expect(orchestrator.answer(id, "Hamburg")).rejects.toMatchObject({ code: "T4006", details: { by: "jo", answer: "Bremen" } });
    await expect(orchestrator.answer("q_nothing", "x")).rejects.toMatchObject({ code: "T4004" });
  });
});

describe("questions of the run itself", () => {
  it("a budget that is used up is granted again by an approval", async () => {
    const many = workflowFromObject({
      name: "many",
      version: "1.0.0",
      budget: { attempts: 2, onExceeded: "ask" },
      steps: { a: { each: "${{ [1, 2, 3, 4] }}", as: "x", concurrency: 1, capability: "work" } },
    });
    await using orchestrator = await openInMemory([helper]);
    const handle = await orchestrator.start(many, {});
    await whenFact(handle, "budgetExceeded");
    expect(await handle.questions()).toMatchObject([
      { kind: "budget", question: { prompt: expect.stringContaining("budget of attempts") } },
    ]);
    await handle.approve({ by: "jo" });
    expect((await handle.result()).status).toBe("completed");
  });

  it("a compensation that fails is tried again or left, as a person says", async () => {
    const undo = workflowFromObject({
      name: "undo",
      version: "1.0.0",
      steps: {
        a: { capability: "work", compensate: { capability: "broken", retry: { attempts: 1 } } },
        b: { needs: ["a"], capability: "broken" },
      },
    });
    await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [helper], log: silent });
    const handle = await orchestrator.start(undo, {});
    const { question } = await whenFact(handle, "compensationFailed");
    expect(await handle.questions()).toMatchObject([{ id: question, kind: "compensation", path: "a" }]);
    await expect(handle.answer(question, "approve")).rejects.toMatchObject({ code: "T4005" });
    await handle.answer(question, "skip");
    expect((await handle.result()).status).toBe("failed");
    await handle.answer(question, "skip");
    await expect(handle.answer(question, "retry")).rejects.toMatchObject({ code: "T4006" });
  });
});

describe("a signal", () => {
  const waits = workflowFromObject({
    name: "waits",
    version: "1.0.0",
    steps: { first: { capability: "work" }, paid: { needs: ["first"], wait: { signal: "paid" } } },
    output: "${{ steps.paid.output }}",
  });

  it("reaches the wait for it, also when it comes first", async () => {
    await using orchestrator = await openInMemory([helper]);
    const early = await orchestrator.start(waits, {});
    expect(await early.signal("paid", { amount: 12 }, "jo")).toBe(true);
    expect(await early.result()).toMatchObject({ status: "completed", output: { amount: 12 } });
    const late = await orchestrator.start(waits, {});
    await whenFact(late, "waitStarted");
    expect(await late.signal("paid", 1)).toBe(true);
    expect(await late.result()).toMatchObject({ output: 1 });
    expect(await late.signal("paid", 2)).toBe(false);
  });
});
