/** A splitter that cuts a file into partitions, and a mapper that works on one of them. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

import { defineAgent } from "tutti";
import { z } from "zod";

const RIDES = new URL("./data/rides.csv", import.meta.url);

/** A range of bytes that holds whole lines; the end is not included. */
const Partition = z.object({ from: z.int().min(0), to: z.int().min(0) });

export const splitterAgent = defineAgent({
  name: "splitter",
  description: "Cuts the file of rides into partitions, without reading it whole.",
  version: "1.0.0",
  capabilities: {
    split: {
      description: "Ranges of about the same size, each of whole lines.",
      input: z.object({ partitions: z.int().min(1) }),
      output: z.object({ partitions: z.array(Partition).readonly() }),
      run: ({ input }) => withRides((file, size) => ({ partitions: rangesOf(file, size, input.partitions) })),
    },
  },
});

const Figures = z.object({ rides: z.int(), minutes: z.int(), metres: z.int(), longest: z.int(), mean: z.number() });

export const mapperAgent = defineAgent({
  name: "mapper",
  description: "Adds up one partition of the rides.",
  version: "1.0.0",
  capabilities: {
    add_up: {
      description: "How many rides, their minutes and metres, the longest, and the mean of the minutes.",
      input: Partition,
      output: Figures,
      run: ({ input: { from, to } }) =>
        withRides((file) => {
          const rows = readRange(file, from, to).trimEnd().split("\n");
          const rides = rows.filter((row) => !row.startsWith("day,")).map((row) => row.split(",").slice(2).map(Number));
          const sum = (column: number): number => rides.reduce((total, ride) => total + (ride[column] ?? 0), 0);
          const longest = rides.reduce((most, [minutes = 0]) => Math.max(most, minutes), 0);
          return { rides: rides.length, minutes: sum(0), metres: sum(1), longest, mean: rides.length === 0 ? 0 : sum(0) / rides.length };
        }),
    },
  },
});

function withRides<Value>(work: (file: number, size: number) => Value): Value {
  const file = openSync(RIDES, "r");
  try {
    return work(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function readRange(file: number, from: number, to: number): string {
  const buffer = Buffer.alloc(Math.max(0, to - from));
  return buffer.toString("utf8", 0, readSync(file, buffer, 0, buffer.length, from));
}

/** Each cut is moved to the end of the line that it falls in. */
function rangesOf(file: number, size: number, count: number): readonly { readonly from: number; readonly to: number }[] {
  const cuts = Array.from({ length: count - 1 }, (_, index) => lineEndAfter(file, Math.floor((size * (index + 1)) / count)));
  const ends = [...new Set([...cuts, size])];
  return ends.map((to, index) => ({ from: ends[index - 1] ?? 0, to }));
}

const LINE_BYTES = 200;

function lineEndAfter(file: number, place: number): number {
  const end = readRange(file, place, place + LINE_BYTES).indexOf("\n");
  return end === -1 ? place : place + end + 1;
}
