import type { Order } from "../lib/clean-orders.ts";
import { shiftDay } from "../lib/weeks.ts";
import type { Random } from "./random.ts";

/** The invented shop whose orders the sample holds: eight weeks of a maker of coffee gear. */
export const FIRST_DAY = "2025-02-10";
export const WEEK_COUNT = 8;

type Product = { readonly name: string; readonly priceEur: number; readonly weight: number };

export const PRODUCTS: readonly [Product, ...Product[]] = [
  { name: "House blend, 1 kg", priceEur: 24.9, weight: 22 },
  { name: "Single origin, 500 g", priceEur: 17.5, weight: 18 },
  { name: "Paper filters (100)", priceEur: 6.5, weight: 16 },
  { name: 'Travel mug 12"', priceEur: 29, weight: 9 },
  { name: "Moka pot, 6 cups", priceEur: 39, weight: 8 },
  { name: "Pour-over kettle, 1 l", priceEur: 84, weight: 7 },
  { name: "Burr grinder", priceEur: 129, weight: 6 },
  { name: "Barista scale", priceEur: 79, weight: 5 },
  { name: "Milk frother", priceEur: 59, weight: 5 },
  { name: "Cleaning kit", priceEur: 19, weight: 4 },
  { name: "Espresso machine Uno", priceEur: 489, weight: 2 },
  { name: "Café apron", priceEur: 34.5, weight: 2 },
];

type Currency = { readonly code: string; readonly weight: number };
type Market = { readonly region: string; readonly weight: number; readonly currencies: readonly [Currency, ...Currency[]] };

const MARKETS: readonly [Market, ...Market[]] = [
  {
    region: "EMEA",
    weight: 42,
    currencies: [
      { code: "EUR", weight: 60 },
      { code: "GBP", weight: 25 },
      { code: "CHF", weight: 15 },
    ],
  },
  { region: "AMER", weight: 30, currencies: [{ code: "USD", weight: 100 }] },
  {
    region: "APAC",
    weight: 18,
    currencies: [
      { code: "JPY", weight: 55 },
      { code: "USD", weight: 30 },
      { code: "EUR", weight: 15 },
    ],
  },
  {
    region: "LATAM",
    weight: 10,
    currencies: [
      { code: "USD", weight: 80 },
      { code: "EUR", weight: 20 },
    ],
  },
];

/** Euros for one unit, as the workflow file has them. */
export const RATES: { readonly [currency: string]: number } = { EUR: 1, USD: 0.92, GBP: 1.19, CHF: 1.05, JPY: 0.0062 };

const NAMES = [
  "ada",
  "ben",
  "chloe",
  "dmitri",
  "elif",
  "femi",
  "grace",
  "hiro",
  "ines",
  "jonas",
  "kai",
  "lena",
  "mateo",
  "nora",
  "omar",
  "priya",
] as const;
const MAIL_HOSTS = ["example.com", "example.org", "mail.example.net"] as const;
/** Monday to Sunday: people buy coffee before the weekend. */
const DAYS = [12, 13, 14, 15, 19, 16, 11].map((weight, index) => ({ index, weight }));

/** An order before anything has happened to it, with its price in hundredths of its currency. */
export type TrueOrder = Order & { readonly customer: string; readonly priceHundredths: number };

export function drawOrder(number: number, random: Random): TrueOrder {
  const market = random.weighted(MARKETS);
  const currency = random.weighted(market.currencies).code;
  const product = random.weighted(PRODUCTS);
  const quantity = random.weighted([
    { count: 1, weight: 70 },
    { count: 2, weight: 20 },
    { count: 3, weight: 7 },
    { count: 6, weight: 3 },
  ]).count;
  const rate = RATES[currency] ?? 1;
  // Yen have no hundredths, and shops round to tens.
  const priceHundredths =
    currency === "JPY" ? Math.round(product.priceEur / rate / 10) * 1000 : Math.round((product.priceEur / rate) * 100);
  return {
    orderId: `SO-${100_000 + number}`,
    day: drawDay(random),
    customer: `${random.pick(NAMES)}${random.whole(1, 99)}@${random.pick(MAIL_HOSTS)}`,
    region: market.region,
    product: product.name,
    quantity,
    priceHundredths,
    amountCents: Math.round(priceHundredths * quantity * rate),
    currency,
    status: random.chance(0.035) ? "refunded" : "paid",
  };
}

function drawDay(random: Random): string {
  const weeks = Array.from({ length: WEEK_COUNT }, (_, index) => ({ index, weight: 100 + index * 3 }));
  const week = random.weighted([{ index: 0, weight: 0 }, ...weeks]).index;
  return shiftDay(FIRST_DAY, week * 7 + random.weighted([{ index: 0, weight: 0 }, ...DAYS]).index);
}
