import type { Passthru } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import { payloadOf } from "./request-options.js";

/** Both kinds of arguments at once, as the result of a handler. */
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
 * Makes the return value of a handler that answers with several arguments, or with named ones. `passthru` says how they are packed; the
 * default is as the call was, where the peer knows that scheme.
 */
export function result(
  args: readonly unknown[] = [],
  kwargs: Readonly<Record<string, unknown>> = {},
  options: { readonly passthru?: Passthru } = {},
): WampReply {
  return new WampReply(args, kwargs, options);
}

/** The payload that answers with what a handler returned. Throws `TypeError` for a reply that holds no arguments. */
export function replyPayload(value: unknown): Payload {
  if (value === undefined) return Payload.EMPTY;
  return value instanceof WampReply ? payloadOf(value) : Payload.of([value]);
}
