/** Questions to people as steps (requirement W195). */
import { describe, expect, it } from "vitest";

import type { Json, JsonObject } from "../../../src/base/json.ts";
import { lookUpsOf } from "../../../src/scheduler/index.ts";
import { step, World } from "../../support/world.ts";

const HOUR = 3_600_000;
const AT = "1970-01-01T00:16:40.000Z";

function asking(approval: JsonObject = {}, rest: JsonObject = {}): World {
  return new World(
    {
      ok: { approval: { to: ["role:x"], title: "Send ${{ input.what }}?", ...approval }, ...rest },
      after: step({ with: { ok: "${{ steps.ok.output }}" } }),
    },
    { timeout: "30d" },
  ).start({ what: "it" });
}

/** The ids of questions that can be found, and have not been closed. */
function findable(world: World): string[] {
  const open = new Set<string>();
  for (const found of world.facts.flatMap((fact) => lookUpsOf(fact)).filter(({ kind }) => kind === "question")) {
    if (found.open) open.add(found.key);
    else open.delete(found.key);
  }
  return [...open];
}

describe("an approval", () => {
  it("asks people with a title and what the step shows, and waits", () => {
    const world = asking({ show: { of: "${{ input.what }}" }, form: { type: "object" } });
    expect(world.status).toBe("waiting");
    expect(world.factsOf("waitStarted")).toMatchObject([
      {
        wait: "approval",
        to: ["role:x"],
        question: { prompt: "Send it?", data: { of: "it" }, schema: { required: ["decision"], properties: { form: { type: "object" } } } },
      },
    ]);
    expect(findable(world)).toEqual([world.question]);
  });

  it("gives the decision, by whom, when, and the form", () => {
    const world = asking({ form: { type: "object", required: ["note"] } });
    const id = world.question;
    world.reply({ decision: "approved", form: { note: "fine" } });
    expect(world.given("after")).toEqual({ ok: { decision: "approved", by: "ann", decided_at: AT, form: { note: "fine" } } });
    expect(world.factsOf("approvalDecided")).toMatchObject([{ question: id, by: "ann" }]);
    expect(findable(world)).toEqual([]);
  });

  it.each<readonly [Json, string]>([
    [true, "approved"],
    ["approve", "approved"],
    [{ decision: true }, "approved"],
    [false, "rejected"],
    ["rejected", "rejected"],
    [{ decision: "reject" }, "rejected"],
  ])("understands %j as %s", (answer, decision) => {
    const world = asking();
    world.reply(answer);
    expect(world.given("after")).toMatchObject({ ok: { decision, form: null } });
  });

  it.each<Json>(["maybe", 1, null, {}, { decision: "later" }, ["approved"]])(
    "stays open after an answer that decides nothing: %j",
    (answer) => {
      const world = asking();
      expect(world.reply(answer)).toEqual([]);
      expect(world.status).toBe("waiting");
    },
  );

  it("stays open after a form that does not fit; a rejection needs no form, but a wrong one is refused", () => {
    const world = asking({ form: { type: "object", required: ["note"] } });
    expect(world.reply("approved")).toEqual([]);
    expect(world.reply({ decision: "approved", form: {} })).toEqual([]);
    expect(world.reply({ decision: "rejected", form: { no: 1 } })).toEqual([]);
    world.reply("rejected");
    expect(world.given("after")).toMatchObject({ ok: { decision: "rejected", form: null } });
  });

  it("answered twice, late or differently keeps its first answer", () => {
    const world = asking();
    const question = world.question;
    world.reply("rejected");
    for (const answer of ["rejected", "approved", { decision: "approved" }]) {
      expect(world.input({ kind: "questionAnswered", question, answer, by: "bob" })).toEqual([]);
    }
    world.complete("after");
    expect(world.input({ kind: "questionAnswered", question, answer: "approved", by: "bob" })).toEqual([]);
    expect(world.factsOf("approvalDecided")).toHaveLength(1);
  });

  it.each(["__proto__", "constructor", "toString"])("of a name that every object has, %s, is no question", (question) => {
    const world = asking();
    expect(world.input({ kind: "questionAnswered", question, answer: "approved", by: "eve" })).toEqual([]);
  });

  it("reminds again and again until somebody decides", () => {
    const world = asking({ remind: "8h" });
    world.pass(17 * HOUR);
    expect(world.factsOf("approvalReminded")).toMatchObject([
      { to: ["role:x"], escalated: false },
      { to: ["role:x"], escalated: false },
    ]);
    world.reply("approved");
    world.pass(24 * HOUR);
    expect(world.factsOf("approvalReminded")).toHaveLength(2);
  });

  it("is escalated once, to more people", () => {
    const world = asking({ escalate: { after: "1d", to: ["role:boss", "role:x"] } });
    world.pass(24 * HOUR);
    expect(world.factsOf("approvalReminded")).toMatchObject([{ to: ["role:x", "role:boss"], escalated: true, remindAt: null }]);
    expect(world.pass(240 * HOUR)).toEqual([]);
    expect(world.state?.waits["ok"]).toMatchObject({ to: ["role:x", "role:boss"] });
  });

  it("is reminded of beside its escalation", () => {
    const world = asking({ remind: "8h", escalate: { after: "10h", to: ["role:boss"] } });
    world.pass(20 * HOUR);
    expect(world.factsOf("approvalReminded")).toMatchObject([
      { escalated: false },
      { escalated: true },
      { escalated: false, to: ["role:x", "role:boss"] },
    ]);
  });

  it.each([
    ["approve", "approved"],
    ["reject", "rejected"],
  ])("whose time is up is decided by the step: %s", (onTimeout, decision) => {
    const world = asking({ timeout: "2d", onTimeout });
    world.pass(48 * HOUR - 1);
    expect(world.status).toBe("waiting");
    world.pass(1);
    expect(world.given("after")).toMatchObject({ ok: { decision, by: null } });
    expect(findable(world)).toEqual([]);
  });

  it("whose time is up fails, if the step says so (T4122)", () => {
    const world = asking({ timeout: "2d", onTimeout: "fail" });
    world.pass(48 * HOUR);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "ok", reason: "timedOut", failure: { code: "T4122" } }]);
    expect(findable(world)).toEqual([]);
  });

  it("whose time is up may be answered by a nested step", () => {
    const world = asking({ timeout: "2d", onTimeout: { capability: "decide", with: { why: "${{ error.code }}" } } });
    world.pass(48 * HOUR);
    expect(world.given("ok/onTimeout")).toEqual({ why: "T4122" });
    expect(findable(world)).toEqual([]);
    world.complete("ok/onTimeout", { decision: "approved" });
    expect(world.given("after")).toEqual({ ok: { decision: "approved" } });
  });

  it("an answer at the very instant of its timeout wins if it comes first, and loses if it comes second", () => {
    const first = asking({ timeout: "1h", onTimeout: "reject" });
    first.now += HOUR;
    first.reply("approved");
    expect(first.pass(0)).toEqual([]);
    expect(first.given("after")).toMatchObject({ ok: { decision: "approved" } });
    const second = asking({ timeout: "1h", onTimeout: "reject" });
    const question = second.question;
    second.pass(HOUR);
    expect(second.input({ kind: "questionAnswered", question, answer: "approved", by: "ann" })).toEqual([]);
    expect(second.given("after")).toMatchObject({ ok: { decision: "rejected" } });
  });

  it("that breaks the contract of its step fails it", () => {
    const world = asking({}, { rules: ['output.decision == "approved"'] });
    world.reply("rejected");
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "ok", reason: "invalid" }]);
    expect(findable(world)).toEqual([]);
  });

  it("that has been canceled with its run takes no answer", () => {
    const world = asking();
    const question = world.question;
    world.cancel();
    expect(world.status).toBe("canceled");
    expect(findable(world)).toEqual([]);
    expect(world.input({ kind: "questionAnswered", question, answer: "approved", by: "ann" })).toEqual([]);
  });

  it("whose title or what it shows has no value fails before anybody is asked", () => {
    for (const approval of [{ title: "${{ input.no.such }}" }, { show: { a: "${{ input.no.such }}" } }]) {
      const world = asking(approval);
      expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "ok", reason: "expression" }]);
      expect(world.factsOf("waitStarted")).toEqual([]);
    }
  });

  it("over a list asks about each item", () => {
    const world = new World({ ok: { each: "${{ input }}", approval: { to: ["role:x"], title: "${{ item }}?" } } }).start(["one", "two"]);
    const asked = world.factsOf("waitStarted");
    expect(asked.map((fact) => (fact.wait === "approval" ? fact.question.prompt : null))).toEqual(["one?", "two?"]);
    for (const [id] of Object.entries(world.state?.questions ?? {}))
      world.input({ kind: "questionAnswered", question: id, answer: true, by: "ann" });
    expect(world.output).toMatchObject([{ decision: "approved" }, { decision: "approved" }]);
  });

  it("can be undone as any other step", () => {
    const world = new World({
      ok: { approval: { to: ["role:x"], title: "?" }, compensate: { capability: "tell", with: { by: "${{ steps.ok.output.by }}" } } },
      after: step({ needs: ["ok"], retry: { attempts: 1 } }),
    }).start();
    world.reply("approved");
    world.fail("after");
    expect(world.given("ok/compensate")).toEqual({ by: "ann" });
  });
});
