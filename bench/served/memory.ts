/** A served process tells how much memory it holds: one number a line, for each line on its standard input. */
export function answerMemoryQuestions(): void {
  process.stdin.on("data", () => {
    globalThis.gc?.();
    // What the first collection has let go of ends in callbacks, and leaves memory with the second.
    setImmediate(() => {
      globalThis.gc?.();
      process.stdout.write(`${process.memoryUsage().rss}\n`);
    });
  });
}
