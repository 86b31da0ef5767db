import type { Passthru } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import { payloadOf } from "./request-options.js";

/** A handler's result with both positional and keyword arguments. */
export class WampReply {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly passthru: Passthru | undefined;

  constructor(
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: { readonly passthru?: Passthru },
  ) {
    this.args = args;
    this.kwargs = kwargs;
    this.passthru = options.passthru;
  }
}

/**
 * Creates the return value of a handler that answers with several arguments, or with keyword arguments. `passthru` is their
 * packing. Default: the packing of the call, if the peer supports that scheme.
 */
export function result(
  args: readonly unknown[] = [],
  kwargs: Readonly<Record<string, unknown>> = {},
  options: { readonly passthru?: Passthru } = {},
): WampReply {
  return new WampReply(args, kwargs, options);
}

/** Returns the payload for a handler's return value. Throws `TypeError` for a reply with invalid arguments. */
export function replyPayload(value: unknown): Payload {
  if (value === undefined) return Payload.EMPTY;
  return value instanceof WampReply ? payloadOf(value) : Payload.of([value]);
}
