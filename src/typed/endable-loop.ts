const DONE: IteratorReturnResult<void> = { done: true, value: undefined };

/**
 * Returns a loop over the values of a generator. It ends at once when it is left, also while a value is awaited: it then aborts
 * the generator's signal, which ends the generator's wait. The signal also follows `given`.
 */
export function endableLoop<T>(
  generate: (signal: AbortSignal) => AsyncGenerator<T, void, void>,
  given: AbortSignal | undefined,
): AsyncIterator<T, void, void> {
  const controller = new AbortController();
  const generator = generate(controller.signal);
  const interrupts = new Set<() => void>(); // one for each value that is awaited
  const onAbort = () => controller.abort(given?.reason);
  let isOver = false;
  const leave = () => {
    if (isOver) return;
    isOver = true;
    given?.removeEventListener("abort", onAbort);
    for (const interrupt of interrupts) interrupt();
    controller.abort();
    generator.return().catch(() => {}); // an exception caused by the abort is not reported
  };
  const next = () =>
    new Promise<IteratorResult<T, void>>((resolve, reject) => {
      const interrupt = () => resolve(DONE);
      interrupts.add(interrupt);
      generator.next().then(
        (step) => {
          interrupts.delete(interrupt);
          if (step.done) leave();
          resolve(step);
        },
        (error: unknown) => {
          interrupts.delete(interrupt);
          leave();
          reject(error);
        },
      );
    });
  if (given?.aborted) onAbort();
  else given?.addEventListener("abort", onAbort);
  return {
    next: async () => (isOver ? DONE : next()),
    return: async () => {
      leave();
      return DONE;
    },
    throw: async (error: unknown) => {
      leave();
      throw error;
    },
  };
}
