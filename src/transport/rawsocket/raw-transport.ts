import type { Serializer } from "../../wire/serializer.js";
import type { Frame } from "../frame.js";
import type { FrameEncoder } from "../frame-encoder.js";
import { SocketTransport } from "../socket.js";
import type { PeerInfo } from "../transport.js";
import { messageBytes } from "./frame.js";
import type { RawSocket } from "./raw-socket.js";

/** What a RawSocket's transport is made of. */
export interface RawSocketTransportParts {
  readonly info: PeerInfo;
  readonly socket: RawSocket;
  readonly serializer: Serializer;
  readonly encoder: FrameEncoder;
  /** What this end has announced in the handshake, in bytes. */
  readonly maxMessageBytes: number;
  /** What the other end has announced, in bytes. */
  readonly maxSendBytes: number;
}

/** A transport over a RawSocket. No message is sent that is larger than what the other end has announced in the handshake. */
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

  /** A limit that is announced in details is one of this library, which answers pings. */
  override set maxSendBytes(bytes: number | undefined) {
    this.#most = Math.min(this.#announced, bytes ?? this.#announced);
    if (bytes !== undefined) this.#socket.answersPings = true;
  }
}
