import { WampError } from "../wire/error.js";
import { type Id, randomId } from "../wire/ids.js";
import type { Message, RequestType } from "../wire/messages.js";
import { Payload } from "../wire/payload.js";
import { Broker } from "./broker.js";
import { Dealer } from "./dealer.js";
import type { RealmSession, Surroundings } from "./realm-session.js";

/** What a client may ask of a realm, once its session stands. */
type RealmMessage = Extract<
  Message,
  { type: "PUBLISH" | "SUBSCRIBE" | "UNSUBSCRIBE" | "CALL" | "CANCEL" | "REGISTER" | "UNREGISTER" | "YIELD" | "ERROR" }
>;

/**
 * One realm: its sessions, its broker and its dealer. Realms share nothing. A request that either refuses becomes an
 * ERROR here and nowhere else; a leaving session is undone here and nowhere else.
 */
export class Realm<Session extends RealmSession = RealmSession> {
  readonly name: string;
  readonly #random: () => number;
  readonly #sessions = new Map<Id, Session>();
  readonly #broker: Broker;
  readonly #dealer: Dealer;

  constructor(name: string, surroundings: Surroundings) {
    this.name = name;
    this.#random = surroundings.random;
    this.#broker = new Broker(surroundings);
    this.#dealer = new Dealer(surroundings);
  }

  get sessions(): ReadonlyMap<Id, Session> {
    return this.#sessions;
  }

  /** An ID that no session of this realm has. */
  newSessionId(): Id {
    let id = randomId(this.#random);
    while (this.#sessions.has(id)) id = randomId(this.#random);
    return id;
  }

  join(session: Session): void {
    this.#sessions.set(session.id, session);
  }

  /** Undoes everything the session owned. Called once for each session that joined, however it ends. */
  leave(session: Session): void {
    this.#sessions.delete(session.id);
    this.#broker.leave(session);
    this.#dealer.leave(session);
  }

  /** Carries a client's message out. Throws `ProtocolViolation` for what a client must not send. */
  receive(session: Session, message: Message): void {
    if (!isForRealm(message)) return; // EVENT_RECEIVED asks for nothing
    try {
      this.#dispatch(session, message);
    } catch (error) {
      if (!(error instanceof WampError)) throw error;
      answerError(session, message, error);
    }
  }

  #dispatch(session: Session, message: RealmMessage): void {
    switch (message.type) {
      case "CALL":
        return this.#dealer.call(session, message);
      case "YIELD":
        return this.#dealer.yield(session, message);
      case "PUBLISH":
        return this.#broker.publish(session, message);
      case "ERROR":
        return this.#dealer.error(session, message);
      case "CANCEL":
        return this.#dealer.cancel(session, message);
      case "SUBSCRIBE":
        return this.#broker.subscribe(session, message);
      case "UNSUBSCRIBE":
        return this.#broker.unsubscribe(session, message);
      case "REGISTER":
        return this.#dealer.register(session, message);
      case "UNREGISTER":
        return this.#dealer.unregister(session, message);
    }
  }
}

const REALM_MESSAGES: ReadonlySet<string> = new Set<RealmMessage["type"]>([
  "PUBLISH",
  "SUBSCRIBE",
  "UNSUBSCRIBE",
  "CALL",
  "CANCEL",
  "REGISTER",
  "UNREGISTER",
  "YIELD",
  "ERROR",
]);

function isForRealm(message: Message): message is RealmMessage {
  return REALM_MESSAGES.has(message.type);
}

/** A PUBLISH is answered only where it asked to be; what is no request has no answer. */
function answerError(session: RealmSession, message: RealmMessage, error: WampError): void {
  if (message.type === "CANCEL" || message.type === "YIELD" || message.type === "ERROR") return;
  if (message.type === "PUBLISH" && !message.options.acknowledge) return;
  const requestType: RequestType = message.type;
  const payload = Payload.of(error.args, error.kwargs);
  session.send({ type: "ERROR", requestType, request: message.request, details: {}, error: error.uri, payload });
}
