import type { Peer, PeerState, Startable } from "../peer/types.js";
import type { CallConnection } from "./call-runner.js";
import { Keys } from "./keys.js";
import { SharedCalls } from "./shared-calls.js";

/** The part of a peer that the provider needs. Peers with fewer features fit, too. */
export type ProvidedPeer = Pick<Peer, "state" | "on" | "onError" | "close"> &
  Partial<Pick<Peer, "reconnect"> & Startable>;

/** A peer that the application owns and closes, or a function that creates one for the provider. The provider starts both. */
export type PeerSource = ProvidedPeer | (() => ProvidedPeer & Startable);

/** The status of a connection, for example for a banner. */
export interface ConnectionStatus {
  /** `connecting` at first and on the server; `waiting` between attempts, `ready`, and `closed` or `left` at the end. */
  readonly state: PeerState;
  /** The reason for this state, if known. */
  readonly reason: string | undefined;
  /** Whether it was `ready` before. Distinguishes a lost connection from the first attempt. */
  readonly wasReady: boolean;
}

/** The status on the server, where nothing connects, and while a page is hydrated. */
export const NOT_YET: ConnectionStatus = { state: "connecting", reason: undefined, wasReady: false };

/** The peer of one provider, and the state that its hooks share. The peer is created on first use, and started by `retain`. */
export class Connection implements CallConnection {
  readonly keys: Keys = new Keys();
  readonly calls: SharedCalls = new SharedCalls();
  readonly #source: PeerSource;
  readonly #listeners = new Set<() => void>();
  #held: HeldPeer | undefined;
  #users = 0;

  constructor(source: PeerSource) {
    this.#source = source;
  }

  /** Returns the peer. It is another one after the provider was unmounted, or after `reconnect` of a closed one. */
  readonly peer = (): ProvidedPeer => this.#hold().peer;

  /** Returns the status, which is the same object until it changes. */
  readonly status = (): ConnectionStatus => this.#hold().status;

  /** Reports changes of `peer` and `status`. Returns a function that stops this. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Returns the client that `create` makes for the peer: one for all components. */
  client<Client extends object>(create: (peer: Peer) => Client): Client {
    const { peer, clients } = this.#hold();
    const known = clients.get(create) as Client | undefined; // created by this function
    if (known) return known;
    const client = create(peer as Peer); // the application's clients fit the peer that it has given
    clients.set(create, client);
    return client;
  }

  /**
   * Keeps the connection open until the returned function is called, and for the rest of that turn: StrictMode and hot reloading
   * remount at once.
   */
  retain(): () => void {
    this.#users++;
    if (this.#held?.released) this.#replace();
    this.#start(this.#hold());
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#users--;
      queueMicrotask(() => {
        if (this.#users === 0) this.#release();
      });
    };
  }

  isAway(): boolean {
    const { state } = this.status();
    return state === "connecting" || state === "waiting";
  }

  when(fits: (state: PeerState) => boolean, listener: () => void): () => void {
    const unsubscribe = this.subscribe(() => {
      if (!fits(this.status().state)) return;
      unsubscribe();
      listener();
    });
    return unsubscribe;
  }

  /** Connects at once. A closed peer that the provider has created is replaced. */
  readonly reconnect = (): void => {
    const { peer } = this.#hold();
    if (peer.state === "closed" && typeof this.#source === "function") {
      this.#replace();
      this.#start(this.#hold());
    } else peer.reconnect?.();
  };

  #hold(): HeldPeer {
    if (!this.#held) {
      const source = this.#source;
      const peer = typeof source === "function" ? createPeerOf(source) : source;
      this.#held = new HeldPeer(peer, () => this.#tell());
    }
    return this.#held;
  }

  #start(held: HeldPeer): void {
    const before = held.status;
    held.watch();
    if (held.status !== before) this.#tell();
    held.start();
  }

  #release(): void {
    const held = this.#held;
    if (!held || held.released) return;
    held.release();
    this.calls.end();
    if (typeof this.#source !== "function") return;
    held.peer.close().catch((error: unknown) => held.peer.onError(error));
  }

  #replace(): void {
    this.#held?.release();
    this.#held = undefined;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Creates a peer. On a server nothing starts it, so that its calls fail at once: they would wait forever. */
function createPeerOf(source: () => ProvidedPeer): ProvidedPeer {
  const peer = source();
  return isServer() ? Object.assign(peer, { call: refuseOnServer, callMapped: refuseOnServer }) : peer;
}

/** Returns whether this is neither a page nor a worker of one. */
function isServer(): boolean {
  return !("window" in globalThis || "DedicatedWorkerGlobalScope" in globalThis);
}

/**
 * Throws the error of a call that a component needs to render on a server. React then shows the fallback of the nearest Suspense
 * boundary, and the browser renders its content. Next recognizes the digest; otherwise it would fail to build a static page.
 */
export function refuseOnServer(): never {
  const error = new Error("no call is made while a server renders; the Suspense boundary shows its fallback there");
  throw Object.assign(error, { digest: "BAILOUT_TO_CLIENT_SIDE_RENDERING" });
}

/** One peer, with its status while it is observed. */
class HeldPeer {
  readonly peer: ProvidedPeer;
  readonly clients: WeakMap<object, object> = new WeakMap(); // function that creates clients → the client of this peer
  status: ConnectionStatus;
  released = false;
  readonly #changed: () => void;
  #started = false;
  #unwatch: (() => void) | undefined;

  constructor(peer: ProvidedPeer, changed: () => void) {
    this.peer = peer;
    this.#changed = changed;
    this.status = statusOf(peer.state);
  }

  watch(): void {
    this.released = false;
    if (this.#unwatch) return;
    this.#unwatch = this.peer.on("state", (state: PeerState, reason?: string) => {
      this.status = statusOf(state, { reason, before: this.status });
      this.#changed();
    });
    const { state } = this.peer;
    if (state !== this.status.state) this.status = statusOf(state, { before: this.status }); // changed before it was observed
  }

  /** Starts the peer the first time, which changes nothing if the application has started it. Reports a failure once. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    const { peer } = this;
    peer.start?.().catch((error: unknown) => {
      if (!this.released) peer.onError(error); // otherwise it was canceled
    });
  }

  release(): void {
    this.released = true;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }
}

function statusOf(
  state: PeerState,
  { reason, before = NOT_YET }: { readonly reason?: string | undefined; readonly before?: ConnectionStatus } = {},
): ConnectionStatus {
  return { state, reason, wasReady: before.wasReady || before.state === "ready" || state === "ready" };
}
