import { ProtocolViolation, WampError } from "../wire/error.js";
import type { Message } from "../wire/messages.js";
import { RefusedPayload } from "../wire/refused-payload.js";
import type { PlainWriter, Serializer } from "../wire/serializer.js";
import { PAYLOAD_SIZE_EXCEEDED } from "../wire/uris.js";
import type { Batches } from "./batch-splitter.js";
import type { CutCause, PeerInfo, Reading, Transport, TransportListener } from "./transport.js";

/** What the owner of a byte socket is told. */
export interface ByteListener {
  /** One whole message, or batch, as the socket got it: text or bytes. */
  receive(data: string | Uint8Array): void;
  /** Bytes that the socket itself cannot read, in words. It still sends, and nothing more comes. */
  malformed(what: string, reason?: string): void;
  /** As a transport's. */
  overhead(bytes: number): void;
  /** As a transport's. */
  owesAnswer(): boolean;
  /** As a transport's. */
  frozen(isFrozen: boolean): void;
  /** As a transport's. */
  closed(reason: string, cut?: CutCause): void;
}

/** A socket that carries whole messages and knows no WAMP. `Frame` is what it takes: text, bytes, or bytes already framed. */
export interface ByteSocket<Frame> {
  readonly unsentBytes: number;
  readonly maxUnsentBytes: number;
  readonly reading?: Reading;
  /** Whether nothing that is sent would leave any more. */
  readonly gone?: boolean;
  /** The largest frame that the other side takes, in bytes, once it has said so: for sockets that make one of several. */
  maxSendBytes?: number | undefined;
  /** Whether `sendPlain` may take messages. Missing where there is none. */
  readonly takesPlain?: boolean;
  open(listener: ByteListener): void;
  send(frame: Frame): void;
  /** Sends a message of so many bytes that `writer` is prepared for. False where it is to be sent as a frame. */
  sendPlain?(writer: PlainWriter, messageBytes: number): boolean;
  close(code: number, reason: string): void;
  onceDrained(callback: () => void): void;
}

/** What a socket transport is made of. */
export interface SocketTransportParts<Frame> {
  readonly info: PeerInfo;
  readonly socket: ByteSocket<Frame>;
  readonly serializer: Serializer;
  /** Makes what the socket sends. */
  readonly frame: (message: Message) => Frame;
  /** The size of the message in a frame. */
  readonly bytesOf: (frame: Frame) => number;
  /** The largest message that the socket receives, in bytes; a larger one ends it. */
  readonly maxMessageBytes?: number | undefined;
  /** What tells the messages apart where the socket receives several in one. */
  readonly batches?: Batches | undefined;
}

/** A transport over a byte socket: each message through the serializer, in both directions. */
export class SocketTransport<Frame> implements Transport {
  readonly info: PeerInfo;
  readonly maxMessageBytes: number | undefined;
  trustsPayloads = false;
  countsBytes = false;
  readonly #parts: SocketTransportParts<Frame>;
  readonly #plain: PlainWriter | undefined; // where the socket takes what it writes
  #maxSendBytes: number | undefined;

  constructor(parts: SocketTransportParts<Frame>) {
    this.info = parts.info;
    this.maxMessageBytes = parts.maxMessageBytes;
    this.#parts = parts;
    this.#plain = parts.socket.takesPlain ? parts.serializer.plain : undefined;
  }

  get unsentBytes(): number {
    return this.#parts.socket.unsentBytes;
  }

  get maxUnsentBytes(): number {
    return this.#parts.socket.maxUnsentBytes;
  }

  get reading(): Reading | undefined {
    const { socket, batches } = this.#parts;
    return batches?.reading ?? socket.reading;
  }

  get maxSendBytes(): number | undefined {
    return this.#maxSendBytes;
  }

  set maxSendBytes(bytes: number | undefined) {
    this.#maxSendBytes = bytes;
    this.#parts.socket.maxSendBytes = bytes;
  }

  open(listener: TransportListener): void {
    const { socket, serializer, batches } = this.#parts;
    let readable = true;
    const fault = (violation: ProtocolViolation) => {
      readable = false;
      listener.violation(violation);
    };
    const receive = (data: string | Uint8Array) => {
      if (!readable) return;
      let message: Message;
      try {
        message = serializer.decode(data, this.trustsPayloads);
      } catch (error) {
        if (error instanceof RefusedPayload) return listener.refused(error, data.length);
        return fault(asViolation(error));
      }
      listener.receive(message, data.length);
    };
    batches?.open({ receive, violation: fault });
    socket.open({
      receive: batches ? (data) => batches.receive(data) : receive,
      malformed: (what, reason) => readable && fault(new ProtocolViolation(what, reason)),
      overhead: (bytes) => listener.overhead?.(bytes),
      owesAnswer: () => listener.owesAnswer?.() ?? false,
      frozen: (isFrozen) => listener.frozen?.(isFrozen),
      closed: (reason, cut) => {
        batches?.drop();
        listener.closed(reason, cut);
      },
    });
  }

  send(message: Message): number {
    if (this.#parts.socket.gone) return 0;
    // An event may go to many: its frame is made once for all of them.
    const plainBytes = message.type === "EVENT" ? 0 : this.#sendPlain(message);
    if (plainBytes > 0) return plainBytes;
    const frame = this.#parts.frame(message);
    const bytes = this.countsBytes || this.maxSendBytes !== undefined ? this.#parts.bytesOf(frame) : 0;
    if (this.maxSendBytes !== undefined) checkSize(bytes, this.maxSendBytes);
    this.#parts.socket.send(frame);
    return bytes;
  }

  /** Sends a message without a frame of its own. Returns its size; 0 where that cannot be, and nothing is sent. */
  #sendPlain(message: Message): number {
    const bytes = this.#plain?.prepare(message) ?? 0;
    if (bytes === 0) return 0;
    if (this.maxSendBytes !== undefined) checkSize(bytes, this.maxSendBytes);
    return this.#parts.socket.sendPlain?.(this.#plain as PlainWriter, bytes) ? bytes : 0;
  }

  close(code = 1000, reason = ""): void {
    this.#parts.batches?.drop();
    this.#parts.socket.close(code, reason);
  }

  onceDrained(callback: () => void): void {
    this.#parts.socket.onceDrained(callback);
  }
}

/** Throws `wamp.error.payload_size_exceeded` for a message that the other side has said not to take. */
function checkSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new WampError(PAYLOAD_SIZE_EXCEEDED, {
    args: [`the message has ${bytes} bytes, and the other side takes ${maxBytes} at most`],
  });
}

/** A serializer throws violations; whatever else its library threw is one too, since the bytes made it do so. */
function asViolation(error: unknown): ProtocolViolation {
  if (error instanceof ProtocolViolation) return error;
  return new ProtocolViolation(`malformed message: ${error instanceof Error ? error.message : String(error)}`);
}
