/**
 * Places where a test can make this process die. In production the hook is never set and a
 * failpoint is one comparison; nothing that comes over a network can reach it.
 */
let hook: ((name: string) => void) | null = null;

export function failpoint(name: string): void {
  if (hook !== null) hook(name);
}

/** For test programs only: calls back at each failpoint that is passed; null ends it. */
export function setFailpointHook(callback: ((name: string) => void) | null): void {
  hook = callback;
}
