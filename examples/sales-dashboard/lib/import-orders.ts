import { createReadStream, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

import { CsvError, parse } from "csv-parse";

import { COLUMNS, readDate, readRegion } from "./fields.ts";
import { InputError } from "./input-error.ts";
import { parseWeek, shiftDay, shiftWeek, weekOf, type Week } from "./weeks.ts";

/** A file of orders: more is a job for a warehouse, not for a demonstration. */
const MAX_BYTES = 256 * 1_048_576;
const MAX_ROWS = 1_000_000;
/** A week with less than this part of a usual week's rows is a stray date, not a week of business. */
const STRAY_WEEK = 0.1;

/** The asked slice of a file of orders. */
export type Slice = { readonly rows: number; readonly selected: number; readonly week: Week; readonly weeks: number };
/** `week` is a name such as `2025-W14`, or `latest`; `region` is a region, or `all`. */
export type Ask = { readonly week: string; readonly weeks: number; readonly region: string };

const SCHEMA = `
  create table meta (column_count integer not null);
  create table raw (
    line integer primary key,
    width integer not null,
    ${COLUMNS.map((column) => `${column} text`).join(", ")},
    day text,
    area text not null,
    selected integer not null default 0
  );
`;

/** Reads a CSV of orders into a new SQLite file, as it is, and marks the rows of the asked slice. */
export async function importOrders(csv: string, database: string, ask: Ask, signal: AbortSignal): Promise<Slice> {
  checkFile(csv);
  using db = new DatabaseSync(database);
  db.exec("pragma journal_mode = off; pragma synchronous = off;");
  db.exec(SCHEMA);
  db.exec("begin");
  const rows = await copyRows(csv, db, signal);
  const week = ask.week === "latest" ? latestWeek(db) : parseWeek(ask.week);
  if (week === null)
    throw new InputError("INPUT_UNREADABLE", ask.week === "latest" ? `No row of ${csv} has a date.` : `${ask.week} is not a week.`);
  const selected = select(db, week, ask);
  db.exec("commit");
  return { rows, selected, week, weeks: ask.weeks };
}

/** As `importOrders`, for a range of days instead of weeks. */
export async function importDays(
  csv: string,
  database: string,
  range: { readonly from: string; readonly to: string; readonly region: string },
  signal: AbortSignal,
): Promise<{ readonly rows: number; readonly selected: number }> {
  checkFile(csv);
  using db = new DatabaseSync(database);
  db.exec("pragma journal_mode = off; pragma synchronous = off;");
  db.exec(SCHEMA);
  db.exec("begin");
  const rows = await copyRows(csv, db, signal);
  const selected = selectDays(db, range);
  db.exec("commit");
  return { rows, selected };
}

function checkFile(csv: string): void {
  const stat = statSync(csv, { throwIfNoEntry: false });
  if (stat === undefined) throw new InputError("INPUT_UNREADABLE", `There is no file ${csv}.`);
  if (!stat.isFile()) throw new InputError("INPUT_UNREADABLE", `${csv} is not a file.`);
  if (stat.size > MAX_BYTES) throw new InputError("INPUT_UNREADABLE", `${csv} has ${stat.size} bytes; at most ${MAX_BYTES} are read.`);
}

async function copyRows(csv: string, db: DatabaseSync, signal: AbortSignal): Promise<number> {
  const names = ["line", "width", ...COLUMNS, "day", "area"];
  const insert = db.prepare(`insert into raw (${names.join(", ")}) values (${names.map(() => "?").join(", ")})`);
  const parser = createReadStream(csv, { signal }).pipe(
    parse({ bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true }),
  );
  let places: readonly number[] | null = null;
  let line = 0;
  try {
    for await (const record of parser) {
      const cells = record as readonly string[];
      if (places === null) {
        places = placesOf(cells);
        db.prepare("insert into meta (column_count) values (?)").run(cells.length);
        continue;
      }
      line += 1;
      if (line > MAX_ROWS) throw new InputError("INPUT_UNREADABLE", `${csv} has more than ${MAX_ROWS} rows.`);
      const row = places.map((place) => cells[place] ?? null);
      insert.run(line, cells.length, ...row, readDate(row[1] ?? ""), readRegion(row[3] ?? ""));
    }
  } catch (error) {
    if (error instanceof CsvError) throw new InputError("INPUT_UNREADABLE", `${csv} is not CSV: ${error.message}`, { cause: error });
    throw error;
  }
  if (line === 0) throw new InputError("INPUT_UNREADABLE", `${csv} has no rows.`);
  return line;
}

/** Where each of our columns stands in the file. */
function placesOf(header: readonly string[]): readonly number[] {
  const names = header.map((name) => name.trim().toLowerCase());
  const missing = COLUMNS.filter((column) => !names.includes(column));
  if (missing.length > 0)
    throw new InputError("INPUT_UNREADABLE", `The file has no column ${missing.join(", ")}; it needs ${COLUMNS.join(", ")}.`);
  return COLUMNS.map((column) => names.indexOf(column));
}

/** The last week of business that is over by the last day in the file. */
function latestWeek(db: DatabaseSync): Week | null {
  const counts = new Map<string, { week: Week; rows: number }>();
  let lastDay = "";
  for (const row of db.prepare("select day, count(*) as rows from raw where day is not null group by day order by day").iterate()) {
    lastDay = String(row["day"]);
    const week = weekOf(lastDay);
    const known = counts.get(week.name);
    counts.set(week.name, { week, rows: Number(row["rows"]) + (known?.rows ?? 0) });
  }
  const weeks = [...counts.values()];
  const usual = weeks.map(({ rows }) => rows).toSorted((left, right) => left - right)[Math.floor(weeks.length / 2)] ?? 0;
  const busy = weeks.filter(({ rows }) => rows >= usual * STRAY_WEEK).map(({ week }) => week);
  return busy.findLast((week) => week.to <= lastDay) ?? busy.at(-1) ?? null;
}

function select(db: DatabaseSync, week: Week, ask: Ask): number {
  return selectDays(db, { from: shiftWeek(week, 1 - ask.weeks).from, to: shiftDay(week.from, 6), region: ask.region });
}

/** Rows without a readable date stay in: the cleaning must report them, not lose them. */
function selectDays(db: DatabaseSync, range: { readonly from: string; readonly to: string; readonly region: string }): number {
  const region = range.region === "all" ? null : range.region;
  const marked = db
    .prepare("update raw set selected = 1 where (day is null or day between ? and ?) and (? is null or area = ?)")
    .run(range.from, range.to, region, region);
  return Number(marked.changes);
}
