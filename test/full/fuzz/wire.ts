import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { type Arena, count } from "./arena.js";
import type { ListenerName } from "./places.js";
import type { Random } from "./random.js";

/** The longest that an attack holds a connection unless it says so, in milliseconds. */
const LONGEST_MS = 8_000;

const ENDS = { destroy: 40, reset: 40, end: 15, halfOpen: 5 };
/** How long an attacker waits for what it is owed, in milliseconds. */
const PATIENCE_MS = 2_000;

/** A socket of an attacker: nothing that happens to it is an error of the attacker's. */
export class Wire {
  /** The stream to write to and read from: the connection, or TLS on it. */
  readonly socket: Socket;
  /** Resolves when the connection is gone, however it ended. */
  readonly closed: Promise<void>;
  readonly #connection: Socket;
  #isOver = false;
  #received: (chunk: Buffer) => void = () => {};
  #wake: () => void = () => {};

  private constructor(connection: Socket, socket: Socket, longestMs: number) {
    this.#connection = connection;
    this.socket = socket;
    const limit = setTimeout(() => this.destroy(), longestMs);
    for (const each of [connection, socket]) each.on("error", () => {}); // "close" follows
    socket.on("data", (chunk: Buffer) => {
      this.#received(chunk);
      this.#wake();
    });
    socket.on(socket === connection ? "connect" : "secureConnect", () => this.#wake());
    const over = () => {
      this.#isOver = true;
      this.#wake();
    };
    socket.on("end", over);
    socket.on("close", over);
    this.closed = new Promise((resolve) => {
      connection.on("close", () => {
        clearTimeout(limit);
        over();
        resolve();
      });
    });
  }

  /** Connects. What is written before the connection stands is sent when it does. */
  static open(
    arena: Arena,
    listener: ListenerName,
    { tls = listener === "tls", longestMs = LONGEST_MS }: { readonly tls?: boolean; readonly longestMs?: number } = {},
  ): Wire {
    count(arena, "connections");
    const connection = connect({ port: arena.ports[listener], host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    if (!tls) return new Wire(connection, connection, longestMs);
    return new Wire(connection, connectTls({ socket: streamOf(connection), rejectUnauthorized: false }), longestMs);
  }

  /** Whether nothing more can come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes what comes from now on. */
  onReceived(received: (chunk: Buffer) => void): void {
    this.#received = received;
  }

  write(data: string | Uint8Array): void {
    if (!this.socket.destroyed && this.socket.writable)
      this.socket.write(typeof data === "string" ? Buffer.from(data, "latin1") : data);
  }

  /** Resolves once it is so, or nothing more can come, or time is up. */
  async until(isSo: () => boolean, withinMs = PATIENCE_MS): Promise<boolean> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, withinMs);
    while (!isSo() && !this.#isOver && !late) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    return isSo();
  }

  destroy(): void {
    this.socket.destroy();
    this.#connection.destroy();
  }

  /** Ends the connection by RST. */
  reset(): void {
    this.#connection.resetAndDestroy();
  }

  /** Lets go of the connection in one of the ways there are. */
  async leave(random: Random): Promise<void> {
    const how = random.weighted(ENDS);
    if (how === "reset") this.reset();
    else if (how === "destroy") this.destroy();
    else this.socket.end();
    if (how === "halfOpen") await this.until(() => false, 30);
    else if (how === "end") await this.until(() => false, 200);
    this.destroy();
    await this.closed;
  }
}

/**
 * A connection as a stream that is no socket, for TLS to stand on: TLS on a socket takes its handle over, and a handle that is
 * reset under TLS ends this process with SIGSEGV (Node 20).
 */
function streamOf(connection: Socket): Duplex {
  const stream = new Duplex({
    read() {},
    write: (chunk, _encoding, done) => void connection.write(chunk, () => done()),
    final(done) {
      connection.end();
      done();
    },
  });
  connection.on("data", (chunk) => stream.push(chunk));
  connection.on("end", () => stream.push(null));
  connection.on("close", () => stream.destroy());
  return stream;
}
