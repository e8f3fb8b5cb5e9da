const DAY_MS = 86_400_000;

/** A Monday-to-Sunday week with its ISO 8601 name, such as `2025-W14`. Days are `YYYY-MM-DD`. */
export type Week = { readonly name: string; readonly from: string; readonly to: string };

/** The ISO week that a day lies in. */
export function weekOf(day: string): Week {
  const dayMs = Date.parse(`${day}T00:00:00Z`);
  const mondayMs = dayMs - ((new Date(dayMs).getUTCDay() + 6) % 7) * DAY_MS;
  // The year of an ISO week is the year of its Thursday.
  const year = new Date(mondayMs + 3 * DAY_MS).getUTCFullYear();
  const number = Math.round((mondayMs - firstMondayMs(year)) / (7 * DAY_MS)) + 1;
  return { name: `${year}-W${String(number).padStart(2, "0")}`, from: dayText(mondayMs), to: dayText(mondayMs + 6 * DAY_MS) };
}

/** Reads `2025-W14`; null for a week that the year does not have. */
export function parseWeek(name: string): Week | null {
  const found = /^(\d{4})-W(\d{2})$/.exec(name);
  if (found === null || found[2] === "00") return null;
  const mondayMs = firstMondayMs(Number(found[1])) + (Number(found[2]) - 1) * 7 * DAY_MS;
  const week = weekOf(dayText(mondayMs));
  return week.name === name ? week : null;
}

/** The week that lies `count` weeks later; earlier when negative. */
export function shiftWeek(week: Week, count: number): Week {
  return weekOf(shiftDay(week.from, count * 7));
}

/** The day that lies `count` days later. */
export function shiftDay(day: string, count: number): string {
  return dayText(Date.parse(`${day}T00:00:00Z`) + count * DAY_MS);
}

function firstMondayMs(year: number): number {
  // 4 January always lies in the first ISO week.
  const fourthMs = Date.UTC(year, 0, 4);
  return fourthMs - ((new Date(fourthMs).getUTCDay() + 6) % 7) * DAY_MS;
}

function dayText(instantMs: number): string {
  return new Date(instantMs).toISOString().slice(0, 10);
}
