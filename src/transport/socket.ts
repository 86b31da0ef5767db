import { ProtocolViolation } from "../wire/error.js";
import type { Message } from "../wire/messages.js";
import type { PlainWriter, Serializer } from "../wire/serializer.js";
import type { Batches } from "./batch-splitter.js";
import { decodingFor } from "./decoding.js";
import { checkSize } from "./send-limit.js";
import type { CutCause, PeerInfo, Reading, Transport, TransportListener } from "./transport.js";

/** Receives the events of a byte socket. */
export interface ByteListener {
  /** Receives one whole message or batch, as text or bytes. */
  receive(data: string | Uint8Array): void;
  /** Reports bytes that the socket cannot parse. The socket can still send, but receives nothing more. */
  malformed(what: string, reason?: string): void;
  /** See `TransportListener`. */
  overhead(bytes: number): void;
  /** See `TransportListener`. */
  owesAnswer(): boolean;
  /** See `TransportListener`. */
  frozen(isFrozen: boolean): void;
  /** See `TransportListener`. */
  closed(reason: string, cut?: CutCause): void;
}

/** A socket that carries whole messages without knowing WAMP. `Frame` is its unit of sending: text, bytes or framed bytes. */
export interface ByteSocket<Frame> {
  readonly unsentBytes: number;
  readonly maxUnsentBytes: number;
  readonly reading?: Reading;
  /** Whether the socket can no longer send anything. */
  readonly gone?: boolean;
  /** The largest frame that the other side accepts, in bytes, once announced. For sockets that combine frames. */
  maxSendBytes?: number | undefined;
  /** Whether `sendPlain` may be used. Absent without `sendPlain`. */
  readonly takesPlain?: boolean;
  open(listener: ByteListener): void;
  send(frame: Frame): void;
  /** Sends the message that `writer` is prepared for. Returns false if it must be sent as a frame. */
  sendPlain?(writer: PlainWriter, messageBytes: number): boolean;
  close(code: number, reason: string): void;
  onceDrained(callback: () => void): void;
}

/** The parts of a socket transport. */
export interface SocketTransportParts<Frame> {
  readonly info: PeerInfo;
  readonly socket: ByteSocket<Frame>;
  readonly serializer: Serializer;
  /** Converts a message to the socket's unit of sending. */
  readonly frame: (message: Message) => Frame;
  /** Returns the size of the message in a frame. */
  readonly bytesOf: (frame: Frame) => number;
  /** The largest message that the socket accepts, in bytes. A larger one ends the connection. */
  readonly maxMessageBytes?: number | undefined;
  /** Splits batches, if the socket receives several messages at once. */
  readonly batches?: Batches | undefined;
}

/** A transport over a byte socket and a serializer. */
export class SocketTransport<Frame> implements Transport {
  readonly info: PeerInfo;
  readonly maxMessageBytes: number | undefined;
  trustsPayloads = false;
  countsBytes = false;
  readonly #parts: SocketTransportParts<Frame>;
  readonly #plain: PlainWriter | undefined; // only if the socket supports it
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
    const decoding = decodingFor(listener, serializer, this);
    batches?.open(decoding);
    socket.open({
      receive: batches ? (data) => batches.receive(data) : decoding.receive,
      malformed: (what, reason) => decoding.violation(new ProtocolViolation(what, reason)),
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
    // An event may have many receivers; its frame is created once for all of them.
    const plainBytes = message.type === "EVENT" ? 0 : this.#sendPlain(message);
    if (plainBytes > 0) return plainBytes;
    const frame = this.#parts.frame(message);
    const bytes = this.countsBytes || this.maxSendBytes !== undefined ? this.#parts.bytesOf(frame) : 0;
    if (this.maxSendBytes !== undefined) checkSize(bytes, this.maxSendBytes);
    this.#parts.socket.send(frame);
    return bytes;
  }

  /** Sends a message without creating a frame. Returns its size, or 0 if that is not possible and nothing was sent. */
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
