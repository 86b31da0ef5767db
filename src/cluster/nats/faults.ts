import type { NatsPackages } from "./packages.js";

/** JetStream's codes for a key that has another revision, and for a stream that is not there, or has a name that another one has. */
export const WRONG_LAST_SEQUENCE = 10071;
export const STREAM_NOT_FOUND = 10059;
export const STREAM_NAME_IN_USE = 10058;
/** Its status while no leader is there. */
const UNAVAILABLE = 503;
/** Its codes for want of room, which have that status, too. */
const NO_ROOM: readonly number[] = [10023, 10047, 10077];

/** Whether JetStream has answered with a code. */
export function hasCode(error: unknown, code: number, { jetstream }: NatsPackages): boolean {
  return error instanceof jetstream.JetStreamApiError && error.code === code;
}

/** Whether an error only says that NATS, or who leads a stream there, cannot be reached now. */
export function isPassing(error: unknown, { transport, jetstream }: NatsPackages): boolean {
  const { errors } = transport;
  if (error instanceof jetstream.JetStreamApiError)
    return error.status === UNAVAILABLE && !NO_ROOM.includes(error.code);
  const cause = error instanceof Error ? error.cause : undefined; // where nobody leads, the client says that there is no JetStream
  const passing = [errors.TimeoutError, errors.NoRespondersError, errors.RequestError, errors.ClosedConnectionError];
  return passing.some((each) => error instanceof each || cause instanceof each);
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
