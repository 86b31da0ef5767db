/** Converts between an application's value and its wire form in a thin client. It validates nothing. */
export interface ThinCodec {
  /** Converts from the application to the wire. */
  send(value: unknown): unknown;
  /** Converts from the wire to the application. */
  receive(value: unknown): unknown;
}

/** A codec as a module of the application exports it, for `z.codec` and for thin clients. */
export interface OwnCodec {
  decode(value: never): unknown;
  encode(value: never): unknown;
}

type Convert = (value: never) => unknown;

/** Creates a codec from two functions, each with a known argument type. */
export function codecOf(send: Convert, receive: Convert): ThinCodec {
  return { send: send as ThinCodec["send"], receive: receive as ThinCodec["receive"] };
}

/** Returns the value unchanged. */
export const same = (value: unknown): unknown => value;
