/** Takes out what tells who somebody is: addresses, numbers and names under a message. */
const PATTERNS: readonly { readonly kind: string; readonly find: RegExp; readonly mend: string }[] = [
  { kind: "email", find: /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, mend: "[email]" },
  { kind: "card", find: /\b(?:\d{4}[ -]?){3}\d{4}\b/g, mend: "[card]" },
  { kind: "phone", find: /\+\d{1,3}[ \d()/-]{6,}\d/g, mend: "[phone]" },
  // A name stands alone at the end of a message.
  { kind: "name", find: /\b\p{Lu}\p{Ll}+ \p{Lu}\p{Ll}+(?=(?: \(\[email\]\))?$)/gu, mend: "[name]" },
];

export function withoutPii(text: string): { readonly text: string; readonly removed: number } {
  let removed = 0;
  const clean = PATTERNS.reduce(
    (current, { find, mend }) =>
      current.replace(find, () => {
        removed += 1;
        return mend;
      }),
    text,
  );
  return { text: clean, removed };
}

/** Greetings and formulas say nothing about a subject. */
export function withoutFormulas(text: string): string {
  return text
    .replace(/^(?:hello|hi(?: team)?|good morning|dear support),\s*/i, "")
    .replace(
      /\s*(?:best|regards|kind regards|thanks in advance|please call me at|you can reach me at|the card was)\b[^.]*\.?(?:\s*\[name\].*)?$/i,
      "",
    )
    .replace(/\s*\[name\].*$/, "")
    .trim();
}
