/** The colours of charts and report: each reads on white, and the two series differ without colour vision. */
export const COLORS = {
  ink: "#182230",
  muted: "#5d6b82",
  line: "#e4e8f0",
  accent: "#3651d4",
  pale: "#b9c4ea",
  good: "#12724f",
  bad: "#b3261e",
} as const;
