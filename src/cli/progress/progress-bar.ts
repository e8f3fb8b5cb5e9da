import type { Terminal } from "../terminal.ts";

const CELLS = 30;
/** Redrawn no more often than an eye follows. */
const REDRAW_MS = 100;

/** A bar on standard error, where a person sees it; nothing elsewhere. */
export function progressBar(terminal: Terminal, total: number): { readonly move: (done: number) => void; readonly clear: () => void } {
  if (!terminal.isLive) return { move: () => undefined, clear: () => undefined };
  let drawnAt = 0;
  const move = (done: number) => {
    const now = performance.now();
    if (now - drawnAt < REDRAW_MS && done < total) return;
    drawnAt = now;
    const full = Math.round((CELLS * done) / total);
    const tail = done < total ? "" : "  looking for the fewest faults";
    terminal.draw(`\r\u001b[2K${"█".repeat(full)}${"░".repeat(CELLS - full)} ${done} of ${total}${tail}`);
  };
  return { move, clear: () => terminal.draw("\r\u001b[2K") };
}
