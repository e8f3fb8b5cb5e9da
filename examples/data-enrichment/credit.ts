/** Three ways to rate credit from the same invoices. All give 300 to 850. */
import type { Customer } from "./customers.ts";

export function bandOf(score: number): "good" | "fair" | "poor" {
  if (score >= 700) return "good";
  return score >= 600 ? "fair" : "poor";
}

/** A score card: points for years and for invoices paid in time, less for late ones and for open money. */
export function rateByPoints({ payments, open_cents, customer_for_years }: Customer): number {
  const inTime = payments.filter((days) => days <= 3).length;
  const late = payments.filter((days) => days > 10).length;
  return bounded(600 + Math.min(10, customer_for_years) * 10 + inTime * 8 - late * 45 - Math.ceil(open_cents / 1000) * 3);
}

/** The average delay, in which the newer half of the invoices counts twice. */
export function rateByDelays({ payments }: Customer): number {
  const newer = payments.slice(Math.floor(payments.length / 2));
  const counted = [...payments, ...newer];
  const average = counted.reduce((sum, days) => sum + days, 0) / Math.max(1, counted.length);
  return bounded(780 - average * 22);
}

/** What a careful clerk would say: one bad invoice is enough to be no better than fair. */
export function rateByRules({ payments, open_cents, customer_for_years }: Customer): number {
  const worst = Math.max(0, ...payments);
  if (worst > 30 && open_cents > 10_000) return 450;
  if (worst > 30) return 640;
  if (open_cents > 0 || payments.length < 3) return 660;
  return customer_for_years >= 3 ? 800 : 720;
}

function bounded(score: number): number {
  return Math.round(Math.min(850, Math.max(300, score)));
}
