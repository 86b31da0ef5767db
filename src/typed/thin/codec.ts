/** Between an application's value and what travels of it, as a thin client has it: it converts, and checks nothing. */
export interface ThinCodec {
  /** From the application to the wire. */
  send(value: unknown): unknown;
  /** From the wire to the application. */
  receive(value: unknown): unknown;
}

/** A codec as a module of the application exports it, for `z.codec` and for thin clients. */
export interface OwnCodec {
  decode(value: never): unknown;
  encode(value: never): unknown;
}

type Convert = (value: never) => unknown;

/** Makes a codec of two functions, each of which knows what it is given. */
export function codecOf(send: Convert, receive: Convert): ThinCodec {
  return { send: send as ThinCodec["send"], receive: receive as ThinCodec["receive"] };
}

/** What passes as it is. */
export const same = (value: unknown): unknown => value;
