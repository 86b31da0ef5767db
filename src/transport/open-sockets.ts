import type { Connection, Connections } from "./connections.js";
import { Endings } from "./endings.js";
import { type Liveness, LivenessTimer } from "./liveness.js";
import { WriteScheduler } from "./write-queue.js";

/** What is said to clients of a router that closes. */
export const GOING_DOWN = "the router is going down";

/** How long clients have to close after they were told that the listener closes, before they are cut. */
const GRACE_MS = 1_000;

/** A connection past its handshake. */
export interface OpenSocket {
  readonly liveness: Liveness;
  close(code: number, reason: string): void;
}

/** The connections of a listener that are past their handshake, and what they share. */
export class OpenSockets {
  readonly scheduler: WriteScheduler = new WriteScheduler();
  readonly endings: Endings = new Endings(this.scheduler);
  readonly #connections: Connections;
  readonly #pingIntervalMs: number;
  #liveness: LivenessTimer | undefined; // from the first connection on: a listener that cannot listen leaves no timer
  readonly #sockets = new Set<OpenSocket>();

  constructor(connections: Connections, pingIntervalMs: number) {
    this.#connections = connections;
    this.#pingIntervalMs = pingIntervalMs;
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Opens a connection, and looks after it until it is closed. */
  add(connection: Connection, socket: OpenSocket): void {
    connection.opened();
    this.#liveness ??= new LivenessTimer(this.#pingIntervalMs);
    const liveness = this.#liveness;
    this.#sockets.add(socket);
    liveness.add(socket.liveness);
    connection.socket.once("close", () => {
      this.#sockets.delete(socket);
      liveness.delete(socket.liveness);
    });
  }

  /** Ends all connections of the listener, those within their handshake at once. Resolves when all are gone, within seconds. */
  async close(): Promise<void> {
    this.#liveness?.stop();
    this.#connections.refuseUnopened(GOING_DOWN);
    for (const socket of this.#sockets) socket.close(1001, GOING_DOWN);
    const cut = setTimeout(() => this.#connections.destroyAll(GOING_DOWN), GRACE_MS);
    await this.#connections.gone();
    clearTimeout(cut);
  }
}
