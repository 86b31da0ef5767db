import type { MessageSerializer } from "../../wire/serializer.js";
import type { Frame } from "../frame.js";
import type { FrameEncoder } from "../frame-encoder.js";
import { SocketTransport } from "../socket.js";
import type { PeerInfo } from "../transport.js";
import { messageBytes } from "./frame.js";
import type { RawSocket } from "./raw-socket.js";

/** The parts of a RawSocket transport. */
export interface RawSocketTransportParts {
  readonly info: PeerInfo;
  readonly socket: RawSocket;
  readonly serializer: MessageSerializer;
  readonly encoder: FrameEncoder;
  /** The largest message that this end has announced to accept, in bytes. */
  readonly maxMessageBytes: number;
  /** The largest message that the other end has announced to accept, in bytes. */
  readonly maxSendBytes: number;
}

/** A transport over a RawSocket. It never sends a message larger than the other end's announced limit. */
export class RawSocketTransport extends SocketTransport<Frame> {
  readonly #announced: number;
  readonly #socket: RawSocket;
  #most: number;

  constructor({ encoder, maxSendBytes, ...parts }: RawSocketTransportParts) {
    super({ ...parts, frame: encoder.frame, bytesOf: messageBytes });
    this.#announced = maxSendBytes;
    this.#most = maxSendBytes;
    this.#socket = parts.socket;
  }

  override get maxSendBytes(): number {
    return this.#most;
  }

  /** A limit announced in details means that the other end uses this library, which answers pings. */
  override set maxSendBytes(bytes: number | undefined) {
    this.#most = Math.min(this.#announced, bytes ?? this.#announced);
    if (bytes !== undefined) this.#socket.answersPings = true;
  }
}
