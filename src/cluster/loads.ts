import type { RealmLoad } from "../router/limits.js";
import type { LoadState } from "./frames/state.js";
import { type LinkContext, sendToAll } from "./link-context.js";
import type { Peer } from "./peer.js";

/** How often the others are told what the sessions of this node hold, where that has changed. */
const EVERY_MS = 1_000;

/** What the loads ask of their link. */
export interface LoadsHost {
  /** What the sessions of this node hold now, and how many calls of other nodes are under way here. */
  own(): RealmLoad & { readonly relayedCalls: number };
}

/**
 * What the sessions of each node hold of what a realm limits: where nodes do not know all of it one by one, they tell each other how much it is,
 * once a second. A limit thus holds over all nodes, but for what comes within a second.
 */
export class Loads {
  readonly #context: LinkContext;
  readonly #host: LoadsHost;
  readonly #byPeer = new Map<Peer, RealmLoad>();
  #told = ""; // what the others know of this node
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

  /** What a peer that has come up is told. */
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
    this.#sum(); // what is relayed here may be other calls by now
    const { relayedCalls: _, ...own } = this.#host.own();
    const told = JSON.stringify(own);
    if (told === this.#told) return;
    this.#told = told;
    sendToAll(this.#context, { type: "STATE", realm: this.#context.number, details: { kind: "load", ...own } });
  }

  /** Calls of other nodes that are relayed here are counted where they were made. */
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
