import { userInfo } from "node:os";

/** Who gives an order, for the audit (requirements W145). */
export function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    // Some containers run under a number without a name.
    return "local";
  }
}
