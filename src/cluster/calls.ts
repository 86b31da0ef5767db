import type { Returned } from "../router/realm-link.js";
import type { RealmSession } from "../router/realm-session.js";
import type { Id } from "../wire/ids.js";
import { CallerProxy } from "./caller-proxy.js";
import type { CallFrame, CancelFrame, ChokeFrame, ErrorFrame, ResultFrame, ReturnedFrame } from "./frames/frame.js";
import type { LinkContext } from "./link-context.js";
import type { Peer } from "./peer.js";
import type { RemoteSessions } from "./remote-sessions.js";

/** The frames of calls. */
export type CallingFrame = CallFrame | ResultFrame | ErrorFrame | ReturnedFrame | CancelFrame | ChokeFrame;

/** The parts of the link that `Calls` uses. */
export interface CallsHost {
  readonly sessions: RemoteSessions;
  /** Returns whether a session of this node has sent a REGISTER for this registration that has no answer yet. */
  isRegistering(session: RealmSession, registration: Id): boolean;
}

/** A frame from a peer for a callee of this node, held until later. */
interface Held {
  readonly peer: Peer;
  readonly frame: CallFrame | CancelFrame;
}

/**
 * The calls between nodes. `RemoteSession` sends the calls of this node, and their answers arrive here. Calls of other nodes arrive
 * here, and `CallerProxy` sends their answers.
 */
export class Calls {
  readonly #context: LinkContext;
  readonly #host: CallsHost;
  readonly #proxies = new Map<RealmSession, Map<Peer, CallerProxy>>(); // callee of this node → peer → proxy
  readonly #held = new Map<RealmSession, Held[]>(); // callee → frames held until it receives REGISTERED

  constructor(context: LinkContext, host: CallsHost) {
    this.#context = context;
    this.#host = host;
  }

  /** Returns the proxies for callers of other nodes. */
  *proxies(): Iterable<CallerProxy> {
    for (const proxies of this.#proxies.values()) yield* proxies.values();
  }

  receive(peer: Peer, frame: CallingFrame): void {
    switch (frame.type) {
      case "CALL":
      case "CANCEL":
        return this.#arrive(peer, frame);
      case "CHOKE":
        return this.#choke(peer, frame);
      default:
        return this.#answered(peer, frame);
    }
  }

  /** Delivers the calls that were held for a session until its REGISTER was answered. */
  release(callee: RealmSession): void {
    const held = this.#held.get(callee);
    if (!held) return;
    this.#held.delete(callee);
    for (const [index, each] of held.entries()) {
      if (!this.#mustWait(callee, each.frame)) this.#deliver(callee, each);
      else return void this.#held.set(callee, held.slice(index));
    }
  }

  /** Returns the highest request of a peer's calls that has reached a session, or 0 if none has. */
  reached(callee: RealmSession, peer: Peer): Id {
    return this.#proxies.get(callee)?.get(peer)?.lastRequest ?? 0;
  }

  /** A session of this node has left. */
  calleeLeft(callee: RealmSession): void {
    const held = this.#held.get(callee) ?? [];
    this.#held.delete(callee);
    for (const { peer, frame } of held) this.#giveBack(peer, frame, "gone");
    const proxies = this.#proxies.get(callee);
    this.#proxies.delete(callee);
    for (const proxy of proxies?.values() ?? []) this.#end(proxy);
  }

  /** A peer has gone down, and its callers with it. Each step that is returned ends one of them. */
  down(peer: Peer): Iterable<() => void> {
    for (const [callee, held] of this.#held) {
      const left = held.filter((each) => each.peer !== peer);
      if (left.length > 0) this.#held.set(callee, left);
      else this.#held.delete(callee);
    }
    return this.#endingsOf(peer);
  }

  *#endingsOf(peer: Peer): Iterable<() => void> {
    for (const [callee, proxies] of this.#proxies) {
      const proxy = proxies.get(peer);
      if (!proxy) continue;
      proxies.delete(peer);
      if (proxies.size === 0) this.#proxies.delete(callee);
      yield () => this.#end(proxy);
    }
  }

  #arrive(peer: Peer, frame: CallFrame | CancelFrame): void {
    const callee = this.#context.realm.sessions.get(frame.callee);
    if (!callee || callee.node !== undefined) return this.#giveBack(peer, frame, "gone");
    const held = this.#held.get(callee);
    if (held) held.push({ peer, frame });
    else if (this.#mustWait(callee, frame)) this.#held.set(callee, [{ peer, frame }]);
    else this.#deliver(callee, { peer, frame });
  }

  #mustWait(callee: RealmSession, frame: CallFrame | CancelFrame): boolean {
    return frame.type === "CALL" && this.#host.isRegistering(callee, frame.registration);
  }

  #deliver(callee: RealmSession, { peer, frame }: Held): void {
    const { realm } = this.#context;
    const { request } = frame;
    if (frame.type === "CANCEL") {
      const proxy = this.#proxies.get(callee)?.get(peer);
      if (proxy) realm.giveUp(proxy, { type: "CANCEL", request, options: { mode: frame.mode } });
      return;
    }
    const proxy = this.#proxy(peer, callee);
    const isFirst = request > proxy.lastRequest;
    proxy.lastRequest = Math.max(proxy.lastRequest, request);
    const { registration, details, payload } = frame;
    const why = realm.invoke(proxy, { request, isFirst, callee, registration, details, payload });
    if (why) this.#giveBack(peer, frame, why);
  }

  #giveBack(peer: Peer, { type, callee, request }: CallFrame | CancelFrame, why: Returned): void {
    if (type === "CALL") peer.send({ type: "RETURNED", realm: this.#context.number, callee, request, why });
  }

  #answered(peer: Peer, frame: ResultFrame | ErrorFrame | ReturnedFrame): void {
    const { realm } = this.#context;
    const callee = this.#host.sessions.find(peer.node, frame.callee);
    if (!callee) return; // it has left, and its calls have ended
    const { request } = frame;
    if (frame.type === "RETURNED") return realm.returned(callee, request, frame.why);
    const { details, payload } = frame;
    if (frame.type === "RESULT") return realm.answered(callee, { type: "YIELD", request, options: details, payload });
    const { error } = frame;
    realm.answered(callee, { type: "ERROR", requestType: "INVOCATION", request, details, error, payload });
  }

  #choke(peer: Peer, { side, callee: id, isChoked }: ChokeFrame): void {
    if (side === "callee") return this.#host.sessions.find(peer.node, id)?.choke(isChoked);
    const callee = this.#context.realm.sessions.get(id);
    if (callee) this.#proxies.get(callee)?.get(peer)?.choke(isChoked);
  }

  #proxy(peer: Peer, callee: RealmSession): CallerProxy {
    let proxies = this.#proxies.get(callee);
    if (!proxies) {
      proxies = new Map();
      this.#proxies.set(callee, proxies);
    }
    let proxy = proxies.get(peer);
    if (!proxy) {
      proxy = new CallerProxy(peer, callee, this.#context);
      proxies.set(peer, proxy);
    }
    return proxy;
  }

  #end(proxy: CallerProxy): void {
    this.#context.realm.callerGone(proxy);
    proxy.end();
  }
}
