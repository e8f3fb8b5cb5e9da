import type { StepId } from "../definition.ts";

/** An expression as it was written, and the steps that it reads, in order. */
export type CompiledSource = { readonly source: string; readonly reads: readonly StepId[] };
