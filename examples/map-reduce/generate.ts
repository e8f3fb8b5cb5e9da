/**
 * Makes `data/rides.csv`: 2,400 rides of a city's rental bikes in a week of May 2025. Everything follows
 * from the seed. `node --conditions=source examples/map-reduce/generate.ts` writes it anew.
 */
import { writeFileSync } from "node:fs";

import { createRandom } from "../sales-dashboard/sample/random.ts";

type Station = { readonly name: string; readonly weight: number; readonly minutes: number };

const STATIONS: readonly [Station, ...Station[]] = [
  { name: "Harbour", weight: 20, minutes: 14 },
  { name: "Market", weight: 30, minutes: 9 },
  { name: "Station", weight: 28, minutes: 11 },
  { name: "Campus", weight: 14, minutes: 18 },
  { name: "Lake", weight: 8, minutes: 41 },
];

export function ridesCsv(seed = 5): string {
  const random = createRandom(seed);
  const rows = Array.from({ length: 2400 }, (_, index) => {
    const day = 12 + Math.floor(index / 343);
    const { name, minutes } = random.weighted(STATIONS);
    const taken = Math.max(2, Math.round(minutes * (0.5 + random.next() + random.next() / 2)));
    return `2025-05-${day},${name},${taken},${Math.round(taken * (180 + random.whole(0, 90)))}`;
  });
  return `${["day,station,minutes,metres", ...rows].join("\n")}\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(new URL("./data/rides.csv", import.meta.url), ridesCsv());
