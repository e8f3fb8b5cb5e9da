/** The port for structured events: one JSON object a line, always with `workflow_id` (requirements W144). */
export type Log = (level: "debug" | "info" | "warn" | "error", event: string, fields: { readonly [name: string]: unknown }) => void;

export const silentLog: Log = () => undefined;

/** Where lines go when nobody says where. */
export const logToStandardError: Log = (level, event, fields) => {
  process.stderr.write(`${JSON.stringify({ level, event, ...fields })}\n`);
};
