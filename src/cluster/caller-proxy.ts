import type { SessionFlow } from "../router/flow/session-flow.js";
import type { Grants } from "../router/grants.js";
import type { RealmSession } from "../router/realm-session.js";
import type { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type { Message } from "../wire/messages.js";
import type { LinkContext } from "./link-context.js";
import { LinkFlow } from "./link-flow.js";
import type { Peer } from "./peer.js";
import { GRANTED_ELSEWHERE, unsendable } from "./remote-session.js";

/** Stands for all callers of one other node that call one callee of this node. Sends their answers to their router as frames. */
export class CallerProxy implements RealmSession {
  readonly id: Id;
  readonly node: string;
  readonly authid = "";
  readonly authrole = "";
  readonly authmethod = "";
  readonly authprovider = "";
  readonly transportKind = "cluster";
  readonly maxReceiveBytes: undefined = undefined;
  readonly grants: Grants = GRANTED_ELSEWHERE;
  frozen: boolean = false;
  /** The highest request of a call so far. A lower request that is unknown belongs to a call that has ended. */
  lastRequest: Id = 0;
  readonly #peer: Peer;
  readonly #realm: number;
  readonly #linkFlow: LinkFlow;

  constructor(peer: Peer, callee: RealmSession, { host, number: realm }: LinkContext) {
    this.id = callee.id;
    this.node = peer.node;
    this.#peer = peer;
    this.#realm = realm;
    this.#linkFlow = new LinkFlow(peer, host, (isChoked) =>
      peer.send({ type: "CHOKE", realm, callee: callee.id, side: "callee", isChoked }),
    );
  }

  get flow(): SessionFlow {
    return this.#linkFlow.flow;
  }

  /** The callers' router has already checked their features. */
  announces(): boolean {
    return true;
  }

  send(message: Message): WampError | undefined {
    const realm = this.#realm;
    const callee = this.id;
    try {
      if (message.type === "RESULT") {
        const { request, details, payload } = message;
        this.#peer.send({ type: "RESULT", realm, callee, request, details, payload });
      } else if (message.type === "ERROR") {
        const { request, error, details, payload } = message;
        this.#peer.send({ type: "ERROR", realm, callee, request, error, details, payload });
      }
      return undefined;
    } catch (error) {
      return unsendable(error);
    }
  }

  /** The callers' node reports that they have much to read, or no longer do. */
  choke(isChoked: boolean): void {
    this.#linkFlow.choke(isChoked);
  }

  /** The callee or the node has left. */
  end(): void {
    this.#linkFlow.end();
  }

  /** Does nothing: it is not a session that can be ended. */
  regrant(): void {}
  abort(): void {}
  dismiss(): void {}
  goodbye(): void {}
}
