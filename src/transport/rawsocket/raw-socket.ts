import { PAYLOAD_SIZE_EXCEEDED } from "../../wire/uris.js";
import type { Frame } from "../frame.js";
import type { ByteListener, ByteSocket } from "../socket.js";
import { StreamSocket, type StreamSocketParts } from "../stream-socket.js";
import {
  controlFrame,
  HEADER_BYTES,
  MESSAGE,
  MESSAGE_TOO_LARGE,
  type RawFrameListener,
  RawFrameParser,
  writeHeader,
} from "./frame.js";

/** The parts of one end of a RawSocket. */
export interface RawSocketParts extends StreamSocketParts {
  /** The largest message that this end has announced to accept, in bytes. */
  readonly maxMessageBytes: number;
  /** Whether the other end is pinged even if it is not known to answer pings. */
  readonly pingsAll: boolean;
  /** Returns whether the other end owes an answer. Default: asks the listener. */
  readonly awaitsAnswer?: (() => boolean) | undefined;
}

/** The content of pings. It is text and not empty, because some implementations answer only such pings. */
const PING_DATA: Uint8Array = Uint8Array.of(0x77, 0x61, 0x6d, 0x70); // "wamp"

/**
 * One end of a RawSocket. It sends whole frames, which several sockets may share, and combines the writes of a turn. It pings
 * only an end that is known to answer, because many implementations fail when they are pinged.
 */
export class RawSocket extends StreamSocket implements ByteSocket<Frame>, RawFrameListener {
  /** Whether the other end is known to answer pings. */
  answersPings: boolean;
  readonly takesPlain: boolean = true;
  readonly #maxMessageBytes: number;
  readonly #awaitsAnswer: (() => boolean) | undefined;

  constructor(parts: RawSocketParts) {
    super(parts);
    this.answersPings = parts.pingsAll;
    this.#maxMessageBytes = parts.maxMessageBytes;
    this.#awaitsAnswer = parts.awaitsAnswer;
  }

  override get awaitsAnswer(): boolean {
    return this.#awaitsAnswer?.() ?? super.awaitsAnswer;
  }

  open(listener: ByteListener): void {
    const parser = new RawFrameParser(this, this.#maxMessageBytes);
    this.start(listener, (chunk, isOwn) => parser.read(chunk, isOwn));
    this.connection.socket.once("end", () => this.#endsFor("the other side has ended the connection"));
    if (!this.paused) this.connection.socket.resume(); // the handshake paused it
  }

  send(frame: Frame): void {
    if (this.admits(frame)) this.queue.add(frame);
  }

  close(_code: number, reason: string): void {
    if (this.connection.state !== "open") return;
    this.#endsFor(reason || "closed by this side");
    this.resume();
    this.queue.finish();
    this.connection.end();
  }

  ping(): void {
    if (this.answersPings && this.connection.state === "open") this.queue.add([controlFrame("ping", PING_DATA)]);
  }

  protected override headerBytes(): number {
    return HEADER_BYTES;
  }

  protected override writeHeader(bytes: Uint8Array, at: number, messageBytes: number): void {
    writeHeader(bytes, at, { kind: MESSAGE, length: messageBytes });
  }

  message(data: Buffer): void {
    this.listener?.receive(data);
  }

  pinged(data: Buffer): void {
    this.answersPings = true;
    this.overhead(data.length);
    if (this.connection.state === "open" && !this.isTooSlow()) this.queue.add([controlFrame("pong", data)]);
  }

  ponged(data: Buffer): void {
    this.answersPings = true;
    this.overhead(data.length);
  }

  fault(what: string): void {
    this.#endsFor(what);
    this.listener?.malformed(what, what === MESSAGE_TOO_LARGE ? PAYLOAD_SIZE_EXCEEDED : undefined);
    this.close(0, what);
  }

  #endsFor(reason: string): void {
    this.connection.endReason ??= reason;
  }
}
