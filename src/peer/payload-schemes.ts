import { WampError } from "../wire/error.js";
import { type Passthru, type PassthruKeys, passthruFrom, passthruKeys } from "../wire/options.js";
import { type Arguments, Payload } from "../wire/payload.js";
import { UNREADABLE_PAYLOAD } from "../wire/uris.js";

/** Packs and unpacks payloads of one scheme, such as `endToEnd()` of `wampact/encryption` does. */
export interface PayloadScheme {
  /** The `ppt_scheme` it goes by. */
  readonly scheme: string;
  /** The packing of messages to a URI; `undefined` where they travel in the open. A message in the open from a packed URI is refused. */
  packing(uri: string): Passthru | undefined;
  pack(values: Arguments, how: Passthru): Uint8Array;
  /** Throws, in words, for what it cannot read or may not accept on this URI. */
  unpack(bytes: Uint8Array, how: Passthru, uri: string): Arguments;
}

/** A payload as it travels, and the options that say so where it is packed. */
export interface Packed {
  readonly payload: Payload;
  readonly keys: PassthruKeys | undefined;
}

/** How a peer packs payloads that the router passes through unread, and reads those that come. */
export interface PayloadPacking {
  /** The packing of an answer: that of the request, where its scheme is known. */
  replying(keys: PassthruKeys): Passthru | undefined;
  /** The packing of messages to a URI, unless the application chooses one. */
  packing(uri: string): Passthru | undefined;
  /** Throws `TypeError` for values that cannot travel, and for what cannot be packed. */
  pack(payload: Payload, how: Passthru | undefined): Packed;
  /** The values of a payload that has come. Throws `wampact.error.unreadable_payload` for what cannot be read. */
  unpack(payload: Payload, keys: PassthruKeys, uri: string): Arguments;
}

/** The schemes a peer knows. */
export class PayloadSchemes implements PayloadPacking {
  readonly #schemes: ReadonlyMap<string, PayloadScheme>;

  /** Throws `TypeError` for two of one name. */
  constructor(schemes: readonly PayloadScheme[]) {
    this.#schemes = new Map(schemes.map((each) => [each.scheme, each]));
    if (this.#schemes.size < schemes.length) throw new TypeError("passthru: expected each scheme once");
  }

  /** The packing of an answer: that of the request, where its scheme is known. */
  replying(keys: PassthruKeys): Passthru | undefined {
    return keys.ppt_scheme !== undefined && this.#schemes.has(keys.ppt_scheme) ? passthruFrom(keys) : undefined;
  }

  /** The packing of messages to a URI, unless the application chooses one. */
  packing(uri: string): Passthru | undefined {
    for (const scheme of this.#schemes.values()) {
      const how = scheme.packing(uri);
      if (how) return how;
    }
    return undefined;
  }

  /** Throws `TypeError` for values that cannot travel. Of a scheme it does not know, the application has packed the one argument itself. */
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
   * The values of a payload that has come. Of a scheme it does not know, they are the one binary argument.
   * Throws `wampact.error.unreadable_payload` for what cannot be read, or has come in the open where it must not.
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
      throw unreadable(error instanceof Error ? error.message : String(error), error);
    }
  }
}

function unreadable(why: string, cause?: unknown): WampError {
  return new WampError(UNREADABLE_PAYLOAD, { args: [why], cause });
}
