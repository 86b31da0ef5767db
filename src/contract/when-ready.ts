/** Calls `next` with a value at once, or when its promise resolves. No turn is lost if nothing is asynchronous. */
export function whenReady<A, B>(value: A | Promise<A>, next: (value: A) => B | Promise<B>): B | Promise<B> {
  return value instanceof Promise ? value.then(next) : next(value);
}
