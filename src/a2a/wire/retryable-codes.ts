/** Codes that mean "try again" where nobody says so (requirement L036; W127 for a worker without room). */
export const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  "TEMPORARY_RESOURCE_UNAVAILABLE",
  "NETWORK_TIMEOUT",
  "RATE_LIMIT_EXCEEDED",
  "AGENT_OVERLOADED",
]);
