import type { Clock } from "../../session/clock.js";
import type { DownCause, Incarnation, NodeId } from "../engine.js";
import type { Change, Channel, FromHub, ToHub, WorkerHello } from "./messages.js";

/** The interval at which workers are asked for a sign of life, in milliseconds. */
const BEAT_MS = 1_000;
/** After this many questions without an answer, a worker is suspect, and the others no longer wait for it. */
const SUSPECT_BEATS = 3;
/** After this many, it is ended. The hub counts its own questions, so that a hub that was paused ends nobody. */
const LOST_BEATS = 10;

/**
 * The time after which a worker whose pipe has ended is ended, in milliseconds. Usually its process has ended too, and the hub is
 * about to learn that.
 */
const LOST_MS = 1_000;

/** The services that a hub uses. */
export interface HubHost {
  readonly clock: Clock;
  /** Ends the process of a worker. `ended` is called afterwards. */
  end(node: NodeId, why: string): void;
}

/** A worker that is connected to the hub. */
interface Attached {
  readonly channel: Channel<FromHub, ToHub>;
  /** Its information while it is a member: from its join until it has left. */
  hello: WorkerHello | undefined;
  /** The number of questions for a sign of life that it has not answered. */
  unanswered: number;
}

/**
 * Makes the workers of a machine one cluster. It lists the workers and holds the directory. It carries no frames; these go from
 * worker to worker. Each worker receives its messages in the same order, so that all see the same state.
 */
export class Hub {
  readonly #host: HubHost;
  readonly #workers = new Map<NodeId, Attached>();
  readonly #directory = new Map<string, { readonly value: string; readonly revision: number }>();
  readonly #joining: { readonly worker: Attached; readonly hello: Omit<WorkerHello, "incarnation"> }[] = []; // until their former incarnation is reaped
  readonly #reapings = new Map<number, { readonly gone: Incarnation; by: NodeId | undefined }>(); // by incarnation
  #revision = 0;
  #incarnation = 0;
  #settings: string | undefined; // of the workers that are members
  readonly #stopBeats: () => void;

  constructor(host: HubHost) {
    this.#host = host;
    let stop = () => {};
    const beat = () => {
      stop = host.clock.after(BEAT_MS, beat);
      this.#beat();
    };
    stop = host.clock.after(BEAT_MS, beat);
    this.#stopBeats = () => stop();
  }

  /** The number of keys in the directory. */
  get size(): number {
    return this.#directory.size;
  }

  /** A process has started under a name. */
  attach(node: NodeId, channel: Channel<FromHub, ToHub>): void {
    const worker: Attached = { channel, hello: undefined, unanswered: 0 };
    this.#workers.set(node, worker);
    channel.onMessage((message) => {
      if (this.#workers.get(node) === worker) this.#received(node, worker, message);
    });
  }

  /** The process of this name has ended. */
  ended(node: NodeId): void {
    const worker = this.#workers.get(node);
    if (!worker) return;
    this.#workers.delete(node);
    if (worker.hello) this.#down(worker.hello, "expelled");
  }

  close(): void {
    this.#stopBeats();
  }

  #received(node: NodeId, worker: Attached, message: ToHub): void {
    worker.unanswered = this.#answered(worker);
    switch (message.type) {
      case "beat":
        return;
      case "join":
        return this.#join(worker, message.hello);
      case "leave":
        return this.#leave(worker);
      case "write": {
        const revision = this.#write(message.change);
        return worker.channel.send({ type: "written", request: message.request, revision });
      }
      case "expel": {
        const isThere = this.#workers.get(message.node)?.hello !== undefined;
        if (isThere) this.#host.end(message.node, "it was expelled");
        return worker.channel.send({ type: "expelled", request: message.request, isThere });
      }
      case "reaped":
        return this.#reaped(message.gone, node);
      case "lost": {
        const { peer } = message;
        this.#host.clock.after(LOST_MS, () => {
          const isThere = this.#workers.get(peer.node)?.hello?.incarnation === peer.incarnation;
          if (isThere) this.#host.end(peer.node, `its pipe to ${node} has ended`);
        });
        return;
      }
    }
  }

  /** The worker is alive. Informs the others if it was suspect. */
  #answered({ hello, unanswered }: Attached): 0 {
    if (hello && unanswered >= SUSPECT_BEATS)
      this.#tellOthers(hello.node, { type: "suspect", node: hello.node, isSuspect: false });
    return 0;
  }

  #join(worker: Attached, given: Omit<WorkerHello, "incarnation">): void {
    const peers = this.#members();
    if (peers.length > 0 && this.#isLeft(given.node)) {
      this.#joining.push({ worker, hello: given });
      return;
    }
    if (peers.length > 0 && given.settings !== this.#settings)
      return worker.channel.send({ type: "refused", why: "this worker has other settings than the others" });
    this.#settings = given.settings;
    const hello = { ...given, incarnation: ++this.#incarnation };
    worker.hello = hello;
    const changes = [...this.#directory]
      .map(([key, { value, revision }]): Change => [key, value, revision])
      .sort((one, other) => one[2] - other[2]);
    const { incarnation } = hello;
    worker.channel.send({ type: "joined", incarnation, peers, changes, revision: this.#revision });
    this.#tellOthers(hello.node, { type: "up", peer: hello });
    this.#assignReapings();
  }

  /** Returns whether entries of a former worker of this name are not removed yet. */
  #isLeft(node: NodeId): boolean {
    return [...this.#reapings.values()].some(({ gone }) => gone.node === node);
  }

  #reaped(gone: Incarnation, by: NodeId): void {
    if (!this.#reapings.delete(gone.incarnation)) return;
    for (const member of this.#members()) this.#workers.get(member.node)?.channel.send({ type: "reaped", gone, by });
    this.#joinWaiting();
  }

  /** Lets waiting workers join. Those that must still wait go to the end of the list. */
  #joinWaiting(): void {
    for (const { worker, hello } of this.#joining.splice(0))
      if (this.#workers.get(hello.node) === worker) this.#join(worker, hello);
  }

  #leave(worker: Attached): void {
    const { hello } = worker;
    worker.hello = undefined;
    if (hello) this.#down(hello, "left");
    worker.channel.send({ type: "left" });
  }

  #down({ node, incarnation }: WorkerHello, cause: DownCause): void {
    const peer = { node, incarnation };
    this.#tellOthers(node, { type: "down", peer, cause });
    this.#reapings.set(incarnation, { gone: peer, by: undefined });
    for (const reaping of this.#reapings.values()) if (reaping.by === node) reaping.by = undefined;
    this.#assignReapings();
    if (this.#members().length === 0) this.#joinWaiting(); // no other worker can reap
  }

  /** Assigns each lost incarnation to a worker that reaps it: a member, or the next that joins. */
  #assignReapings(): void {
    const [reaper] = this.#members();
    if (!reaper) return;
    for (const reaping of this.#reapings.values()) {
      if (reaping.by !== undefined) continue;
      reaping.by = reaper.node;
      this.#workers.get(reaper.node)?.channel.send({ type: "reap", gone: reaping.gone });
    }
  }

  #write([key, value, revision]: Change): number | null {
    const known = this.#directory.get(key)?.revision ?? 0;
    if (known !== revision) return null;
    const next = ++this.#revision;
    if (value === null) this.#directory.delete(key);
    else this.#directory.set(key, { value, revision: next });
    for (const { node } of this.#members())
      this.#workers.get(node)?.channel.send({ type: "changed", change: [key, value, next] });
    return next;
  }

  #beat(): void {
    for (const [node, worker] of this.#workers) {
      worker.unanswered++;
      if (worker.unanswered === SUSPECT_BEATS && worker.hello)
        this.#tellOthers(node, { type: "suspect", node, isSuspect: true });
      if (worker.unanswered === LOST_BEATS && worker.hello)
        this.#host.end(node, `it has shown no sign of life for ${(LOST_BEATS * BEAT_MS) / 1_000} s`);
      worker.channel.send({ type: "beat" });
    }
  }

  #members(): readonly WorkerHello[] {
    return [...this.#workers.values()].flatMap(({ hello }) => (hello ? [hello] : []));
  }

  #tellOthers(node: NodeId, message: FromHub): void {
    for (const member of this.#members())
      if (member.node !== node) this.#workers.get(member.node)?.channel.send(message);
  }
}
