import { ProtocolViolation, WampError } from "../wire/error.js";
import { type Id, randomId } from "../wire/ids.js";
import type { Call, Message, RequestType } from "../wire/messages.js";
import { Payload } from "../wire/payload.js";
import { isReserved } from "../wire/uris.js";
import { Broker, type BrokerConfig } from "./broker.js";
import { Dealer, type DealerConfig } from "./dealer.js";
import { MetaApi, sessionDetails } from "./meta.js";
import type { RealmSession, Surroundings } from "./realm-session.js";
import { Reflection } from "./reflection.js";
import { Testaments } from "./testaments.js";

/** What a client may ask of a realm, once its session stands. */
type RealmMessage = Extract<
  Message,
  { type: "PUBLISH" | "SUBSCRIBE" | "UNSUBSCRIBE" | "CALL" | "CANCEL" | "REGISTER" | "UNREGISTER" | "YIELD" | "ERROR" }
>;

/** What a realm is made of, beside its name. */
export interface RealmParts {
  readonly surroundings: Omit<Surroundings, "emit">;
  readonly broker: BrokerConfig;
  readonly dealer: DealerConfig;
  /** A client's request IDs must count 1, 2, 3 …; a gap is a protocol violation. */
  readonly strictRequestIds: boolean;
  /** Whether what a session sends is passed on unverified. */
  readonly trustsPayloads: (session: RealmSession) => boolean;
}

/** What a realm holds. With nobody in it, all are 0, but for the subscriptions that are kept for their history. */
export interface RealmStats {
  readonly sessions: number;
  readonly subscriptions: number;
  /** Sessions in one subscription or more. */
  readonly subscribers: number;
  readonly registrations: number;
  /** Sessions in one registration or more. */
  readonly callees: number;
  /** Calls that wait for their last answer. */
  readonly pendingCalls: number;
  /** Sessions that have called or been called. */
  readonly callParties: number;
  /** URIs described by reflection. */
  readonly definitions: number;
  /** Sessions that have described one or more. */
  readonly definers: number;
  /** Sessions that will leave a testament. */
  readonly testators: number;
}

/**
 * One realm: its sessions, its broker, its dealer and its meta API. Realms share nothing. A request that is refused becomes
 * an ERROR here and nowhere else; a leaving session is undone here and nowhere else.
 */
export class Realm<Session extends RealmSession = RealmSession> {
  readonly name: string;
  readonly #parts: RealmParts;
  readonly #sessions = new Map<Id, Session>();
  readonly #lastRequests = new Map<RealmSession, Id>(); // where request IDs are checked
  readonly #broker: Broker;
  readonly #dealer: Dealer;
  readonly #testaments = new Testaments();
  readonly #reflection: Reflection;
  readonly #meta: MetaApi;
  #events: { readonly topic: string; readonly args: readonly unknown[] }[] = []; // meta events of the change under way
  #silent = false; // the change under way is one that nobody is left to hear of

  constructor(name: string, parts: RealmParts) {
    this.name = name;
    this.#parts = parts;
    const surroundings: Surroundings = {
      ...parts.surroundings,
      emit: (topic, args) => {
        if (!this.#silent) this.#events.push({ topic, args });
      },
    };
    this.#broker = new Broker(surroundings, parts.broker);
    this.#dealer = new Dealer(surroundings, parts.dealer);
    this.#reflection = new Reflection(surroundings);
    this.#meta = new MetaApi({
      broker: this.#broker,
      dealer: this.#dealer,
      testaments: this.#testaments,
      reflection: this.#reflection,
      sessions: this.#sessions,
      strictUris: surroundings.strictUris,
      endAllBut: (session, reason, message) => this.#endAllBut(session, reason, message),
    });
  }

  get sessions(): ReadonlyMap<Id, Session> {
    return this.#sessions;
  }

  /** What the realm holds now. */
  get stats(): RealmStats {
    return {
      sessions: this.#sessions.size,
      ...this.#broker.subscriptions.stats,
      ...this.#dealer.stats,
      ...this.#reflection.stats,
      testators: this.#testaments.size,
    };
  }

  /** An ID that no session of this realm has. */
  newSessionId(): Id {
    const { random } = this.#parts.surroundings;
    let id = randomId(random);
    while (this.#sessions.has(id)) id = randomId(random);
    return id;
  }

  /** Whether what a session sends is passed on unverified. */
  trustsPayloads(session: Session): boolean {
    return this.#parts.trustsPayloads(session);
  }

  /** Takes a session in, once it has its WELCOME. */
  join(session: Session): void {
    this.#sessions.set(session.id, session);
    this.#events.push({ topic: "wamp.session.on_join", args: [sessionDetails(session)] });
    this.#publishEvents();
  }

  /** Undoes everything the session owned. Called once for each session that joined, however it ends. */
  leave(session: Session): void {
    this.#sessions.delete(session.id);
    this.#lastRequests.delete(session);
    this.#broker.leave(session);
    this.#dealer.leave(session);
    this.#reflection.leave(session);
    const testaments = this.#testaments.take(session);
    if (this.#silent) return;
    this.#publishEvents();
    for (const { topic, payload, options } of testaments) this.#broker.announce(topic, payload, options);
    this.#events.push({ topic: "wamp.session.on_leave", args: [session.id, session.authid, session.authrole] });
    this.#publishEvents();
  }

  /** Carries a client's message out. Throws `ProtocolViolation` for what a client must not send. */
  receive(session: Session, message: Message): void {
    if (!isForRealm(message)) return; // EVENT_RECEIVED asks for nothing
    if (this.#parts.strictRequestIds) this.#checkSequence(session, message);
    try {
      this.#dispatch(session, message);
    } catch (error) {
      if (!(error instanceof WampError)) throw error;
      answerError(session, message, error);
    }
    if (this.#events.length > 0) this.#publishEvents();
  }

  #dispatch(session: Session, message: RealmMessage): void {
    switch (message.type) {
      case "CALL":
        return this.#call(session, message);
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

  /** A meta procedure is answered by the realm itself, any other by its callee. */
  #call(session: Session, message: Call): void {
    const meta = isReserved(message.procedure) ? this.#meta.find(message.procedure) : undefined;
    if (!meta) return this.#dealer.call(session, message);
    const payload = meta(message.payload, session);
    session.send({ type: "RESULT", request: message.request, details: {}, payload });
  }

  /** Meta events go out when the change they tell of is complete; what they cause themselves comes after them. */
  #publishEvents(): void {
    for (let event = this.#events.shift(); event; event = this.#events.shift()) {
      this.#broker.announce(event.topic, Payload.of(event.args));
    }
  }

  #endAllBut(session: RealmSession, reason: string, message: string | undefined): number {
    const others = [...this.#sessions.values()].filter((other) => other.id !== session.id);
    this.#silent = true;
    try {
      for (const other of others) other.goodbye(reason, message);
    } finally {
      this.#silent = false;
    }
    return others.length;
  }

  /** All requests of a client share one counter. A CALL may come again under an ID it had, which the dealer judges. */
  #checkSequence(session: RealmSession, message: RealmMessage): void {
    if (message.type === "CANCEL" || message.type === "YIELD" || message.type === "ERROR") return;
    const last = this.#lastRequests.get(session) ?? 0;
    if (message.type === "CALL" && message.request <= last) return;
    if (message.request !== last + 1) {
      throw new ProtocolViolation(`${message.type}.request: expected ${last + 1}, got ${message.request}`);
    }
    this.#lastRequests.set(session, message.request);
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
