import type { Connection, Connections } from "./connections.js";
import { Endings } from "./endings.js";
import { type Liveness, LivenessTimer } from "./liveness.js";
import { WriteScheduler } from "./write-queue.js";

/** The message to clients of a router that is shutting down. */
export const GOING_DOWN = "the router is shutting down";

/** The time for clients to close after the listener closes, in milliseconds. Then they are cut. */
const GRACE_MS = 1_000;

/** A connection after its handshake. */
export interface OpenSocket {
  readonly liveness: Liveness;
  close(code: number, reason: string): void;
}

/** The connections of a listener after their handshake, and their shared resources. */
export class OpenSockets {
  readonly scheduler: WriteScheduler = new WriteScheduler();
  readonly endings: Endings = new Endings(this.scheduler);
  readonly #connections: Connections;
  readonly #pingIntervalMs: number;
  #liveness: LivenessTimer | undefined; // started by the first connection, so that a failed listener leaves no timer
  readonly #sockets = new Set<OpenSocket>();

  constructor(connections: Connections, pingIntervalMs: number) {
    this.#connections = connections;
    this.#pingIntervalMs = pingIntervalMs;
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Opens a connection and tracks it until it is closed. */
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

  /** Ends all connections of the listener; those in their handshake at once. Resolves when all are gone, within seconds. */
  async close(): Promise<void> {
    this.#liveness?.stop();
    this.#connections.refuseUnopened(GOING_DOWN);
    for (const socket of this.#sockets) socket.close(1001, GOING_DOWN);
    const cut = setTimeout(() => this.#connections.destroyAll(GOING_DOWN), GRACE_MS);
    await this.#connections.gone();
    clearTimeout(cut);
  }
}
