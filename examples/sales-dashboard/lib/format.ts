/** How figures, days and changes are written for people. English, so that a report reads the same everywhere. */
const WHOLE_EUROS = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR", maximumFractionDigits: 0 });
const EUROS = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });
const WHOLE = new Intl.NumberFormat("en-IE");
const PERCENT = new Intl.NumberFormat("en-IE", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const LONG_DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const WEEKDAY = new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone: "UTC" });

export const wholeEuros = (euros: number): string => WHOLE_EUROS.format(euros);
export const exactEuros = (euros: number): string => EUROS.format(euros);
export const whole = (count: number): string => WHOLE.format(count);
export const percent = (part: number): string => PERCENT.format(part);

/** `€12.3k`, for an axis or the end of a bar. */
export function shortEuros(euros: number): string {
  return Math.abs(euros) < 1000 ? wholeEuros(euros) : `€${(euros / 1000).toFixed(Math.abs(euros) < 10_000 ? 1 : 0)}k`;
}

/** `+5.2 %` with a real minus sign; a dash where there is nothing to compare with. */
export function changeText(change: number | null): string {
  if (change === null) return "–";
  return `${change > 0 ? "+" : change < 0 ? "−" : "±"}${percent(Math.abs(change))}`;
}

export const shortDay = (day: string): string => DAY.format(new Date(`${day}T00:00:00Z`));
export const weekday = (day: string): string => WEEKDAY.format(new Date(`${day}T00:00:00Z`));
/** `31 March – 6 April 2025`. */
export const dayRange = (from: string, to: string): string =>
  LONG_DAY.formatRange(new Date(`${from}T00:00:00Z`), new Date(`${to}T00:00:00Z`)).replaceAll(/\s*–\s*/g, " – ");

/** Text that is safe between tags and inside quoted attributes. */
export function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
