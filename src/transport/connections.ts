import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ListenerHost } from "./listener.js";
import { openFiles } from "./open-files.js";
import { timerMs } from "./timer.js";

/** How long the other side has to end a connection that this side has ended, before it is destroyed. */
export const CLOSE_TIMEOUT_MS = 2_000;

/**
 * The sockets of one listener. It owns each from its first byte to its last: every one has a handler for errors and, until it is open
 * and again once it is closing, a deadline, so that none can end the process and none is held for ever.
 */
export class Connections {
  readonly #kind: string;
  readonly #host: Pick<ListenerHost, "handshakeTimeoutMs" | "refused">;
  readonly #open = new Map<Duplex, Connection>();
  #allGone: (() => void)[] = [];

  /** `kind` is the kind of transport that connections are to become. */
  constructor(kind: string, host: Pick<ListenerHost, "handshakeTimeoutMs" | "refused">) {
    this.#kind = kind;
    this.#host = host;
  }

  /**
   * Takes a socket over, or returns it as it was taken over before. It has to be opened within the handshake's time. Where the process is about
   * to run out of files it is closed at once.
   */
  own(socket: Duplex): Connection {
    const known = this.#open.get(socket);
    if (known) return known;
    const connection = new Connection(socket);
    this.#open.set(socket, connection);
    socket.once("close", () => {
      this.#open.delete(socket);
      if (this.#open.size > 0) return;
      for (const tell of this.#allGone.splice(0)) tell();
    });
    const { handshakeTimeoutMs } = this.#host;
    connection.expect(handshakeTimeoutMs, `no handshake within ${handshakeTimeoutMs} ms`);
    const refusal = openFiles.refusal();
    if (refusal !== undefined) this.#refuse(connection, refusal);
    return connection;
  }

  #refuse(connection: Connection, why: string): void {
    const { remoteAddress } = connection;
    this.#host.refused({ kind: this.#kind, remoteAddress }, why, "files");
    connection.destroy(why);
  }

  /** Destroys, at once, all that have not been opened. */
  refuseUnopened(reason: string): void {
    for (const connection of this.#open.values()) if (connection.state === "handshake") connection.destroy(reason);
  }

  /** Destroys all, at once. */
  destroyAll(reason: string): void {
    for (const connection of this.#open.values()) connection.destroy(reason);
  }

  /** Resolves when there is none left. */
  async gone(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#allGone.push(resolve));
  }
}

/** One socket of a listener. */
export class Connection {
  readonly socket: Duplex;
  /** IP address of the other end, read as soon as the socket is owned: one that is reset has none any more. */
  readonly remoteAddress: string | undefined;
  state: "handshake" | "open" | "closing" | "closed" = "handshake";
  /** Why it ends, for our own side, as soon as somebody knows. */
  endReason: string | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(socket: Duplex) {
    this.socket = socket;
    this.remoteAddress = (socket as Partial<Socket>).remoteAddress;
    socket.on("error", (error) => {
      this.endReason ??= error.message;
    });
    socket.once("close", () => this.#over());
  }

  /** Whether it was reset before it was known where it comes from; a Unix socket comes from nowhere. */
  get isLost(): boolean {
    const { destroyed, localAddress } = this.socket as Partial<Socket>;
    return this.remoteAddress === undefined && (destroyed === true || localAddress !== undefined);
  }

  /** Destroys the socket unless the state changes within so many milliseconds. */
  expect(withinMs: number, otherwise: string): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.destroy(otherwise), timerMs(withinMs));
  }

  /** The handshake waits for us, and not for the other side. */
  held(): void {
    clearTimeout(this.#deadline);
  }

  /** The handshake is done: it may stand as long as it likes. */
  opened(): void {
    if (this.state === "closed") return;
    this.state = "open";
    clearTimeout(this.#deadline);
  }

  /** The other side has ended, and this one is about to. No deadline is set: thousands may end in one instant. */
  ended(): void {
    if (this.state === "open") this.state = "closing";
  }

  /** Nothing more is sent but what waits; the other side has a while to read it and to end. */
  closing(): void {
    if (this.state === "closing" || this.state === "closed") return;
    this.state = "closing";
    this.expectEnd();
  }

  /** Destroys the socket unless it is closed within the time that the other side has for it. */
  expectEnd(): void {
    this.expect(CLOSE_TIMEOUT_MS, "the other side did not end the connection");
  }

  /** Sends a last word, ends our side, and discards what still comes. */
  end(lastWord?: string | Uint8Array): void {
    this.closing();
    if (!this.socket.writable) return this.destroy("closed");
    this.socket.end(lastWord);
    this.socket.resume(); // what is not read keeps the end from being seen
  }

  /** Ends it without another word. It is closed from now on, though the socket tells so later. */
  destroy(reason: string): void {
    this.endReason ??= reason;
    this.#over();
    this.socket.destroy();
  }

  #over(): void {
    this.state = "closed";
    clearTimeout(this.#deadline);
  }
}
