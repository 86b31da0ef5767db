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

/** Stands for all callers of another node that call one callee of this one: what they are answered goes to their router as a frame. */
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
  /** The highest request that it has called with. A lower one that is unknown belongs to a call that is over. */
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

  /** What its callers have announced is judged by their router. */
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

  /** Its callers' node says that they have much to read, or no more. */
  choke(isChoked: boolean): void {
    this.#linkFlow.choke(isChoked);
  }

  /** The callee or the node is gone. */
  end(): void {
    this.#linkFlow.end();
  }

  /** It is no session that anybody could end. */
  regrant(): void {}
  abort(): void {}
  dismiss(): void {}
  goodbye(): void {}
}
