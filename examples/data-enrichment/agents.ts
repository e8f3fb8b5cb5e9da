/** What is known of a customer, from three sources; and three bureaus that rate credit, each in its own way. */
import { defineAgent, fail } from "tutti";
import { z } from "zod";

import { checkAddress } from "./address.ts";
import { bandOf, rateByDelays, rateByPoints, rateByRules } from "./credit.ts";
import { type Customer, findCustomer } from "./customers.ts";
import { preferencesOf } from "./preferences.ts";

const Asked = z.object({ customer_id: z.string() });
const Band = z.enum(["good", "fair", "poor"]);
const Rating = z.object({ score: z.int(), band: Band });

function rated(rate: (customer: Customer) => number) {
  return ({ input }: { readonly input: z.infer<typeof Asked> }) => {
    const customer = findCustomer(input.customer_id);
    if (customer === null) return noSuchCustomer(input.customer_id);
    const score = rate(customer);
    return { score, band: bandOf(score) };
  };
}

function noSuchCustomer(id: string) {
  return fail("NO_SUCH_CUSTOMER", `There is no customer ${id}.`);
}

export const creditAgent = defineAgent({
  name: "credit",
  description: "Rates how a customer pays.",
  version: "1.0.0",
  capabilities: {
    credit_score: {
      description: "A score from 300 to 850, from invoices paid and open.",
      input: Asked,
      output: z.object({ credit_score: z.int(), credit_band: Band }),
      run: ({ input }) => {
        const customer = findCustomer(input.customer_id);
        if (customer === null) return noSuchCustomer(input.customer_id);
        const score = rateByPoints(customer);
        return { credit_score: score, credit_band: bandOf(score) };
      },
    },
  },
});

export const addressAgent = defineAgent({
  name: "address",
  description: "Validates postal addresses of four countries.",
  version: "1.0.0",
  capabilities: {
    validate_address: {
      description: "Brings an address to its usual form, and says what is wrong with it.",
      input: Asked,
      output: z.object({ address: z.string(), address_valid: z.boolean(), address_problems: z.array(z.string()) }),
      run: ({ input }) => {
        const customer = findCustomer(input.customer_id);
        if (customer === null) return noSuchCustomer(input.customer_id);
        const checked = checkAddress(customer.address);
        if (checked === null) return fail("UNKNOWN_COUNTRY", `Addresses in ${customer.address.country} cannot be validated here.`);
        return { address: checked.line, address_valid: checked.problems.length === 0, address_problems: [...checked.problems] };
      },
    },
  },
});

export const preferenceAgent = defineAgent({
  name: "preference",
  description: "Knows what a customer wants to hear about, and how.",
  version: "1.0.0",
  capabilities: {
    marketing_preferences: {
      description: "The channels with consent, and what the customer mostly buys.",
      input: Asked,
      output: z.object({ channels: z.array(z.string()).readonly(), interests: z.array(z.string()).readonly() }),
      run: ({ input }) => {
        const customer = findCustomer(input.customer_id);
        return customer === null ? noSuchCustomer(input.customer_id) : preferencesOf(customer);
      },
    },
  },
});

const bureau = (name: string, description: string, rate: (customer: Customer) => number) =>
  defineAgent({
    name,
    description,
    version: "1.0.0",
    capabilities: { rate: { description, input: Asked, output: Rating, run: rated(rate) } },
  });

export const pointsBureau = bureau("points", "Rates credit by a score card.", rateByPoints);
export const delaysBureau = bureau("delays", "Rates credit by the average delay, recent invoices twice.", rateByDelays);
export const rulesBureau = bureau("rules", "Rates credit by a few plain rules.", rateByRules);
