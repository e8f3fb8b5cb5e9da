/** Texts that a schema allows: by format, by length, and by the usual kinds of patterns. */
import type { JsonObject } from "../../base/json.ts";
import type { Random } from "../random.ts";

const FORMATS: { readonly [format: string]: string } = {
  date: "2026-01-05",
  time: "08:00:00Z",
  "date-time": "2026-01-05T08:00:00Z",
  duration: "PT1H",
  email: "ada@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/thing",
  "uri-reference": "/thing",
  url: "https://example.com/thing",
  uuid: "5f0c6d52-6f3a-4b8e-9d0e-2f1b7c9a4e10",
  "json-pointer": "/thing",
  regex: "^thing$",
};

const WORDS = ["words", "more words", "other words"] as const;

export function textLike(schema: JsonObject, random: Random): string {
  const { format, pattern, minLength, maxLength } = schema;
  if (typeof pattern === "string") return matching(pattern, random);
  const text = typeof format === "string" ? (FORMATS[format] ?? WORDS[0]) : (WORDS[random.below(WORDS.length)] ?? WORDS[0]);
  const longEnough = typeof minLength === "number" ? text.padEnd(minLength, "s") : text;
  return typeof maxLength === "number" ? longEnough.slice(0, maxLength) : longEnough;
}

/** A text that a pattern of the usual kind matches: letters, classes, groups, choices and counts; others may not be met. */
function matching(pattern: string, random: Random): string {
  return new Maker(pattern, random).make();
}

/** Reads a pattern from left to right, and writes the shortest thing that each part allows. */
class Maker {
  readonly #pattern: string;
  readonly #random: Random;
  #at = 0;

  constructor(pattern: string, random: Random) {
    this.#pattern = pattern;
    this.#random = random;
  }

  make(): string {
    const text = this.#choice();
    // A pattern that goes on to who knows what still wants something there.
    return /[$)]$/.test(this.#pattern) || text === "" ? text || "words" : `${text}words`;
  }

  #choice(): string {
    const choices = [this.#sequence()];
    while (this.#pattern[this.#at] === "|") {
      this.#at += 1;
      choices.push(this.#sequence());
    }
    return choices[this.#random.below(choices.length)] ?? "";
  }

  #sequence(): string {
    let text = "";
    while (this.#at < this.#pattern.length && this.#pattern[this.#at] !== "|" && this.#pattern[this.#at] !== ")") {
      const part = this.#part();
      text += part.repeat(this.#count());
    }
    return text;
  }

  #part(): string {
    const character = this.#pattern[this.#at] ?? "";
    this.#at += 1;
    if (character === "^" || character === "$") return "";
    if (character === ".") return "a";
    if (character === "\\") return this.#escaped();
    if (character === "[") return this.#class();
    if (character !== "(") return character;
    const name = /^\?(?::|<\w+>)/.exec(this.#pattern.slice(this.#at));
    this.#at += name?.[0].length ?? 0;
    const inner = this.#choice();
    this.#at += 1;
    return inner;
  }

  #escaped(): string {
    const character = this.#pattern[this.#at] ?? "";
    this.#at += 1;
    if (character === "d") return "7";
    if (character === "w") return "a";
    if (character === "s") return " ";
    return character === "b" || character === "B" ? "" : character;
  }

  #class(): string {
    const end = this.#pattern.indexOf("]", this.#at + 1);
    const members = this.#pattern.slice(this.#at, end === -1 ? undefined : end);
    this.#at = end === -1 ? this.#pattern.length : end + 1;
    if (members.startsWith("^")) return ["a", "7", " ", "-"].find((one) => !members.includes(one)) ?? "b";
    return members.startsWith("\\d") ? "7" : members.startsWith("\\w") ? "a" : (members[0] ?? "");
  }

  #count(): number {
    const found = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(this.#pattern.slice(this.#at));
    if (found === null) return 1;
    this.#at += found[0].length;
    if (found[1] !== undefined) return Number(found[1]);
    return found[0].startsWith("+") ? 2 : 1;
  }
}
