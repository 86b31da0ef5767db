/**
 * The outcome of a schema that must be there at once, such as that of a URI's parameter. `what` is such as `com.app.{id} params.id`. Throws
 * `TypeError` for one that comes later.
 */
export function synchronous<Outcome>(outcome: Outcome | Promise<Outcome>, what: string): Outcome {
  if (!(outcome instanceof Promise)) return outcome;
  outcome.catch(() => {}); // nobody waits for it
  throw new TypeError(`${what}: its schema is asynchronous; ${NEEDS_SYNCHRONOUS}`);
}

/** Which parts of a contract need synchronous schemas, in words. */
export const NEEDS_SYNCHRONOUS =
  "URI parameters, progress and error data need codecs and checks that answer at once; check asynchronously in the handler";
