/** What the four agents of the desk share: what they get, and how they find the order. */
import { readFileSync } from "node:fs";

import { z } from "zod";

const Order = z.object({
  item: z.string(),
  price_cents: z.int(),
  shipping_cents: z.int(),
  ordered: z.string(),
  delivered: z.string().nullable(),
});
export type Order = z.infer<typeof Order>;

const Orders = z.record(z.string(), Order);

/** What an agent hands over with: why, and which order it is about. */
const HandedOver = z.object({ order_id: z.string(), reason: z.string() });

/** Each agent gets the request, and what was said before it. */
export const Request = z.object({
  message: z.string().min(1),
  today: z.string(),
  handoff: z
    .object({ from: z.string(), message: z.string().nullish(), history: z.array(z.object({ agent: z.string(), output: z.unknown() })) })
    .optional(),
});
export type Request = z.infer<typeof Request>;

export function findOrder(id: string): Order | null {
  return Orders.parse(JSON.parse(readFileSync(new URL("./orders.json", import.meta.url), "utf8")))[id] ?? null;
}

/** Where the work stands: the order that the last agent named, why it came here, and who had it. */
export function caseOf({ handoff }: Request): { readonly orderId: string; readonly reason: string; readonly path: string[] } {
  const history = handoff?.history ?? [];
  const last = HandedOver.parse(history.at(-1)?.output);
  return { orderId: last.order_id, reason: last.reason, path: history.map(({ agent }) => agent) };
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

export function euros(cents: number): string {
  return `€${(cents / 100).toFixed(2)}`;
}
