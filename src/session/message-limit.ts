/** The detail of HELLO and WELCOME with the maximum message size that a side accepts, in bytes. A Wampact extension. */
const KEY = "_max_message_bytes";

/** Returns the details that announce a limit; empty if there is no limit. */
export function announcedLimit(maxMessageBytes: number | undefined): Readonly<Record<string, number>> {
  return maxMessageBytes === undefined ? {} : { [KEY]: maxMessageBytes };
}

/** Returns the limit from the other side's details. */
export function limitIn(details: object): number | undefined {
  const limit = (details as Readonly<Record<string, unknown>>)[KEY];
  return Number.isSafeInteger(limit) && (limit as number) > 0 ? (limit as number) : undefined;
}
