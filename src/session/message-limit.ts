/** The detail of HELLO and WELCOME that says how large a message each side takes, in bytes: ours, which others ignore. */
const KEY = "_max_message_bytes";

/** The details that announce a limit; none where there is none. */
export function announcedLimit(maxMessageBytes: number | undefined): Readonly<Record<string, number>> {
  return maxMessageBytes === undefined ? {} : { [KEY]: maxMessageBytes };
}

/** The limit that the other side's details announce. */
export function limitIn(details: object): number | undefined {
  const limit = (details as Readonly<Record<string, unknown>>)[KEY];
  return Number.isSafeInteger(limit) && (limit as number) > 0 ? (limit as number) : undefined;
}
