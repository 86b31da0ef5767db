import { DEVELOPMENT } from "#development";
import { ProtocolViolation, WampError } from "./error.js";
import type { Message } from "./messages.js";
import { INVALID_ARGUMENT } from "./uris.js";

/** Thrown within a serializer if lists or dictionaries are nested deeper than it allows. */
export class DepthViolation extends ProtocolViolation {
  constructor(maxDepth: number, at?: number) {
    const fault = `nested deeper than ${maxDepth} levels`;
    super(
      DEVELOPMENT
        ? `lists and dictionaries ${fault}${at === undefined ? "" : ` at byte ${at}`}; the limit is the serializer's maxDepth`
        : fault,
    );
  }
}

/**
 * Thrown by `decode` for a request that is refused while its session continues: its head is valid, except for a URI that
 * may be too long, and its payload is refused. The receiver answers a request with `error` and drops any other message.
 */
export class RefusedPayload extends ProtocolViolation {
  /** The message without its payload, and without a URI that is too long: both are empty. */
  readonly head: Message;
  /** The error that answers the request. */
  readonly error: WampError;

  /** `uri` is the URI of the error. Default: `wamp.error.invalid_argument`. */
  constructor(head: Message, why: string, uri: string = INVALID_ARGUMENT) {
    super(why.startsWith(head.type) ? why : `${head.type}: ${why}`);
    this.name = "RefusedPayload";
    this.head = head;
    this.error = new WampError(uri, { args: [this.message] });
  }
}
