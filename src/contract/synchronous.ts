/**
 * Returns the outcome of a schema that must be synchronous, such as that of a URI parameter. `what` is, for example,
 * `com.app.{id} params.id`. Throws `TypeError` for a promise.
 */
export function synchronous<Outcome>(outcome: Outcome | Promise<Outcome>, what: string): Outcome {
  if (!(outcome instanceof Promise)) return outcome;
  outcome.catch(() => {}); // not awaited
  throw new TypeError(`${what}: its schema is asynchronous; ${NEEDS_SYNCHRONOUS}`);
}

/** The parts of a contract that need synchronous schemas, for error messages. */
export const NEEDS_SYNCHRONOUS =
  "URI parameters, progress and error data need synchronous codecs and checks; do asynchronous checks in the handler";
