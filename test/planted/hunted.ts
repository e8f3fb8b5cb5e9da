import type { Violation } from "../../src/simulation/evidence.ts";

/** What a hunt came to. */
export type Hunted = { readonly seeds: number; readonly elapsedMs: number; readonly violation: Violation | null };
