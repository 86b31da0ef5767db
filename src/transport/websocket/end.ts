import { PAYLOAD_SIZE_EXCEEDED } from "../../wire/uris.js";
import type { FrameJoiner } from "../frame-joiner.js";
import type { ByteListener } from "../socket.js";
import { StreamSocket, type StreamSocketParts } from "../stream-socket.js";
import { closePayload } from "./close.js";
import type { ControlKind } from "./frame.js";
import { type FrameListener, FrameParser, NO_STATUS, TOO_LARGE } from "./parser.js";

/** The parts of one end of a WebSocket. */
export interface WebSocketEndParts extends StreamSocketParts {
  /** Whether messages are sent in binary frames. */
  readonly binary: boolean;
  /** The error message for a frame of the wrong type. */
  readonly wrongKind: string;
  readonly maxMessageBytes: number;
}

/**
 * One end of a WebSocket: it handles received frames and the close handshake. Subclasses implement sending and framing.
 */
export abstract class WebSocketEnd extends StreamSocket implements FrameListener {
  readonly #parts: WebSocketEndParts;
  #faultCode: number | undefined;

  constructor(parts: WebSocketEndParts, joiner?: FrameJoiner) {
    super(parts, joiner);
    this.#parts = parts;
  }

  /** Creates a whole control frame. */
  protected abstract control(kind: ControlKind, data?: Uint8Array): Uint8Array;

  /** Handles a whole message of the negotiated type. */
  protected abstract take(message: Buffer): void;

  abstract compressed(data: Buffer, binary: boolean): void;

  ping(): void {
    if (this.connection.state === "open") this.queue.add([this.control("ping")]);
  }

  message(data: Buffer, binary: boolean): void {
    if (binary === this.#parts.binary) this.take(data);
    else this.listener?.malformed(this.#parts.wrongKind);
  }

  pinged(data: Buffer): void {
    this.listener?.overhead(data.length);
    if (this.connection.state === "open" && !this.isTooSlow()) this.queue.add([this.control("pong", data)]);
  }

  closing(code: number, reason: string): void {
    const { connection } = this;
    connection.endReason ??= reason || `closed with code ${code}`;
    if (connection.state === "open") this.#sendClose(code === NO_STATUS ? undefined : code, "");
    connection.end();
    this.tellClosed(); // without waiting for the connection
  }

  fault(code: number, what: string): void {
    this.#faultCode = code;
    this.listener?.malformed(what, code === TOO_LARGE ? PAYLOAD_SIZE_EXCEEDED : undefined);
    this.close(code, "");
  }

  abstract close(code: number, reason: string): void;

  /** Starts to read frames. `masked` is whether the other end masks its frames. */
  protected startReading(
    listener: ByteListener,
    rules: { readonly masked: boolean; readonly compression: boolean },
  ): void {
    const parser = new FrameParser(this, { maxMessageBytes: this.#parts.maxMessageBytes, ...rules });
    this.start(listener, (chunk, isOwn) => parser.read(chunk, isOwn));
  }

  /** Sends a close frame after the queued data. */
  protected finish(code: number, reason: string): void {
    this.#sendClose(this.#faultCode ?? code, reason);
    if (this.#faultCode !== undefined) this.connection.end(); // after a fault nothing can be read, including an answer
  }

  #sendClose(code: number | undefined, reason: string): void {
    this.queue.add([this.control("close", closePayload(code, reason))]);
    this.queue.finish();
  }
}
