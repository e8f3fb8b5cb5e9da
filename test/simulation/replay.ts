/** How a failing seed is told, and how it is played again. */
import type { Failure } from "./tally.ts";

const MOST_VIOLATIONS = 5;

export function replayCommand(seed: number): string {
  return `npm run simulate:seeds -- --first ${seed} --seeds 1 --log`;
}

export function describeFailure({ seed, violations, faults }: Failure): string {
  const broken = violations.slice(0, MOST_VIOLATIONS).map(({ invariant, run, sentence }) => `  ${invariant}, ${run}: ${sentence}`);
  const more = violations.length > MOST_VIOLATIONS ? [`  and ${violations.length - MOST_VIOLATIONS} more`] : [];
  const needed =
    faults.length === 0
      ? "no fault at all"
      : faults.map(({ point, fault, amount }) => `${fault} at ${point}${amount === undefined ? "" : ` (${amount})`}`).join(", ");
  return [`Seed ${seed} breaks a promise:`, ...broken, ...more, `  it takes: ${needed}`, `  again: ${replayCommand(seed)}`].join("\n");
}
