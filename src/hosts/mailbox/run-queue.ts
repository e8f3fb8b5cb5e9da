/** Whose turn it is: tenants in rotation, and within a tenant the runs in the order of their first input. */
export class RunQueue<Item extends { readonly run: { readonly tenant: string } }> {
  #lanes = new Map<string, Item[]>();

  add(item: Item): void {
    const lane = this.#lanes.get(item.run.tenant);
    if (lane === undefined) this.#lanes.set(item.run.tenant, [item]);
    else lane.push(item);
  }

  /** Everyone who waits now, one of each tenant after the other; those who come later wait again. */
  takeAll(): Item[] {
    const lanes = [...this.#lanes.values()];
    // Another map, not this one emptied: an emptied map leaves a table behind that still has all of it, and leads to
    // the next. Once such a table has grown old, no small collection would free any run that came after.
    this.#lanes = new Map();
    if (lanes.length === 1) return lanes[0] ?? [];
    const longest = Math.max(0, ...lanes.map((lane) => lane.length));
    const order: Item[] = [];
    for (let index = 0; index < longest; index += 1) for (const lane of lanes) if (index < lane.length) order.push(lane[index] as Item);
    return order;
  }

  get isEmpty(): boolean {
    return this.#lanes.size === 0;
  }
}
