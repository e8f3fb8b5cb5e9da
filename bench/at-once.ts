/** Calls something so many times, a number of them at once: who is done begins the next. */
export async function callAtOnce(atOnce: number, count: number, one: () => Promise<unknown>): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await one();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
