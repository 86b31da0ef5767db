import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ListenerHost } from "./listener.js";
import { openFiles } from "./open-files.js";
import { timerMs } from "./timer.js";

/** The time for the other side to close a connection that this side has ended, in milliseconds. Then it is destroyed. */
export const CLOSE_TIMEOUT_MS = 2_000;

/**
 * The sockets of one listener, each owned from its first byte to its last. Every socket has an error handler. Every socket that
 * is not open yet or is closing has a deadline. So no socket can crash the process or stay forever.
 */
export class Connections {
  readonly #kind: string;
  readonly #host: Pick<ListenerHost, "handshakeTimeoutMs" | "refused">;
  readonly #open = new Map<Duplex, Connection>();
  #allGone: (() => void)[] = [];

  /** `kind` is the transport kind of the connections. */
  constructor(kind: string, host: Pick<ListenerHost, "handshakeTimeoutMs" | "refused">) {
    this.#kind = kind;
    this.#host = host;
  }

  /**
   * Takes ownership of a socket, or returns its existing connection. It must be opened before the handshake timeout. It is
   * closed at once if the process is about to run out of file descriptors.
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

  /** Destroys all connections that are not open yet. */
  refuseUnopened(reason: string): void {
    for (const connection of this.#open.values()) if (connection.state === "handshake") connection.destroy(reason);
  }

  /** Destroys all connections. */
  destroyAll(reason: string): void {
    for (const connection of this.#open.values()) connection.destroy(reason);
  }

  /** Resolves when no connection is left. */
  async gone(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#allGone.push(resolve));
  }
}

/** One socket of a listener. */
export class Connection {
  readonly socket: Duplex;
  /** IP address of the other end. Read at once, because a socket that was reset no longer has it. */
  readonly remoteAddress: string | undefined;
  state: "handshake" | "open" | "closing" | "closed" = "handshake";
  /** The reason of the end for this side, once known. */
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

  /** Whether the socket was reset before its remote address was read. Unix sockets have no address. */
  get isLost(): boolean {
    const { destroyed, localAddress } = this.socket as Partial<Socket>;
    return this.remoteAddress === undefined && (destroyed === true || localAddress !== undefined);
  }

  /** Destroys the socket with the reason `otherwise` unless the state changes within the time. */
  expect(withinMs: number, otherwise: string): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.destroy(otherwise), timerMs(withinMs));
  }

  /** Stops the deadline while the handshake waits for this side. */
  held(): void {
    clearTimeout(this.#deadline);
  }

  /** Completes the handshake and stops the deadline. */
  opened(): void {
    if (this.state === "closed") return;
    this.state = "open";
    clearTimeout(this.#deadline);
  }

  /** The other side has ended, and this side is about to. No deadline is set, since thousands may end at once. */
  ended(): void {
    if (this.state === "open") this.state = "closing";
  }

  /** Sends only what is queued. The other side has some time to read it and to end. */
  closing(): void {
    if (this.state === "closing" || this.state === "closed") return;
    this.state = "closing";
    this.expectEnd();
  }

  /** Destroys the socket unless the other side closes it in time. */
  expectEnd(): void {
    this.expect(CLOSE_TIMEOUT_MS, "the other side did not end the connection");
  }

  /** Sends a last message, ends this side, and discards what still arrives. */
  end(lastWord?: string | Uint8Array): void {
    this.closing();
    if (!this.socket.writable) return this.destroy("closed");
    this.socket.end(lastWord);
    this.socket.resume(); // unread data would hide the end
  }

  /** Destroys the socket. The connection counts as closed at once, before the socket's `close` event. */
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
