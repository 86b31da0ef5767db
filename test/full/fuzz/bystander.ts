import { setTimeout as wait } from "node:timers/promises";
import { cbor } from "wampact/cbor";
import { msgpack } from "wampact/msgpack";
import { connect, json, type Peer, type WampEvent } from "wampact/peer";
import { cert } from "../../support/tls.js";
import { FAULT, LARGE_BYTES, LARGE_TOPIC, type ListenerName, PATH, type Ports, REALMS } from "./places.js";

const TOPIC = "com.bystander.event";
/** The longest that a bystander waits for anything, in milliseconds: far longer than it ever should. */
const ANSWER_WITHIN_MS = 30_000;
/** Between two rounds of a bystander, in milliseconds: it is there to be served, and not to be load. */
const PAUSE_MS = 10;
/** The messages that the router reads in one round: CALL, YIELD and PUBLISH. */
export const MESSAGES_PER_ROUND = 3;

/** A serializer and a listener for each bystander. */
const KINDS = [
  { serializer: json(), listener: "plain" },
  { serializer: msgpack(), listener: "deflate" },
  { serializer: cbor(), listener: "tls" },
] as const;

/** The answers that bystanders have received so far. */
export interface Served {
  /** Calls that were answered, each followed by a publication that was acknowledged. */
  readonly calls: number;
  readonly events: number;
  /** The longest round, in milliseconds. */
  readonly longestMs: number;
}

/**
 * Peers of ours that work in the attacked realm all the while, in a ring: each calls the next and publishes to all. An answer
 * that is wrong or late, an event that is missing, twice or out of order, and a lost session are told to `found`.
 */
export class Bystanders {
  readonly #peers: readonly Peer[];
  readonly #found: (what: string) => void;
  readonly #marker = `bystander ${process.pid}`; // attackers may publish to the same topic
  readonly #seen = new Map<string, number>(); // "publisher to subscriber" → the last event
  readonly #published: number[] = KINDS.map(() => 0);
  #working: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #calls = 0;
  #events = 0;
  #longestMs = 0;

  private constructor(peers: readonly Peer[], found: (what: string) => void) {
    this.#peers = peers;
    this.#found = found;
  }

  /** Connects them; each has called once, so that from then on the router holds the same for them. */
  static async connect(ports: Ports, found: (what: string) => void): Promise<Bystanders> {
    const told = (what: string) => found(`bystander: ${what}`);
    const peers = await Promise.all(KINDS.map(({ serializer, listener }) => open(ports, listener, serializer, told)));
    const bystanders = new Bystanders(peers, told);
    for (const peer of peers) {
      peer.on("state", (state, reason) => {
        if (state === "closed" && !bystanders.#stopped) told(`its session ended: ${reason}`);
      });
    }
    await bystanders.#prepare();
    return bystanders;
  }

  get served(): Served {
    return { calls: this.#calls, events: this.#events, longestMs: this.#longestMs };
  }

  /** Begins to call and to publish. */
  work(): void {
    this.#working = Promise.all(this.#peers.map((peer, index) => this.#work(peer, index)));
  }

  /** Ends what they do, and checks that every event that was published has come. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working;
    const due = this.#peers.flatMap((_, from) =>
      this.#peers.map((_, to) => [`${from} to ${to}`, this.#published[from]] as const),
    );
    const isMissing = ([path, last]: (typeof due)[number]) => this.#seen.get(path) !== last;
    const limit = performance.now() + ANSWER_WITHIN_MS;
    while (due.some(isMissing) && performance.now() < limit) await wait(PAUSE_MS);
    for (const [path, last] of due.filter(isMissing)) {
      this.#found(`of ${last} events from ${path}, ${this.#seen.get(path) ?? 0} came`);
    }
  }

  async close(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#peers.map((peer) => peer.close()));
  }

  async #prepare(): Promise<void> {
    const [first] = this.#peers as [Peer];
    for (const [index, peer] of this.#peers.entries()) {
      await peer.register(echoOf(index), ({ args }) => args[0]);
      await peer.subscribe(TOPIC, (event) => this.#receive(event, index));
    }
    for (const uri of [FAULT.trust, FAULT.schema]) await first.register(uri, () => "answered");
    await first.subscribe(LARGE_TOPIC, ({ args: [large] }) => {
      if (!(large instanceof Uint8Array && large.length === LARGE_BYTES)) this.#found("a large binary came changed");
    });
    for (const [index, peer] of this.#peers.entries()) await peer.call(echoOf(index + 1));
  }

  #receive({ args: [marker, from, number] }: WampEvent, to: number): void {
    if (marker !== this.#marker) return;
    const path = `${from} to ${to}`;
    const expected = (this.#seen.get(path) ?? 0) + 1;
    if (number !== expected) this.#found(`event ${number} from ${path} came where ${expected} was next`);
    this.#seen.set(path, number as number);
    this.#events++;
  }

  async #work(peer: Peer, index: number): Promise<void> {
    try {
      while (!this.#stopped) await this.#round(peer, index);
    } catch (error) {
      if (!this.#stopped) this.#found(String(error));
    }
  }

  async #round(peer: Peer, index: number): Promise<void> {
    const number = (this.#published[index] ?? 0) + 1;
    const started = performance.now();
    const answer = await peer.call(echoOf(index + 1), [number], {}, { timeoutMs: ANSWER_WITHIN_MS });
    if (answer.args[0] !== number) this.#found(`called with ${number}, answered with ${String(answer.args[0])}`);
    this.#published[index] = number;
    await peer.publish(TOPIC, [this.#marker, index, number], {}, { acknowledge: true, excludeMe: false });
    this.#longestMs = Math.max(this.#longestMs, performance.now() - started);
    this.#calls++;
    await wait(PAUSE_MS);
  }
}

function echoOf(index: number): string {
  return `com.bystander.echo${index % KINDS.length}`;
}

function open(
  ports: Ports,
  listener: ListenerName,
  serializer: (typeof KINDS)[number]["serializer"],
  found: (what: string) => void,
): Promise<Peer> {
  return connect({
    url: `${listener === "tls" ? "wss" : "ws"}://127.0.0.1:${ports[listener]}${PATH}`,
    realm: REALMS.calm,
    serializers: [serializer],
    tls: { ca: cert },
    reconnect: false,
    onError: (error) => found(String(error)),
  });
}
