import { countsOf, stemOf, termsOf, wordsOf } from "../lib/text.ts";

export type OutlineSection = { readonly heading: string; readonly bullets: readonly string[] };

/**
 * Groups thoughts: again and again, the term that most of the remaining ones share takes its own with
 * it. A term that nearly all share says nothing. What is left over is the last section.
 */
export function outlineOf(thoughts: readonly string[], sectionCount: number): readonly OutlineSection[] {
  let rest = thoughts.map((thought) => ({ thought: thought.trim(), terms: new Set(termsOf(thought)) }));
  const tooCommon = thoughts.length * 0.4;
  const sections: OutlineSection[] = [];
  while (sections.length < sectionCount - 1) {
    const counts = [...countsOf(rest.flatMap(({ terms }) => [...terms]))].filter(([, count]) => count > 1 && count < tooCommon);
    // The term that most share; of equals the first one in the notes.
    const [heading] = counts.reduce((best, each) => (each[1] > best[1] ? each : best), ["", 1]);
    if (heading === "") break;
    sections.push({
      heading: capital(asWritten(heading, thoughts)),
      bullets: rest.filter(({ terms }) => terms.has(heading)).map(({ thought }) => thought),
    });
    rest = rest.filter(({ terms }) => !terms.has(heading));
  }
  return rest.length === 0 ? sections : [...sections, { heading: "Besides", bullets: rest.map(({ thought }) => thought) }];
}

/** The form of a word in which the notes have it most often. */
function asWritten(stem: string, thoughts: readonly string[]): string {
  const forms = [...countsOf(thoughts.flatMap(wordsOf).filter((word) => stemOf(word) === stem))];
  return forms.reduce((best, each) => (each[1] > best[1] ? each : best), [stem, 0])[0];
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
