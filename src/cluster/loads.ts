import type { RealmLoad } from "../router/limits.js";
import type { LoadState } from "./frames/state.js";
import { type LinkContext, sendToAll } from "./link-context.js";
import type { Peer } from "./peer.js";

/** The interval at which a node sends its changed load to the others, in milliseconds. */
const EVERY_MS = 1_000;

/** The parts of the link that `Loads` uses. */
export interface LoadsHost {
  /** Returns the load of this node's sessions, and the number of calls of other nodes in progress here. */
  own(): RealmLoad & { readonly relayedCalls: number };
}

/**
 * The load of each node that counts against the limits of a realm. Nodes send each other totals once a second for what they do not
 * track one by one. A limit thus holds over all nodes, except for changes within a second.
 */
export class Loads {
  readonly #context: LinkContext;
  readonly #host: LoadsHost;
  readonly #byPeer = new Map<Peer, RealmLoad>();
  #told = ""; // the load that was last sent
  #stopTimer: (() => void) | undefined;

  constructor(context: LinkContext, host: LoadsHost) {
    this.#context = context;
    this.#host = host;
  }

  /** The node has joined. */
  open(): void {
    this.#stopTimer = this.#context.host.clock.after(EVERY_MS, () => {
      this.#tell();
      this.open();
    });
  }

  /** The node leaves. */
  close(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  /** Returns the frame for a peer that has come up. */
  snapshot(): LoadState {
    const { relayedCalls: _, ...load } = this.#host.own();
    return { kind: "load", ...load };
  }

  receive(peer: Peer, load: RealmLoad): void {
    this.#byPeer.set(peer, load);
    this.#sum();
  }

  down(peer: Peer): void {
    if (this.#byPeer.delete(peer)) this.#sum();
  }

  #tell(): void {
    this.#sum(); // other calls may be relayed here by now
    const { relayedCalls: _, ...own } = this.#host.own();
    const told = JSON.stringify(own);
    if (told === this.#told) return;
    this.#told = told;
    sendToAll(this.#context, { type: "STATE", realm: this.#context.number, details: { kind: "load", ...own } });
  }

  /** Sums the loads. Calls of other nodes that are relayed here are counted where they were made. */
  #sum(): void {
    const sum: RealmLoad = { pendingCalls: -this.#host.own().relayedCalls, testamentBytes: 0, definitions: 0 };
    for (const { pendingCalls, testamentBytes, definitions } of this.#byPeer.values()) {
      sum.pendingCalls += pendingCalls;
      sum.testamentBytes += testamentBytes;
      sum.definitions += definitions;
    }
    this.#context.realm.setElsewhere(sum);
  }
}
