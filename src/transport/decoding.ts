import { messageOf, ProtocolViolation, violation } from "../wire/error.js";
import type { Message } from "../wire/messages.js";
import { RefusedPayload } from "../wire/refused-payload.js";
import type { Serializer } from "../wire/serializer.js";
import type { Transport, TransportListener } from "./transport.js";

/** The way from received data to a listener. */
export interface Decoding {
  /** Decodes one message and passes it on. After a violation, it does nothing. */
  receive(data: string | Uint8Array): void;
  /** Reports a violation, if it is the first. */
  violation(fault: ProtocolViolation): void;
}

/** Decodes what a transport receives, for its listener, until it is not valid. */
export function decodingFor(
  listener: TransportListener,
  serializer: Serializer,
  transport: Pick<Transport, "trustsPayloads">,
): Decoding {
  let readable = true;
  const fail = (fault: ProtocolViolation) => {
    if (!readable) return;
    readable = false;
    listener.violation(fault);
  };
  return {
    violation: fail,
    receive(data) {
      if (!readable) return;
      let message: Message;
      try {
        message = serializer.decode(data, transport.trustsPayloads);
      } catch (error) {
        if (error instanceof RefusedPayload) return listener.refused(error, data.length);
        return fail(asViolation(error));
      }
      listener.receive(message, data.length);
    },
  };
}

/** Converts an exception of decoding to a violation. Any exception of the serializer's library is caused by the bytes. */
function asViolation(error: unknown): ProtocolViolation {
  if (error instanceof ProtocolViolation) return error;
  return violation("malformed message", messageOf(error));
}
