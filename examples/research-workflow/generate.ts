/**
 * Makes `data/support_tickets.jsonl`: tickets of an invented maker of project software, from March to July
 * 2025; 120 of them in the second quarter. Everything follows from the seed.
 * `node --conditions=source examples/research-workflow/generate.ts` writes it anew.
 */
import { writeFileSync } from "node:fs";

import { createRandom, type Random } from "../sales-dashboard/sample/random.ts";
import { CLOSINGS, NAMES, OPENINGS, SUBJECTS } from "./phrases.ts";

export type Ticket = { readonly id: string; readonly created_at: string; readonly channel: string; readonly text: string };

/** How many tickets each month has. The quarter is 38 + 40 + 42. */
const MONTHS = [
  { month: "2025-03", days: 31, tickets: 14 },
  { month: "2025-04", days: 30, tickets: 38 },
  { month: "2025-05", days: 31, tickets: 40 },
  { month: "2025-06", days: 30, tickets: 42 },
  { month: "2025-07", days: 31, tickets: 12 },
] as const;

export function supportTickets(seed = 789): readonly Ticket[] {
  const random = createRandom(seed);
  const drawn = MONTHS.flatMap(({ month, days, tickets }) => Array.from({ length: tickets }, () => drawTicket(random, month, days)));
  const inOrder = drawn.toSorted((left, right) => left.created_at.localeCompare(right.created_at));
  return inOrder.map((ticket, index) => ({ id: `T-${4001 + index}`, ...ticket }));
}

function drawTicket(random: Random, month: string, days: number): Omit<Ticket, "id"> {
  // In June an update made the product slow, and people said so.
  const subjects = SUBJECTS.map((subject) =>
    subject.name === "speed" && month >= "2025-06" ? { ...subject, weight: subject.weight * 3 } : subject,
  );
  const [first, ...rest] = subjects;
  const subject = first === undefined ? SUBJECTS[0] : random.weighted([first, ...rest]);
  const isGood = random.chance(subject.praise);
  const body = random.pick(isGood ? subject.good : subject.bad);
  const more = random.chance(0.6) ? ` ${random.pick(isGood ? subject.good : subject.bad)}` : "";
  const text = `${random.pick(OPENINGS)} ${body}${more === ` ${body}` ? "" : more} ${closing(random)}`;
  const day = String(random.whole(1, days)).padStart(2, "0");
  const clock = `${String(random.whole(7, 19)).padStart(2, "0")}:${String(random.whole(0, 59)).padStart(2, "0")}`;
  return { created_at: `${month}-${day}T${clock}:00Z`, channel: random.pick(["email", "chat", "form"]), text: text.trim() };
}

/** How people end a message: often with what nobody should pass on. */
function closing(random: Random): string {
  const name = random.pick(NAMES);
  const mail = `${name.toLowerCase().replace(" ", ".")}@example.${random.pick(["com", "org", "net"])}`;
  const phone = `+49 30 ${random.whole(1000000, 9999999)}`;
  const card = `4111 1111 1111 ${random.whole(1000, 9999)}`;
  return random.pick(CLOSINGS).replace("{name}", name).replace("{mail}", mail).replace("{phone}", phone).replace("{card}", card);
}

if (process.argv[1] === import.meta.filename) {
  const lines = supportTickets().map((ticket) => JSON.stringify(ticket));
  writeFileSync(new URL("./data/support_tickets.jsonl", import.meta.url), `${lines.join("\n")}\n`);
}
