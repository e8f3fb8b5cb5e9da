import { z } from "zod";

const Example = z.object({ input: z.string(), expected: z.string() });

/** What a function from text to text shall do: words for people, examples for machines. */
export const Spec = z.object({
  name: z.string().regex(/^[a-z][A-Za-z0-9]*$/),
  description: z.string(),
  examples: z.array(Example).min(1).readonly(),
});
export type Spec = z.infer<typeof Spec>;

/** What the reviewer says of a draft; the generator reads it as data, and a person as words. */
export const Finding = z.object({
  kind: z.enum(["bug", "style", "performance"]),
  rule: z.string(),
  message: z.string(),
  /** Of a bug: the case that went wrong. */
  example: Example.optional(),
});
export type Finding = z.infer<typeof Finding>;

/** The program that a draft is made of; the code is its text. */
export const Draft = z.object({ code: z.string(), transforms: z.array(z.string()).readonly(), manners: z.array(z.string()).readonly() });
export type Draft = z.infer<typeof Draft>;
