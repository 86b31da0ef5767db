import { connect, createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../../session/clock.js";
import type { WorkerHello } from "./messages.js";

/** The delay before another attempt to reach a worker, in milliseconds. */
const RETRY_MS = 100;
/** The maximum number of attempts. */
const MOST_TRIES = 50;
/** The size of the incarnation with which a worker opens a pipe, in bytes. */
const NAME_BYTES = 4;

/** The services that sockets use. */
export interface SocketsHost {
  readonly clock: Clock;
  /** An incarnation has opened a socket. Returns whether it is known. If not, `offer` offers it again. */
  opened(incarnation: number, socket: Socket): boolean;
  report(error: unknown): void;
}

/** The Unix sockets between one worker and the others. The worker that joined later connects to the earlier one. */
export class Sockets {
  readonly #host: SocketsHost;
  readonly #server: Server;
  readonly #early = new Map<number, Socket>(); // incarnation that the hub has not announced yet → its socket
  readonly #unnamed = new Set<Socket>();
  #isClosed = false;

  constructor(host: SocketsHost) {
    this.#host = host;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
    this.#server.on("error", (error) => host.report(error));
  }

  /** Starts to listen. Rejects if it cannot. */
  async listen(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ path, exclusive: true }, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  /** Connects to a worker that joined before. Calls back with `undefined` if it cannot be reached. */
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

  /** An incarnation is known from now on. Its socket may have arrived already. */
  offer(incarnation: number): void {
    const socket = this.#early.get(incarnation);
    this.#early.delete(incarnation);
    if (socket) this.#host.opened(incarnation, socket);
  }

  /** An incarnation is down. */
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
