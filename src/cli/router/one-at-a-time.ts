/** Makes of a function one that runs once at a time. Calls that come while another one waits for its turn share that one's outcome. */
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
    last = next.catch(() => {}); // told to whoever has called
    return next;
  };
}
