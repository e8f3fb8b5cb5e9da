/** How much a sweep visits: a little in `npm test`, more in CI, and all that is promised in `npm run trust`. */
export type SweepSize = {
  readonly name: "small" | "full" | "trust";
  /** Deaths that must come true, and planned besides, since a process may be done before its point. */
  readonly points: number;
  readonly sparePoints: number;
  /** Of processes that die again while they take up what another one left. */
  readonly doubles: number;
  readonly spareDoubles: number;
  readonly limitMs: number;
};

const SIZES: readonly SweepSize[] = [
  { name: "small", points: 40, sparePoints: 8, doubles: 4, spareDoubles: 6, limitMs: 600_000 },
  { name: "full", points: 100, sparePoints: 30, doubles: 20, spareDoubles: 20, limitMs: 1_800_000 },
  { name: "trust", points: 400, sparePoints: 15, doubles: 200, spareDoubles: 110, limitMs: 1_800_000 },
];

/** What `TUTTI_SWEEP` says; a word that is no size is a mistake, and not the smallest. */
export function sweepSize(): SweepSize {
  const wanted = process.env["TUTTI_SWEEP"] ?? "small";
  const size = SIZES.find(({ name }) => name === wanted);
  if (size === undefined) throw new Error(`TUTTI_SWEEP is one of ${SIZES.map(({ name }) => name).join(", ")}, not "${wanted}".`);
  return size;
}
