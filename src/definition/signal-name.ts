const SIGNAL_NAME = /^[A-Za-z][A-Za-z0-9_.:-]{0,127}$/;

/** Whether a signal can have this name: nothing that an object has by itself. */
export function isSignalName(name: string): boolean {
  return SIGNAL_NAME.test(name);
}
