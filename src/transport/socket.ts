import { utf8Length } from "../wire/bytes.js";
import { ProtocolViolation, WampError } from "../wire/error.js";
import type { Message } from "../wire/messages.js";
import type { Serializer } from "../wire/serializer.js";
import { PAYLOAD_SIZE_EXCEEDED } from "../wire/uris.js";
import type { Flow, Transport, TransportListener } from "./transport.js";

/** What the owner of a byte socket is told. */
export interface ByteListener {
  /** One whole message, as the socket got it: text or bytes. */
  receive(data: string | Uint8Array): void;
  /** Bytes that the socket itself cannot read, in words. It still sends, and nothing more comes. */
  malformed(what: string, reason?: string): void;
  closed(reason: string): void;
}

/** A socket that carries whole messages and knows no WAMP. `Frame` is what it takes: text, bytes, or bytes already framed. */
export interface ByteSocket<Frame> {
  readonly unsentBytes: number;
  readonly flow?: Flow;
  /** As a transport's. Missing on a router's end, where nothing that is made waits. */
  drained?(): Promise<void> | undefined;
  open(listener: ByteListener): void;
  send(frame: Frame): void;
  close(code: number, reason: string): void;
}

/** What a socket transport is made of. */
export interface SocketTransportParts<Frame> {
  readonly kind: string;
  readonly socket: ByteSocket<Frame>;
  readonly serializer: Serializer;
  /** Makes what the socket sends. */
  readonly frame: (message: Message) => Frame;
  /** The largest message that the socket receives, in bytes; a larger one ends it. */
  readonly maxMessageBytes?: number | undefined;
}

/** A transport over a byte socket: each message through the serializer, in both directions. */
export class SocketTransport<Frame> implements Transport {
  readonly kind: string;
  readonly maxMessageBytes: number | undefined;
  maxSendBytes: number | undefined;
  trustsPayloads = false;
  readonly #parts: SocketTransportParts<Frame>;

  constructor(parts: SocketTransportParts<Frame>) {
    this.kind = parts.kind;
    this.maxMessageBytes = parts.maxMessageBytes;
    this.#parts = parts;
  }

  get unsentBytes(): number {
    return this.#parts.socket.unsentBytes;
  }

  get flow(): Flow | undefined {
    return this.#parts.socket.flow;
  }

  drained(): Promise<void> | undefined {
    return this.#parts.socket.drained?.();
  }

  open(listener: TransportListener): void {
    const { socket, serializer } = this.#parts;
    let readable = true;
    const fault = (violation: ProtocolViolation) => {
      readable = false;
      listener.violation(violation);
    };
    socket.open({
      receive: (data) => {
        if (!readable) return;
        let message: Message;
        try {
          message = serializer.decode(data, this.trustsPayloads);
        } catch (error) {
          return fault(asViolation(error));
        }
        listener.receive(message);
      },
      malformed: (what, reason) => readable && fault(new ProtocolViolation(what, reason)),
      closed: (reason) => listener.closed(reason),
    });
  }

  send(message: Message): void {
    const frame = this.#parts.frame(message);
    if (this.maxSendBytes !== undefined) checkSize(frame, this.maxSendBytes);
    this.#parts.socket.send(frame);
  }

  close(code = 1000, reason = ""): void {
    this.#parts.socket.close(code, reason);
  }
}

/** Throws `wamp.error.payload_size_exceeded` for a message that the other side has said not to take. */
function checkSize(frame: unknown, maxBytes: number): void {
  const bytes = typeof frame === "string" ? textBytes(frame, maxBytes) : (frame as Uint8Array).byteLength;
  if (bytes <= maxBytes) return;
  throw new WampError(PAYLOAD_SIZE_EXCEEDED, {
    args: [`the message has ${bytes} bytes, and the other side takes ${maxBytes} at most`],
  });
}

/** Counted only where it may matter: a UTF-16 unit takes three bytes at most. */
function textBytes(text: string, maxBytes: number): number {
  return text.length * 3 <= maxBytes ? text.length : utf8Length(text);
}

/** A serializer throws violations; whatever else its library threw is one too, since the bytes made it do so. */
function asViolation(error: unknown): ProtocolViolation {
  if (error instanceof ProtocolViolation) return error;
  return new ProtocolViolation(`malformed message: ${error instanceof Error ? error.message : String(error)}`);
}
