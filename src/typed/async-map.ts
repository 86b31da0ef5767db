/**
 * Maps the values of an iterable. Leaving the loop ends the source at once, also while a value is awaited. So does an exception
 * from `each`.
 */
export function mapAsync<T, U>(
  source: AsyncIterable<T> | Iterable<T>,
  each: (value: T) => U | Promise<U>,
): AsyncIterable<U> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
      const end = async (): Promise<IteratorReturnResult<undefined>> => {
        await iterator.return?.();
        return { done: true, value: undefined };
      };
      return {
        async next() {
          const { done, value } = await iterator.next();
          if (done) return { done, value: undefined };
          try {
            return { done: false, value: await each(await value) };
          } catch (error) {
            await end();
            throw error;
          }
        },
        return: end,
      };
    },
  };
}
