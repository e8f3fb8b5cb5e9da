/**
 * A binary heap of things with an instant, kept in a plain array so that it can be a part of a
 * state that is JSON. The earliest is at index 0.
 */
type Timed = { readonly at: number };

export function heapPush<Item extends Timed>(heap: Item[], item: Item): void {
  let index = heap.length;
  heap.push(item);
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex] as Item;
    if (parent.at <= item.at) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = item;
}

/** Takes the earliest away. */
export function heapPop(heap: Timed[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (let child = 1; child < heap.length; child = 2 * index + 1) {
    if (child + 1 < heap.length && (heap[child + 1] as Timed).at < (heap[child] as Timed).at) child += 1;
    if ((heap[child] as Timed).at >= last.at) break;
    heap[index] = heap[child] as Timed;
    index = child;
  }
  heap[index] = last;
}
