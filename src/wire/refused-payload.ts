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

/**
 * Thrown by `decode` for a message whose head can be read and whose payload is refused. The session may go on: the receiver
 * answers `head`, where it is a request, with `error`, and drops it otherwise.
 */
export class RefusedPayload extends ProtocolViolation {
  /** The message as it came, but for its payload, which is empty here. */
  readonly head: Message;
  /** What a request is answered with: `wamp.error.invalid_argument` and the reason in words. */
  readonly error: WampError;

  constructor(head: Message, why: string) {
    super(`${head.type}: ${why}`);
    this.name = "RefusedPayload";
    this.head = head;
    this.error = new WampError(INVALID_ARGUMENT, { args: [this.message] });
  }
}
