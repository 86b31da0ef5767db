import { MAX_HEAD_TEXT_BYTES } from "./bounds.js";
import { ProtocolViolation, WampError } from "./error.js";
import type { Message } from "./messages.js";
import { INVALID_ARGUMENT } from "./uris.js";

/** Thrown within a serializer where lists or dictionaries nest deeper than it allows. */
export class DepthViolation extends ProtocolViolation {
  constructor(maxDepth: number, at?: number) {
    const where = at === undefined ? "" : ` at byte ${at}`;
    super(
      `lists and dictionaries nested deeper than ${maxDepth} levels${where}; the serializers' maxDepth sets how many are taken`,
    );
  }
}

/** Thrown within a serializer for a text of a message's head that is too long to be read. */
export class TextTooLong extends ProtocolViolation {
  constructor(path: string) {
    super(`${path}: expected at most ${MAX_HEAD_TEXT_BYTES} bytes, got more`);
  }
}

/**
 * Thrown by `decode` for a message whose head can be read, but for a URI that is too long, and whose payload is refused. The session may
 * go on: the receiver answers `head`, where it is a request, with `error`, and drops it otherwise.
 */
export class RefusedPayload extends ProtocolViolation {
  /** The message as it came, but for its payload, and a URI that is too long: they are empty here. */
  readonly head: Message;
  /** What a request is answered with: the reason in words. */
  readonly error: WampError;

  /** `uri` is that of the error. Default `wamp.error.invalid_argument`. */
  constructor(head: Message, why: string, uri: string = INVALID_ARGUMENT) {
    super(why.startsWith(head.type) ? why : `${head.type}: ${why}`);
    this.name = "RefusedPayload";
    this.head = head;
    this.error = new WampError(uri, { args: [this.message] });
  }
}
