/** Returns a function that does not run concurrently. Calls during a pending call share one further run. */
export function oneAtATime<T>(run: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting: Promise<T> | undefined;
  return () => {
    if (waiting) return waiting;
    const next = last.then(() => {
      waiting = undefined;
      return run();
    });
    waiting = next;
    last = next.catch(() => {}); // reported to the caller
    return next;
  };
}
