import { connect, createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../../session/clock.js";
import type { WorkerHello } from "./messages.js";

/** A worker that cannot be reached is tried again after so long, in milliseconds. */
const RETRY_MS = 100;
/** And so often. */
const MOST_TRIES = 50;
/** A worker opens a pipe with its incarnation, in so many bytes. */
const NAME_BYTES = 4;

/** What sockets are given. */
export interface SocketsHost {
  readonly clock: Clock;
  /** The other end of a socket that has come is this incarnation. Returns whether it is known; else it is offered again by `offer`. */
  opened(incarnation: number, socket: Socket): boolean;
  report(error: unknown): void;
}

/** The Unix sockets between one worker and the others: the one that has joined later connects to the one that was there before. */
export class Sockets {
  readonly #host: SocketsHost;
  readonly #server: Server;
  readonly #early = new Map<number, Socket>(); // by incarnation, of which the hub has not told yet
  readonly #unnamed = new Set<Socket>();
  #isClosed = false;

  constructor(host: SocketsHost) {
    this.#host = host;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
    this.#server.on("error", (error) => host.report(error));
  }

  /** Rejects where it cannot listen there. */
  async listen(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ path, exclusive: true }, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  /** Connects to a worker that was there before. Calls back with nothing where it cannot be reached. */
  dial({ path }: WorkerHello, me: number, done: (socket: Socket | undefined) => void): void {
    let tries = 0;
    const attempt = () => {
      if (this.#isClosed) return done(undefined);
      const socket = connect({ path });
      const failed = () => {
        if (++tries < MOST_TRIES) this.#host.clock.after(RETRY_MS, attempt);
        else done(undefined);
      };
      socket.once("error", failed);
      socket.once("connect", () => {
        socket.off("error", failed);
        const name = Buffer.alloc(NAME_BYTES);
        name.writeUInt32BE(me);
        socket.write(name);
        done(socket);
      });
    };
    attempt();
  }

  /** An incarnation is known from now on, whose socket may be there. */
  offer(incarnation: number): void {
    const socket = this.#early.get(incarnation);
    this.#early.delete(incarnation);
    if (socket) this.#host.opened(incarnation, socket);
  }

  /** An incarnation is gone. */
  forget(incarnation: number): void {
    this.#early.get(incarnation)?.destroy();
    this.#early.delete(incarnation);
  }

  close(): void {
    this.#isClosed = true;
    this.#server.close();
    for (const socket of [...this.#early.values(), ...this.#unnamed]) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#unnamed.add(socket);
    const ignore = () => {}; // "close" follows
    socket.on("error", ignore);
    const read = () => {
      const name = socket.read(NAME_BYTES) as Buffer | null;
      if (!name) return;
      socket.off("readable", read);
      socket.off("error", ignore);
      this.#unnamed.delete(socket);
      const incarnation = name.readUInt32BE();
      if (!this.#host.opened(incarnation, socket)) this.#hold(incarnation, socket);
    };
    socket.on("readable", read);
    socket.once("close", () => this.#unnamed.delete(socket));
  }

  #hold(incarnation: number, socket: Socket): void {
    this.#early.set(incarnation, socket);
    socket.on("error", () => {}); // "close" follows
  }
}
