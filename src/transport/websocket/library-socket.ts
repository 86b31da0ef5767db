import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { PAYLOAD_SIZE_EXCEEDED } from "../../wire/uris.js";
import { ConnectionFlow, type Output, type ReadBudget } from "../flow.js";
import type { ByteListener, ByteSocket } from "../socket.js";
import type { WriteQueue } from "../write-queue.js";
import { maskedFrame } from "./frame.js";
import { CLOSE_TIMEOUT_MS, shortened } from "./server.js";
import { MUCH_UNSENT, type WebSocketData } from "./websocket.js";

/** An option newer than the library's types. */
export const CLOSING: { readonly closeTimeout: number } = { closeTimeout: CLOSE_TIMEOUT_MS };

const TOO_LARGE = 1009;
const FAULTS: Readonly<Record<number, string>> = {
  1002: "malformed WebSocket frame",
  1007: "a text frame is not valid UTF-8",
  [TOO_LARGE]: "a message is larger than this side accepts",
};

/**
 * The library's WebSocket, which closes by itself when it cannot read a frame. This one tells first, so that an ABORT
 * that names the fault can still go out ahead of the close frame.
 */
export class TellingWebSocket extends WebSocket {
  onFault: ((what: string, code: number) => void) | undefined;

  override close(code?: number, data?: string | Buffer): void {
    const fault = data === undefined && code !== undefined ? FAULTS[code] : undefined;
    if (fault !== undefined && code !== undefined && this.readyState === WebSocket.OPEN) this.onFault?.(fault, code);
    super.close(code, data);
  }
}

/** What a byte socket on a `TellingWebSocket` needs to know. */
export interface NodeSocketOptions {
  readonly ws: TellingWebSocket;
  /** The connection below, for writes that are gathered. */
  readonly connection: Duplex;
  readonly binary: boolean;
  /** In words, what is wrong with a frame of the other kind. */
  readonly wrongKind: string;
  /** Unsent bytes beyond which the other side is too slow to be kept. */
  readonly maxUnsentBytes: number;
}

/** The parts of a byte socket that both ends share: receiving, faults, a dead peer, closing. `write` is theirs. */
export abstract class NodeSocket<Frame> implements ByteSocket<Frame> {
  protected readonly options: NodeSocketOptions;
  #listener: ByteListener | undefined;
  #faultCode: number | undefined;
  #endReason: string | undefined;
  #heard = true; // something came since the last ping

  constructor(options: NodeSocketOptions) {
    this.options = options;
  }

  abstract readonly unsentBytes: number;
  readonly flow?: ConnectionFlow;
  protected abstract write(frame: Frame): void;
  /** Sends what is queued, before the close frame. */
  protected abstract flush(): void;
  protected abstract received(data: Buffer): string | Uint8Array;

  open(listener: ByteListener): void {
    this.#listener = listener;
    const { ws, binary, wrongKind } = this.options;
    ws.on("message", (data: Buffer, isBinary) => {
      this.#heard = true;
      if (isBinary === binary) listener.receive(this.received(data));
      else listener.malformed(wrongKind);
      this.flow?.received(data.length);
    });
    ws.on("pong", () => {
      this.#heard = true;
    });
    ws.onFault = (what, code) => {
      this.#faultCode = code;
      listener.malformed(what, code === TOO_LARGE ? PAYLOAD_SIZE_EXCEEDED : undefined);
    };
    ws.on("error", (error) => {
      this.#endReason ??= error.message;
    });
    ws.on("close", (code, reason) =>
      listener.closed(this.#endReason ?? (reason.toString() || `closed with code ${code}`)),
    );
  }

  send(frame: Frame): void {
    if (this.options.ws.readyState !== WebSocket.OPEN) return;
    if (this.unsentBytes > this.options.maxUnsentBytes) {
      this.cut(`the peer is too slow: ${this.unsentBytes} bytes wait to be sent`);
      return;
    }
    this.write(frame);
  }

  close(code: number, reason: string): void {
    this.flush();
    this.options.ws.close(this.#faultCode ?? code, shortened(reason));
  }

  /** Ends the connection at once, with a reason for our own side. */
  cut(reason: string): void {
    this.#endReason ??= reason;
    this.options.ws.terminate();
  }

  /** Pings, and cuts the connection when nothing has come since the last time. Called once each interval. */
  checkAlive(): void {
    if (this.options.ws.readyState !== WebSocket.OPEN || !this.#listener) return;
    if (this.flow?.stopped) return this.flow.start(); // it could not be heard; it waits again where it has to
    if (!this.#heard) return this.cut("the peer is dead: it answers no ping");
    this.#heard = false;
    this.options.ws.ping();
  }
}

/** For clients: frames and masks each message itself, and writes what a turn has gathered at once. */
export class MaskedSocket extends NodeSocket<WebSocketData> {
  readonly #queue: WriteQueue;

  constructor(options: NodeSocketOptions, queue: WriteQueue) {
    super(options);
    this.#queue = queue;
  }

  get unsentBytes(): number {
    return this.#queue.unsentBytes;
  }

  drained(): Promise<void> | undefined {
    if (this.unsentBytes < MUCH_UNSENT) return undefined;
    return new Promise((resolve) => this.#queue.onceDrained(resolve));
  }

  protected write(data: WebSocketData): void {
    this.#queue.add([maskedFrame(data)]);
  }

  protected flush(): void {
    this.#queue.flush();
  }

  protected received(data: Buffer): WebSocketData {
    return this.options.binary ? data : data.toString();
  }
}

/** For servers with compression: leaves framing to the library, and gathers what it writes in one turn. */
export class LibrarySocket extends NodeSocket<WebSocketData> implements Output {
  override readonly flow: ConnectionFlow;
  readonly #drained: (() => void)[] = []; // to be called back
  #corked = false;

  constructor(options: NodeSocketOptions, budget: ReadBudget) {
    super(options);
    const { ws, connection, maxUnsentBytes } = options;
    this.flow = new ConnectionFlow({ input: ws, output: this, budget, maxUnsentBytes });
    connection.on("close", () => this.#sent());
  }

  get unsentBytes(): number {
    return this.options.ws.bufferedAmount;
  }

  protected write(frame: WebSocketData): void {
    if (!this.#corked) {
      this.#corked = true;
      this.options.connection.cork();
      setImmediate(() => this.flush());
    }
    this.options.ws.send(frame, { binary: this.options.binary }, () => {
      if (this.unsentBytes === 0) this.#sent();
    });
  }

  onceDrained(callback: () => void): void {
    if (this.unsentBytes === 0) callback();
    else this.#drained.push(callback);
  }

  #sent(): void {
    for (const each of this.#drained.splice(0)) each();
  }

  protected flush(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.options.connection.uncork();
  }

  protected received(data: Buffer): WebSocketData {
    return this.options.binary ? data : data.toString();
  }
}
