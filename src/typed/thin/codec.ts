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

/** A codec cannot convert a value. */
export class Unfit extends Error {
  /** The path to the value. */
  readonly path: (string | number)[] = [];
  /** The kind of value that the codec converts, in zod's words, if it is known. */
  readonly expected: string | undefined;

  constructor(expected: string | undefined, message = `expected ${expected}`) {
    super(message);
    this.expected = expected;
  }
}

/** Creates a codec from two functions, each with a known argument type. */
export function codecOf(send: Convert, receive: Convert): ThinCodec {
  return { send: send as ThinCodec["send"], receive: receive as ThinCodec["receive"] };
}

/**
 * Creates a codec like `codecOf` that refuses other kinds of values. `own` and `wire` are the kinds that the two functions take, in
 * zod's words.
 */
export function codecFor(own: string, wire: string, send: Convert, receive: Convert): ThinCodec {
  return codecOf(expecting(own, send), expecting(wire, receive));
}

/** Returns the function, which then refuses other kinds of values and those for which it throws. */
export function expecting(expected: string, convert: Convert): Convert {
  return (value) => {
    if (classOf(value) === expected.toLowerCase()) {
      try {
        const made = convert(value);
        if (!isInvalid(made)) return made;
      } catch {
        // the refusal below is more useful than the exception, such as "Invalid time value"
      }
    }
    throw new Unfit(expected);
  };
}

function isInvalid(value: unknown): boolean {
  return (typeof value === "number" || value instanceof Date) && Number.isNaN(Number(value));
}

/** Returns `date` for a date, of any realm. */
function classOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1).toLowerCase();
}

/** Returns the value unchanged. */
export const same = (value: unknown): unknown => value;
