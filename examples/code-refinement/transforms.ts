/** The pieces that the generator can put together: each is a piece of code, and the same as a function. */
export type Transform = { readonly name: string; readonly code: string; readonly apply: (text: string) => string };

export const TRANSFORMS: readonly Transform[] = [
  { name: "lower case", code: ".toLowerCase()", apply: (text) => text.toLowerCase() },
  { name: "upper case", code: ".toUpperCase()", apply: (text) => text.toUpperCase() },
  { name: "trim", code: ".trim()", apply: (text) => text.trim() },
  { name: "hyphens for spaces", code: '.replaceAll(" ", "-")', apply: (text) => text.replaceAll(" ", "-") },
  {
    name: "no accents",
    code: '.normalize("NFD").replaceAll(/\\p{M}/gu, "")',
    apply: (text) => text.normalize("NFD").replaceAll(/\p{M}/gu, ""),
  },
  {
    name: "hyphens for all but letters and digits",
    code: '.replaceAll(/[^A-Za-z0-9]+/g, "-")',
    apply: (text) => text.replaceAll(/[^A-Za-z0-9]+/g, "-"),
  },
  { name: "no hyphens at the ends", code: '.replaceAll(/^-+|-+$/g, "")', apply: (text) => text.replaceAll(/^-+|-+$/g, "") },
  { name: "first letters of words", code: '.replaceAll(/(\\S)\\S*/g, "$1")', apply: (text) => text.replaceAll(/(\S)\S*/g, "$1") },
  { name: "no white space", code: '.replaceAll(/\\s+/g, "")', apply: (text) => text.replaceAll(/\s+/g, "") },
  { name: "no digits", code: '.replaceAll(/\\d+/g, "")', apply: (text) => text.replaceAll(/\d+/g, "") },
];

export function applyAll(transforms: readonly Transform[], text: string): string {
  return transforms.reduce((current, { apply }) => apply(current), text);
}

/** How many characters must be put in, taken out or changed to make one text the other (Levenshtein). */
export function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, character] of Array.from(left).entries()) {
    const next = [index + 1];
    for (let column = 1; column <= right.length; column += 1) {
      const change = (row[column - 1] ?? 0) + (right[column - 1] === character ? 0 : 1);
      next.push(Math.min(change, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
