/**
 * Readers for single fields of the export: what a person wrote, in all its spellings, to one value.
 * Each returns null for a text that it cannot read, and guesses nothing.
 */

/** The columns of an order file, in any order; other columns are ignored. */
export const COLUMNS = [
  "order_id",
  "order_date",
  "customer_email",
  "region",
  "product",
  "quantity",
  "unit_price",
  "currency",
  "status",
] as const;
export type Column = (typeof COLUMNS)[number];
/** One row as text; null where the row is too short. */
export type RawRow = { readonly [column in Column]: string | null };

export const REGIONS = ["EMEA", "AMER", "APAC", "LATAM"] as const;
/** Where an order goes whose region nobody wrote down. */
export const UNKNOWN_REGION = "Unknown";

const REGION_BY_LETTERS: { readonly [letters: string]: string } = {
  emea: "EMEA",
  europe: "EMEA",
  europemiddleeastafrica: "EMEA",
  amer: "AMER",
  northamerica: "AMER",
  apac: "APAC",
  asiapacific: "APAC",
  latam: "LATAM",
  latinamerica: "LATAM",
};
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const CURRENCY_BY_SYMBOL: { readonly [symbol: string]: string } = { "€": "EUR", $: "USD", "£": "GBP", "¥": "JPY" };
const STATUS_BY_WORD: { readonly [word: string]: "paid" | "refunded" } = {
  "": "paid",
  paid: "paid",
  complete: "paid",
  refunded: "refunded",
  refund: "refunded",
  returned: "refunded",
};

/**
 * Reads a date to `YYYY-MM-DD`: ISO with or without a time, `31.03.2025` (day first),
 * `03/31/2025` (month first) and `31 Mar 2025`. A day that the month does not have is not a date.
 */
export function readDate(text: string): string | null {
  const trimmed = text.trim();
  const iso = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/.exec(trimmed);
  if (iso !== null) return dayOf(iso[1], iso[2], iso[3]);
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(trimmed);
  if (dotted !== null) return dayOf(dotted[3], dotted[2], dotted[1]);
  const slashed = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(trimmed);
  if (slashed !== null) return dayOf(slashed[3], slashed[1], slashed[2]);
  const named = /^(\d{1,2}) ([A-Za-z]{3,9})\.? (\d{4})$/.exec(trimmed);
  if (named === null) return null;
  const month = MONTHS.indexOf((named[2] ?? "").slice(0, 3).toLowerCase()) + 1;
  return dayOf(named[3], String(month), named[1]);
}

function dayOf(year = "", month = "", day = ""): string | null {
  const text = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const instantMs = Date.parse(`${text}T00:00:00Z`);
  // JavaScript reads 30 February as 2 March: reading it back tells the two apart.
  return Number.isNaN(instantMs) || new Date(instantMs).toISOString().slice(0, 10) !== text ? null : text;
}

/** A price in hundredths of its currency, and the currency that its symbol names. */
export type Price = { readonly hundredths: number; readonly currency: string | null };

/**
 * Reads `1234.5`, `1,234.50`, `1.234,50`, `€ 12.50`, `12,50 €`. The last mark is the decimal one when
 * both occur; a single comma is a decimal one unless three digits follow it.
 */
export function readPrice(text: string): Price | null {
  const symbol = /[€$£¥]/.exec(text)?.[0];
  const digits = text.replace(/[€$£¥\s\u00a0]/g, "");
  if (!/^\d[\d.,']*$/.test(digits)) return null;
  const plain = digits.replaceAll("'", "");
  const value = Number(withDecimalPoint(plain));
  if (!Number.isFinite(value)) return null;
  return { hundredths: Math.round(value * 100), currency: symbol === undefined ? null : (CURRENCY_BY_SYMBOL[symbol] ?? null) };
}

function withDecimalPoint(digits: string): string {
  const comma = digits.lastIndexOf(",");
  const dot = digits.lastIndexOf(".");
  if (comma === -1) return digits.indexOf(".") === dot ? digits : digits.replaceAll(".", "");
  const commaIsDecimal = dot === -1 ? !/,\d{3}$/.test(digits) : comma > dot;
  return commaIsDecimal ? digits.replaceAll(".", "").replace(",", ".") : digits.replaceAll(",", "");
}

/** Reads a whole number that is not zero; negative is how some tills write a refund. */
export function readQuantity(text: string): number | null {
  const trimmed = text.trim();
  if (!/^-?\d{1,6}(?:\.0+)?$/.test(trimmed)) return null;
  return Number(trimmed) === 0 ? null : Number(trimmed);
}

/** Reads a region in any of its spellings; `Unknown` for everything else. */
export function readRegion(text: string): string {
  return (
    REGION_BY_LETTERS[
      text
        .toLowerCase()
        .replace(/[^a-z]/g, "")
        .replace("eastand", "east")
    ] ?? UNKNOWN_REGION
  );
}

export function readStatus(text: string): "paid" | "refunded" | null {
  return STATUS_BY_WORD[text.trim().toLowerCase()] ?? null;
}

/** Without white space at the ends, and with single spaces inside. */
export function tidySpaces(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}
