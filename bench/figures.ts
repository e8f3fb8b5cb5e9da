/** One measured number, and what it must be. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly wanted: { readonly least: number } | { readonly most: number } | null;
};

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

export function isMet({ value, wanted }: Figure): boolean {
  if (wanted === null) return true;
  return "least" in wanted ? value >= wanted.least : value <= wanted.most;
}

/** A line for the terminal. */
export function toLine(figure: Figure): string {
  const [name, value, wanted] = toCells(figure);
  const verdict = figure.wanted === null ? "    " : isMet(figure) ? "ok  " : "MISS";
  return `${verdict} ${name.padEnd(92)} ${value.padStart(18)}  ${wanted}`;
}

/** A row of a table: the figure, its value, what it must be. */
export function toCells(figure: Figure): readonly [name: string, value: string, wanted: string] {
  const { name, value, unit, wanted } = figure;
  const target = wanted === null ? "" : "least" in wanted ? `at least ${format(wanted.least)}` : `at most ${format(wanted.most)}`;
  return [name, `${format(value)} ${unit}`, isMet(figure) ? target : `${target} (missed)`];
}

function format(value: number): string {
  return value >= 1_000 ? Math.round(value).toLocaleString("en") : value >= 20 ? value.toFixed(1) : value.toFixed(2);
}
