import { fail } from "tutti";

import { InputError } from "../lib/input-error.ts";

/** Does the work of a capability; bad input becomes a failure that no retry can mend. */
export async function answer<Value>(work: () => Promise<Value>): Promise<Value | ReturnType<typeof fail>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InputError) return fail(error.code, error.message, { retryable: false });
    throw error;
  }
}
