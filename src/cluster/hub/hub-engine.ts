import type { Socket } from "node:net";
import type { Clock } from "../../session/clock.js";
import {
  Conflict,
  type DownCause,
  type Engine,
  type EngineListener,
  type EngineStats,
  type Incarnation,
  type NodeHello,
  type NodeId,
  type Pipe,
} from "../engine.js";
import type { Change, Channel, FromHub, ToHub, WorkerHello } from "./messages.js";
import { SocketPipe } from "./socket-pipe.js";
import { Sockets } from "./sockets.js";

/** The time that a leaving worker waits for the others to read its data, and then for the hub to inform them, in milliseconds. */
const FAREWELL_MS = 2_000;

const NO_PIPE: Pipe = { unsentBytes: 0, window: 0, onceDrained: (callback) => callback() };

/** The parts of a worker's engine. */
export interface HubEngineParts {
  readonly clock: Clock;
  /** The channel to the hub. It exists as long as this worker lives. */
  readonly channel: Channel<ToHub, FromHub>;
  /** The Unix socket on which the worker accepts other workers. */
  readonly path: string;
  /** Receives errors that the node throws. */
  readonly report: (error: unknown) => void;
}

/** The pipe to one incarnation of a worker. */
interface Link {
  readonly incarnation: number;
  readonly pipe: SocketPipe;
}

/** The engine of a worker. The hub lists the workers and holds the directory. Unix sockets connect the workers. */
export class HubEngine implements Engine {
  readonly #parts: HubEngineParts;
  readonly #links = new Map<NodeId, Link>();
  readonly #sockets: Sockets;
  readonly #requests = new Map<number, (answer: FromHub) => void>(); // by number
  #lastRequest = 0;
  #sent = 0;
  #told: EngineListener | undefined;
  #incarnation = 0;
  #revision = 0;
  #joined: { readonly resolve: (incarnation: number) => void; readonly reject: (error: Error) => void } | undefined;
  #left: (() => void) | undefined;

  constructor(parts: HubEngineParts) {
    this.#parts = parts;
    this.#sockets = new Sockets({
      clock: parts.clock,
      opened: (incarnation, socket) => this.#opened(incarnation, socket),
      report: parts.report,
    });
    parts.channel.onMessage((message) => this.#received(message));
  }

  get stats(): EngineStats {
    return { sent: this.#sent, resent: 0, unreadable: 0, revision: this.#revision };
  }

  async join(me: NodeHello, told: EngineListener): Promise<number> {
    const { path, channel } = this.#parts;
    await this.#sockets.listen(path);
    this.#told = told;
    return new Promise((resolve, reject) => {
      this.#joined = { resolve, reject };
      channel.send({ type: "join", hello: { ...me, path } });
    });
  }

  async leave(): Promise<void> {
    if (!this.#told) return;
    this.#told = undefined;
    await this.#within(Promise.all([...this.#links.values()].map(({ pipe }) => pipe.leave())));
    const left = new Promise<void>((resolve) => {
      this.#left = resolve;
    });
    this.#parts.channel.send({ type: "leave" });
    await this.#within(left);
    for (const { pipe } of this.#links.values()) pipe.close();
    this.#links.clear();
    this.#sockets.close();
  }

  send(peer: NodeId, frames: Uint8Array): void {
    const link = this.#links.get(peer);
    if (!link) return;
    this.#sent++;
    link.pipe.send(frames);
  }

  pipe(peer: NodeId): Pipe {
    return this.#links.get(peer)?.pipe ?? NO_PIPE;
  }

  async write(key: string, value: string | undefined, revision: number): Promise<number> {
    const change: Change = [key, value ?? null, revision];
    const answer = await this.#ask((request) => ({ type: "write", request, change }));
    if (answer.type === "written" && answer.revision !== null) return answer.revision;
    throw new Conflict(key);
  }

  async expel(peer: NodeId): Promise<boolean> {
    const answer = await this.#ask((request) => ({ type: "expel", request, node: peer }));
    return answer.type === "expelled" && answer.isThere;
  }

  /** Waits for a promise, but only for a limited time. */
  async #within(what: Promise<unknown>): Promise<void> {
    let stopTimer = () => {};
    const late = new Promise<void>((resolve) => {
      stopTimer = this.#parts.clock.after(FAREWELL_MS, resolve);
    });
    await Promise.race([what, late]);
    stopTimer();
  }

  #ask(message: (request: number) => ToHub): Promise<FromHub> {
    const request = ++this.#lastRequest;
    return new Promise((resolve) => {
      this.#requests.set(request, resolve);
      this.#parts.channel.send(message(request));
    });
  }

  #received(message: FromHub): void {
    switch (message.type) {
      case "beat":
        return this.#parts.channel.send({ type: "beat" });
      case "joined":
        return this.#begin(message);
      case "refused":
        this.#told = undefined;
        this.#sockets.close();
        this.#joined?.reject(new TypeError(message.why));
        return;
      case "left":
        return this.#left?.();
      case "up":
        return this.#up(message.peer);
      case "down":
        return this.#down(message.peer, message.cause);
      case "suspect":
        return this.#tell((told) => told.peerSuspect(message.node, message.isSuspect));
      case "changed":
        return this.#changed(message.change);
      case "reap":
        return void this.#reap(message.gone);
      case "reaped":
        return this.#tell((told) => told.reaped(message.gone, message.by));
      case "written":
      case "expelled":
        this.#requests.get(message.request)?.(message);
        this.#requests.delete(message.request);
        return;
    }
  }

  #begin({ incarnation, peers, changes, revision }: Extract<FromHub, { type: "joined" }>): void {
    this.#incarnation = incarnation;
    for (const peer of peers) this.#up(peer);
    for (const change of changes) this.#changed(change);
    this.#revision = revision;
    this.#joined?.resolve(incarnation);
  }

  #up(peer: WorkerHello): void {
    if (!this.#told) return; // it leaves
    const { node, incarnation } = peer;
    const pipe = new SocketPipe({
      receive: (bytes) => this.#tell((told) => told.receive(node, bytes)),
      lost: () => this.#lost({ node, incarnation }),
    });
    this.#links.set(node, { incarnation, pipe });
    this.#tell((told) => told.peerUp(peer));
    if (incarnation > this.#incarnation) return this.#sockets.offer(incarnation);
    this.#sockets.dial(peer, this.#incarnation, (socket) => {
      if (socket) pipe.open(socket);
      else this.#lost({ node, incarnation });
    });
  }

  #opened(incarnation: number, socket: Socket): boolean {
    for (const link of this.#links.values()) {
      if (link.incarnation !== incarnation) continue;
      link.pipe.open(socket);
      return true;
    }
    return false;
  }

  #lost(peer: Incarnation): void {
    if (this.#links.get(peer.node)?.incarnation === peer.incarnation) this.#parts.channel.send({ type: "lost", peer });
  }

  #down({ node, incarnation }: Incarnation, cause: DownCause): void {
    const link = this.#links.get(node);
    if (link?.incarnation !== incarnation) return this.#sockets.forget(incarnation);
    this.#links.delete(node);
    link.pipe.close();
    this.#tell((told) => told.peerDown(node, cause));
  }

  #changed([key, value, revision]: Change): void {
    this.#revision = revision;
    this.#tell((told) => told.changed(key, value ?? undefined, revision));
  }

  async #reap(gone: Incarnation): Promise<void> {
    try {
      await this.#told?.reap(gone);
    } catch (error) {
      this.#parts.report(error);
    }
    if (this.#told) this.#parts.channel.send({ type: "reaped", gone }); // otherwise another worker does it
  }

  #tell(tell: (told: EngineListener) => void): void {
    if (!this.#told) return;
    try {
      tell(this.#told);
    } catch (error) {
      this.#parts.report(error);
    }
  }
}
