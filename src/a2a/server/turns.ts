/** One at a time for each key, so that what was found of it still holds when it is acted on. */
export class Turns {
  readonly #busyByKey = new Map<string, Promise<void>>();

  async take<Value>(key: string, act: () => Promise<Value>): Promise<Value> {
    const before = this.#busyByKey.get(key);
    const over = Promise.withResolvers<void>();
    this.#busyByKey.set(key, over.promise);
    try {
      await before;
      return await act();
    } finally {
      over.resolve();
      if (this.#busyByKey.get(key) === over.promise) this.#busyByKey.delete(key);
    }
  }
}
