import type { Duplex } from "node:stream";
import { PAYLOAD_SIZE_EXCEEDED } from "../../wire/uris.js";
import type { Endings } from "../endings.js";
import { ConnectionFlow, type ReadBudget } from "../flow.js";
import type { ByteListener, ByteSocket } from "../socket.js";
import type { WriteQueue } from "../write-queue.js";
import { controlFrame, type Frame } from "./frame.js";
import { type FrameListener, FrameParser, NO_STATUS, TOO_LARGE } from "./parser.js";

/** How long the other side has to answer a closing handshake before the connection is cut. */
export const CLOSE_TIMEOUT_MS = 2_000;

/** What a server's end of a WebSocket needs to know. */
export interface ServerSocketOptions {
  /** Past the handshake. */
  readonly connection: Duplex;
  readonly queue: WriteQueue;
  readonly budget: ReadBudget;
  readonly endings: Endings;
  readonly binary: boolean;
  /** In words, what is wrong with a frame of the other kind. */
  readonly wrongKind: string;
  readonly maxMessageBytes: number;
  /** Unsent bytes beyond which the other side is too slow to be kept. */
  readonly maxUnsentBytes: number;
}

/**
 * The server's end of a WebSocket without extensions, straight on its connection: it takes whole frames, which several sockets may
 * share, and writes what a turn has gathered at once. Half the memory and most of the speed of a router are here.
 */
export class ServerSocket implements ByteSocket<Frame>, FrameListener {
  readonly flow: ConnectionFlow;
  readonly #options: ServerSocketOptions;
  #listener: ByteListener | undefined;
  #state: "open" | "closing" | "closed" = "open";
  #heard = true; // something came since the last ping
  #faultCode: number | undefined;
  #endReason: string | undefined;

  constructor(options: ServerSocketOptions) {
    this.#options = options;
    const { connection, queue, budget, maxUnsentBytes } = options;
    this.flow = new ConnectionFlow({ input: connection, output: queue, budget, maxUnsentBytes });
  }

  get unsentBytes(): number {
    return this.#options.queue.unsentBytes;
  }

  get stopped(): boolean {
    return this.flow.stopped;
  }

  open(listener: ByteListener): void {
    this.#listener = listener;
    const { connection, queue, endings, maxMessageBytes } = this.#options;
    const parser = new FrameParser(this, maxMessageBytes);
    connection.on("data", (chunk: Buffer) => {
      this.#heard = true;
      const rest = parser.read(chunk);
      if (rest) connection.unshift(rest);
    });
    connection.on("error", (error) => {
      this.#endReason ??= error.message;
    });
    connection.on("end", () => {
      queue.flush();
      endings.add(connection);
    });
    connection.on("close", () => {
      this.#state = "closed";
      listener.closed(this.#endReason ?? "closed with code 1006");
    });
  }

  send(frame: Frame): void {
    if (this.#state !== "open") return;
    const { queue, maxUnsentBytes } = this.#options;
    if (queue.unsentBytes > maxUnsentBytes)
      this.cut(`the peer is too slow: ${queue.unsentBytes} bytes wait to be sent`);
    else queue.add(frame);
  }

  close(code: number, reason: string): void {
    if (this.#state !== "open") return;
    const { connection } = this.#options;
    this.flow.start();
    this.#sendClose(this.#faultCode ?? code, reason);
    if (this.#faultCode !== undefined) connection.end(); // what comes after a fault cannot be read, an answer neither
    const cut = setTimeout(() => connection.destroy(), CLOSE_TIMEOUT_MS);
    connection.once("close", () => clearTimeout(cut));
  }

  /** Ends the connection at once, with a reason for our own side. */
  cut(reason: string): void {
    this.#endReason ??= reason;
    this.#options.connection.destroy();
  }

  /** Pings, and cuts the connection when nothing has come since the last time. Called once each interval. */
  checkAlive(): void {
    if (this.#state !== "open" || !this.#listener) return;
    if (this.flow.stopped) return this.flow.start(); // it could not be heard; it waits again where it has to
    if (!this.#heard) return this.cut("the peer is dead: it answers no ping");
    this.#heard = false;
    this.#options.queue.add([controlFrame("ping")]);
  }

  message(data: Buffer, binary: boolean): void {
    if (binary === this.#options.binary) this.#listener?.receive(data);
    else this.#listener?.malformed(this.#options.wrongKind);
    this.flow.received(data.length);
  }

  ping(data: Buffer): void {
    if (this.#state === "open") this.#options.queue.add([controlFrame("pong", data)]);
  }

  pong(): void {} // that something came is all it says

  closing(code: number, reason: string): void {
    this.#endReason ??= reason || `closed with code ${code}`;
    if (this.#state === "open") this.#sendClose(code === NO_STATUS ? undefined : code, "");
    this.#options.connection.end();
  }

  fault(code: number, what: string): void {
    this.#faultCode = code;
    this.#listener?.malformed(what, code === TOO_LARGE ? PAYLOAD_SIZE_EXCEEDED : undefined);
    this.close(code, "");
  }

  #sendClose(code: number | undefined, reason: string): void {
    this.#state = "closing";
    const { queue } = this.#options;
    queue.add([controlFrame("close", closePayload(code, reason))]);
    queue.flush();
  }
}

function closePayload(code: number | undefined, reason: string): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  const text = Buffer.from(shortened(reason));
  const payload = Buffer.alloc(2 + text.length);
  payload.writeUInt16BE(code);
  text.copy(payload, 2);
  return payload;
}

/** A close frame holds a reason of at most 123 bytes. */
export function shortened(reason: string): string {
  return Buffer.byteLength(reason) <= 123
    ? reason
    : `${Buffer.from(reason)
        .subarray(0, 119)
        .toString()
        .replace(/\uFFFD+$/, "")}...`;
}
