import { messageOf, WampError } from "../wire/error.js";
import { type Passthru, type PassthruKeys, passthruFrom, passthruKeys } from "../wire/options.js";
import { type Arguments, Payload } from "../wire/payload.js";
import { UNREADABLE_PAYLOAD } from "../wire/uris.js";

/** Packs and unpacks payloads of one scheme, for example `endToEnd()` of `wampact/encryption`. */
export interface PayloadScheme {
  /** The name in `ppt_scheme`. */
  readonly scheme: string;
  /**
   * Returns the packing of messages to a URI; `undefined` for unpacked messages. An unpacked message is refused if its URI has a
   * packing.
   */
  packing(uri: string): Passthru | undefined;
  pack(values: Arguments, how: Passthru): Uint8Array;
  /** Unpacks a payload. Throws with a message if it cannot be read or is not allowed for this URI. */
  unpack(bytes: Uint8Array, how: Passthru, uri: string): Arguments;
}

/** A payload on the wire, with the options that describe its packing. */
export interface Packed {
  readonly payload: Payload;
  readonly keys: PassthruKeys | undefined;
}

/** Packs and unpacks payloads that the router does not read. */
export interface PayloadPacking {
  /** Returns the packing of an answer: that of the request, if its scheme is known. */
  replying(keys: PassthruKeys): Passthru | undefined;
  /** Returns the packing of messages to a URI, unless the application chooses one. */
  packing(uri: string): Passthru | undefined;
  /** Packs a payload. Throws `TypeError` for values that cannot be sent or packed. */
  pack(payload: Payload, how: Passthru | undefined): Packed;
  /** Returns the values of a received payload. Throws `wampact.error.unreadable_payload` if it cannot be read. */
  unpack(payload: Payload, keys: PassthruKeys, uri: string): Arguments;
}

/** The schemes that a peer supports. */
export class PayloadSchemes implements PayloadPacking {
  readonly #schemes: ReadonlyMap<string, PayloadScheme>;

  /** Throws `TypeError` for two schemes with the same name. */
  constructor(schemes: readonly PayloadScheme[]) {
    this.#schemes = new Map(schemes.map((each) => [each.scheme, each]));
    if (this.#schemes.size < schemes.length) throw new TypeError("passthru: expected each scheme once");
  }

  replying(keys: PassthruKeys): Passthru | undefined {
    return keys.ppt_scheme !== undefined && this.#schemes.has(keys.ppt_scheme) ? passthruFrom(keys) : undefined;
  }

  packing(uri: string): Passthru | undefined {
    for (const scheme of this.#schemes.values()) {
      const how = scheme.packing(uri);
      if (how) return how;
    }
    return undefined;
  }

  /**
   * Packs a payload. Throws `TypeError` for values that cannot be sent. For an unknown scheme, the application has packed the
   * single argument.
   */
  pack(payload: Payload, how: Passthru | undefined): Packed {
    if (!how) return { payload, keys: undefined };
    const scheme = this.#schemes.get(how.scheme);
    const { args, kwargs } = payload;
    if (scheme) return { payload: Payload.of([scheme.pack({ args, kwargs }, how)]), keys: passthruKeys(how) };
    if (args.length !== 1 || !(args[0] instanceof Uint8Array) || Object.keys(kwargs).length > 0) {
      throw new TypeError(
        `passthru: no scheme "${how.scheme}" is configured, so expected one Uint8Array as the only argument`,
      );
    }
    return { payload, keys: passthruKeys(how) };
  }

  /**
   * Returns the values of a received payload. For an unknown scheme, that is the single binary argument. Throws
   * `wampact.error.unreadable_payload` if it cannot be read, or is unpacked where that is not allowed.
   */
  unpack(payload: Payload, keys: PassthruKeys, uri: string): Arguments {
    if (this.#schemes.size === 0) return payload;
    const how = passthruFrom(keys);
    const expected = this.packing(uri);
    if (!how || (expected && expected.scheme !== how.scheme)) {
      if (expected)
        throw unreadable(`expected the scheme "${expected.scheme}", got ${how ? `"${how.scheme}"` : "none"}`);
      return payload;
    }
    const scheme = this.#schemes.get(how.scheme);
    if (!scheme) return payload;
    const { args, kwargs } = payload;
    const [bytes] = args;
    if (args.length !== 1 || !(bytes instanceof Uint8Array) || Object.keys(kwargs).length > 0) {
      throw unreadable(`expected one binary argument under the scheme "${how.scheme}"`);
    }
    try {
      return scheme.unpack(bytes, how, uri);
    } catch (error) {
      throw unreadable(messageOf(error), error);
    }
  }
}

function unreadable(why: string, cause?: unknown): WampError {
  return new WampError(UNREADABLE_PAYLOAD, { args: [why], cause });
}
