import { z } from "zod";

const Place = z.union([
  z.string().min(1),
  z.strictObject({ card: z.url({ protocol: /^https?$/ }), auth: z.strictObject({ secret: z.string() }).optional() }),
  z.strictObject({ module: z.string().min(1) }),
  z.strictObject({ capability: z.string().min(1) }),
]);

export const Config = z.strictObject({
  /** Where logical agents lead: an address, or `./module.ts#export`, from the configuration's folder. */
  agents: z.record(z.string(), Place).default({}),
  /** Who has a capability: a place as above. */
  capabilities: z.record(z.string(), Place).default({}),
  /** The files of sub-workflows, by name, from the configuration's folder. */
  workflows: z.record(z.string(), z.string().min(1)).default({}),
  /** The database, from the configuration's folder. */
  db: z.string().min(1).optional(),
});

/** What `tutti.config.ts` exports by default (workflow-language.md, Binding agents). */
export type TuttiConfig = z.input<typeof Config>;
export type ReadConfig = z.output<typeof Config>;
export type ConfigPlace = z.output<typeof Place>;
