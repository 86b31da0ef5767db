import type { NatsPackages } from "./packages.js";

/** JetStream's error codes: the key has another revision; the stream does not exist; the name belongs to another stream. */
export const WRONG_LAST_SEQUENCE = 10071;
export const STREAM_NOT_FOUND = 10059;
export const STREAM_NAME_IN_USE = 10058;
/** JetStream's status while there is no leader. */
const UNAVAILABLE = 503;
/** JetStream's codes for lack of space, which have the same status. */
const NO_ROOM: readonly number[] = [10023, 10047, 10077];

/** Returns whether JetStream has answered with a code. */
export function hasCode(error: unknown, code: number, { jetstream }: NatsPackages): boolean {
  return error instanceof jetstream.JetStreamApiError && error.code === code;
}

/** Returns whether an error only says that NATS, or the leader of a stream, cannot be reached now. */
export function isPassing(error: unknown, { transport, jetstream }: NatsPackages): boolean {
  const { errors } = transport;
  if (error instanceof jetstream.JetStreamApiError)
    return error.status === UNAVAILABLE && !NO_ROOM.includes(error.code);
  const cause = error instanceof Error ? error.cause : undefined; // without a leader, the client says that there is no JetStream
  const passing = [errors.TimeoutError, errors.NoRespondersError, errors.RequestError, errors.ClosedConnectionError];
  return passing.some((each) => error instanceof each || cause instanceof each);
}

/** Returns whether NATS has refused a request because its client may not publish to the subject. */
export function isDenied(error: unknown, { transport }: NatsPackages): boolean {
  const { PermissionViolationError } = transport.errors;
  return (
    error instanceof PermissionViolationError ||
    (error instanceof Error && error.cause instanceof PermissionViolationError)
  );
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
