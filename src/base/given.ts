/** What of an object was given, without what is absent. */
export function given<Given extends object, Key extends keyof Given>(object: Given, ...keys: readonly Key[]): Pick<Given, Key> {
  const taken: Partial<Pick<Given, Key>> = {};
  for (const key of keys) if (object[key] !== undefined) taken[key] = object[key];
  return taken as Pick<Given, Key>;
}
