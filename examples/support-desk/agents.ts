/** A support desk: triage reads the request, and hands it to whoever can settle it; each may hand it on. */
import { ask, defineAgent, fail, handOver } from "tutti";
import { z } from "zod";

import { caseOf, daysBetween, euros, findOrder, Request } from "./desk.ts";

const RETURN_DAYS = 30;
const LATE_DAYS = 14;

const Answer = z.object({ reply: z.string(), path: z.array(z.string()), refund_cents: z.int().optional(), label: z.string().optional() });

/** What people say when they want something; the first that fits counts. */
const INTENTS: readonly { readonly to: string; readonly reason: string; readonly words: RegExp }[] = [
  { to: "returns", reason: "broken", words: /\b(?:broken|damaged|defect|faulty|does not work)\b/i },
  { to: "returns", reason: "unwanted", words: /\b(?:return|send (?:it |them )?back|does not fit|changed my mind)\b/i },
  { to: "order", reason: "status", words: /\b(?:where is|when|status|arrive|track|delivery)\b/i },
  { to: "refund", reason: "asked", words: /\b(?:refund|money back|charged)\b/i },
];

export const triageAgent = defineAgent({
  name: "triage",
  description: "Reads a request, and finds out what it is about.",
  version: "1.0.0",
  capabilities: {
    triage: {
      description: "Hands the request over; asks for the number of the order when there is none in it.",
      input: Request,
      output: Answer,
      run: ({ input, answer }) => {
        const asked = `${input.message} ${typeof answer === "string" ? answer : ""}`;
        const order_id = /\bSO-\d{4}\b/.exec(asked)?.[0];
        const intent = INTENTS.find(({ words }) => words.test(input.message));
        if (intent === undefined) return { reply: "Thank you for your message. You are welcome.", path: ["triage"] };
        if (order_id === undefined)
          return ask("Which order is it about? The number begins with SO-.", { schema: { type: "string", pattern: "SO-[0-9]{4}" } });
        if (findOrder(order_id) === null) return fail("NO_SUCH_ORDER", `There is no order ${order_id}.`);
        return handOver(intent.to, { message: `A customer asks about ${order_id}.`, order_id, reason: intent.reason });
      },
    },
  },
});

export const orderAgent = defineAgent({
  name: "order",
  description: "Knows where orders are.",
  version: "1.0.0",
  capabilities: {
    order: {
      description: "Says where an order is; one that is lost goes to refunds.",
      input: Request,
      output: Answer,
      run: ({ input }) => {
        const { orderId, path } = caseOf(input);
        const order = findOrder(orderId);
        if (order === null) return fail("NO_SUCH_ORDER", `There is no order ${orderId}.`);
        if (order.delivered !== null) return { reply: `Your ${order.item} was delivered on ${order.delivered}.`, path: [...path, "order"] };
        const days = daysBetween(order.ordered, input.today);
        if (days > LATE_DAYS) return handOver("refund", { message: "The parcel is lost.", order_id: orderId, reason: "lost" });
        return { reply: `Your ${order.item} is on its way since ${order.ordered}.`, path: [...path, "order"] };
      },
    },
  },
});

export const returnAgent = defineAgent({
  name: "return",
  description: "Takes goods back.",
  version: "1.0.0",
  capabilities: {
    return: {
      description: "Gives a label for goods that may come back, and hands over to refunds.",
      input: Request,
      output: Answer,
      run: ({ input }) => {
        const { orderId, reason, path } = caseOf(input);
        const order = findOrder(orderId);
        if (order === null || order.delivered === null) return fail("NOT_DELIVERED", `Order ${orderId} has not been delivered.`);
        const days = daysBetween(order.delivered, input.today);
        // Two years are the law for what is broken; the rest is our own promise.
        if (days > (reason === "broken" ? 730 : RETURN_DAYS))
          return {
            reply: `Your ${order.item} came ${days} days ago; it can be returned within ${RETURN_DAYS}.`,
            path: [...path, "returns"],
          };
        const label = `RL-${orderId.slice(3)}`;
        return handOver("refund", { message: `Return label ${label} is out.`, order_id: orderId, reason, label });
      },
    },
  },
});

export const refundAgent = defineAgent({
  name: "refund",
  description: "Pays money back.",
  version: "1.0.0",
  capabilities: {
    refund: {
      description: "Works out what is paid back: the price, and the shipping too when it was our fault.",
      input: Request,
      output: Answer,
      run: ({ input }) => {
        const { orderId, reason, path } = caseOf(input);
        const order = findOrder(orderId);
        if (order === null) return fail("NO_SUCH_ORDER", `There is no order ${orderId}.`);
        const ourFault = reason === "broken" || reason === "lost";
        const refund_cents = order.price_cents + (ourFault ? order.shipping_cents : 0);
        const label = z.object({ label: z.string() }).safeParse(input.handoff?.history.at(-1)?.output).data?.label;
        const how = label === undefined ? "" : ` once it is here; label ${label} is in your mail`;
        const reply = `We pay ${euros(refund_cents)} back for your ${order.item}${how}.`;
        return { reply, refund_cents, path: [...path, "refund"], ...(label === undefined ? {} : { label }) };
      },
    },
  },
});
