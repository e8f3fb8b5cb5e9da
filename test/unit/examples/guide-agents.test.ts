/** What the agents of the examples really do: their work is done here, not scripted. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { betterDraft, firstDraft } from "../../../examples/code-refinement/generate.ts";
import { reviewOf } from "../../../examples/code-refinement/review.ts";
import { Spec } from "../../../examples/code-refinement/spec.ts";
import { editText } from "../../../examples/content-generation/edit.ts";
import { checkAddress } from "../../../examples/data-enrichment/address.ts";
import { extract, readDocument } from "../../../examples/document-pipeline/read.ts";
import { classifyByBayes } from "../../../examples/ensemble-classification/bayes.ts";
import { classifyByKeywords } from "../../../examples/ensemble-classification/keywords.ts";
import { classifyByNeighbours } from "../../../examples/ensemble-classification/neighbours.ts";
import { ridesCsv } from "../../../examples/map-reduce/generate.ts";
import { search } from "../../../examples/planner-researcher-writer/library.ts";
import { supportTickets } from "../../../examples/research-workflow/generate.ts";
import { withoutFormulas, withoutPii } from "../../../examples/research-workflow/pii.ts";
import { SUBJECTS } from "../../../examples/research-workflow/phrases.ts";
import { scoreOf, sentimentOf } from "../../../examples/research-workflow/sentiment.ts";
import { topicsOf } from "../../../examples/research-workflow/topics.ts";
import { ROOT } from "../../support/source-files.ts";

function readExample(path: string): string {
  return readFileSync(join(ROOT, "examples", path), "utf8");
}

describe("shipped data", () => {
  it("is what its generator makes, letter by letter", () => {
    const lines = supportTickets().map((ticket) => JSON.stringify(ticket));
    expect(readExample("research-workflow/data/support_tickets.jsonl")).toBe(`${lines.join("\n")}\n`);
    expect(readExample("map-reduce/data/rides.csv")).toBe(ridesCsv());
  });

  it("holds about 120 tickets of the second quarter, and others besides", () => {
    const days = supportTickets().map(({ created_at }) => created_at.slice(0, 10));
    expect(days.filter((day) => day >= "2025-04-01" && day <= "2025-06-30")).toHaveLength(120);
    expect(days.length).toBeGreaterThan(120);
  });
});

describe("the case study's agents", () => {
  const tickets = supportTickets().map((ticket) => ({ ...ticket, text: withoutFormulas(withoutPii(ticket.text).text) }));

  it("take out every address, number and name that is in a ticket (W064)", () => {
    const told = supportTickets()
      .map(({ text }) => text)
      .join("\n");
    expect(told).toMatch(/@example/);
    const left = tickets.map(({ text }) => text).join("\n");
    expect(left).not.toMatch(/@|\d{4} \d{4}|\+49|Vogel|Haddad|Nair|Weber|Martin|Rossi|Tanaka|Ade\b/);
    expect(withoutPii("Call +49 30 1234567 or mail a.b@example.com, card 4111 1111 1111 1234")).toEqual({
      text: "Call [phone] or mail [email], card [card]",
      removed: 3,
    });
  });

  it.each([
    ["The new export is excellent", 1],
    ["The export is not great", -1],
    ["Nothing special", 0],
    ["I cannot log in", -1],
  ])("hear the mood of: %s", (text, sign) => {
    expect(Math.sign(scoreOf(text))).toBe(sign);
  });

  it("agree with the mood in which a ticket was written, nine times of ten (W065)", () => {
    const phrases = SUBJECTS.flatMap(({ good, bad }) => [
      ...good.map((text) => ({ text, isGood: true })),
      ...bad.map((text) => ({ text, isGood: false })),
    ]);
    const right = phrases.filter(({ text, isGood }) => scoreOf(text) > 0 === isGood);
    expect(right.length / phrases.length).toBeGreaterThan(0.9);
    const { by_month } = sentimentOf(tickets);
    expect(by_month["2025-06"]).toBeLessThan(by_month["2025-05"] ?? 0);
  });

  it("find the six subjects that the tickets were written about (W065)", () => {
    const subjectOf = (text: string): string =>
      SUBJECTS.find(({ good, bad }) => [...good, ...bad].some((phrase) => text.includes(phrase)))?.name ?? "";
    const textOf = new Map(tickets.map(({ id, text }) => [id, text]));
    const topics = topicsOf(tickets, SUBJECTS.length);
    const mostly = topics.map(({ tickets: ids }) => {
      const names = ids.map((id) => subjectOf(textOf.get(id) ?? ""));
      const best = SUBJECTS.map(({ name }) => ({ name, count: names.filter((each) => each === name).length }));
      return { ...best.reduce((left, right) => (right.count > left.count ? right : left)), of: ids.length };
    });
    expect(new Set(mostly.map(({ name }) => name)).size).toBe(SUBJECTS.length);
    const pure = mostly.reduce((sum, { count }) => sum + count, 0);
    expect(pure / tickets.length).toBeGreaterThan(0.85);
  });
});

describe("generator and reviewer", () => {
  it("make a function better with every review until it is right (W051, W059)", () => {
    const { spec } = JSON.parse(readExample("code-refinement/specs/slugify.json")) as { spec: unknown };
    const parsed = Spec.parse(spec);
    let draft = firstDraft(parsed);
    const scores = [reviewOf(draft.code, parsed).quality_score];
    while (scores.length < 5) {
      draft = betterDraft(parsed, draft, reviewOf(draft.code, parsed).feedback);
      scores.push(reviewOf(draft.code, parsed).quality_score);
    }
    expect(scores).toEqual(scores.toSorted((left, right) => left - right));
    expect(scores.at(-1)).toBe(1);
  });

  it("a draft that does not parse, does not end or throws is worth what it is", () => {
    const spec = { name: "f", description: "The text.", examples: [{ input: "a", expected: "a" }] };
    expect(reviewOf("function f(", spec)).toMatchObject({ quality_score: 0, passed: "0 of 1" });
    expect(reviewOf("const g = 1;", spec)).toMatchObject({ quality_score: 0, feedback: [{ message: "The code defines no function f." }] });
    const thrown = reviewOf("/** It throws. */\nfunction f() {\n  throw new Error('no');\n}", spec);
    expect(thrown.feedback[0]?.message).toBe('For "a" it throws no, not "a".');
    const endless = reviewOf("/** It never ends. */\nfunction f() {\n  for (;;);\n}", spec);
    expect(endless.feedback.map(({ kind }) => kind)).toEqual(["bug", "performance"]);
  });
});

describe("the other agents", () => {
  it("the editor corrects what is wrong and leaves the rest", () => {
    expect(editText("this is teh the best  text , isn't it?").text).toBe("This is the best text, isn't it?");
    expect(editText("A good text.").changes).toEqual([]);
  });

  it("addresses are checked by the rules of their country", () => {
    const address = { street: "12 Kingsway", city: "london", postcode: "wc2b6nh", country: "GB" };
    expect(checkAddress(address)).toEqual({ line: "12 Kingsway, WC2B 6NH London, United Kingdom", problems: [] });
    expect(checkAddress({ ...address, postcode: "1" })?.problems).toHaveLength(1);
    expect(checkAddress({ ...address, country: "ZZ" })).toBeNull();
  });

  it("each classifier is right by itself more often than by chance, and the majority at least as often as the mean (W070)", () => {
    const asked: readonly (readonly [string, string])[] = [
      ["billing", "Please explain the second charge on my invoice"],
      ["billing", "I paid by card and got a reminder"],
      ["bug", "The new price list does not load"],
      ["bug", "Saving ends with an error message"],
      ["bug", "The page is blank on my phone"],
      ["feature", "Could you add a calendar to the app"],
      ["feature", "We would like to export to a spreadsheet"],
      ["praise", "Thank you for the quick and friendly help"],
      ["praise", "I like the new design very much"],
    ];
    const classifiers = [classifyByKeywords, classifyByBayes, classifyByNeighbours];
    const rights = classifiers.map((classify) => asked.filter(([label, text]) => classify(text).label === label).length);
    const majority = asked.filter(([label, text]) => classifiers.filter((classify) => classify(text).label === label).length >= 2).length;
    for (const right of rights) expect(right).toBeGreaterThan(asked.length / 2);
    expect(majority * classifiers.length).toBeGreaterThanOrEqual(rights.reduce((sum, right) => sum + right, 0));
  });

  it("the researcher finds the passage that answers", () => {
    expect(search("How much load does a delivery van carry?", 1)).toEqual([
      { source: "delivery-vans.md", text: expect.stringContaining("600 to 800 kilograms") },
    ]);
    expect(search("xylophone", 3)).toEqual([]);
  });

  it("documents are read without their markup, and only from their folder", () => {
    const memo = extract(readDocument("memo.md") ?? "");
    expect(memo).toEqual({
      title: "Coffee machine",
      text: expect.stringContaining("the first floor until Friday."),
      words: 19,
      author: "Ada Brandt",
    });
    expect(extract(readDocument("invoice.html") ?? "").text).not.toMatch(/[<>]|font:/);
    expect(readDocument("../agents.ts")).toBeNull();
    expect(readDocument("..%2Fagents.ts")).toBeNull();
  });
});
