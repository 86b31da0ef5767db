import { DEVELOPMENT } from "#development";
import { CLIENT_MOVES } from "../session/client-moves.js";
import type { Clock } from "../session/clock.js";
import type { SessionDetails } from "../session/details.js";
import { announces } from "../session/features.js";
import { announcedLimit, limitIn } from "../session/message-limit.js";
import { SessionMachine } from "../session/states.js";
import type { Transport, TransportListener } from "../transport/transport.js";
import { isWampError, messageOf, ProtocolViolation, violation, WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { HelloDetails, Roles } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import type { RefusedPayload } from "../wire/refused-payload.js";
import * as uris from "../wire/uris.js";
import type { SessionLogin } from "./auth/client-auth.js";
import { disconnected, unsupported } from "./failures.js";
import type { InvocationHost, Invocations } from "./invocations.js";
import type { PayloadPacking } from "./payload-schemes.js";
import { type Answer, Requests } from "./requests.js";
import { retryAfterIn, type SessionEnding } from "./session-ending.js";
import type { Supervision } from "./supervision.js";

/** The number of unsent bytes from which on senders should wait. */
const MUCH_UNSENT = 256 * 1024;

/** Receives the events of one subscription. */
export interface EventReceiver {
  receive(event: m.Event, session: ClientSession): void;
}

/** The peer of a session, which receives its reports. */
export interface ClientSessionOwner {
  /** The packing of payloads that the router does not read. */
  readonly schemes: PayloadPacking;
  /** The roles and features that HELLO announces. */
  readonly roles: Roles;
  /** Creates the invocations, if the peer has that part. */
  readonly serve: ((host: InvocationHost) => Invocations) | undefined;
  readonly clock: Clock;
  /** Starts a login; `undefined` for none. */
  readonly beginLogin: Supervision["beginLogin"];
  onError(error: unknown): void;
  /** Called when the router has revoked a registration or subscription. */
  revoked(what: "registration" | "subscription", how: { readonly id: Id; readonly reason: string }): void;
  /** Called when the session has ended, unless `leave` was called. */
  lost(ending: SessionEnding): void;
}

/**
 * The client's end of one transport: the handshake, requests and their answers, events and invocations. After `leave` and `join`
 * the same transport has another session. When a session ends, all its pending requests fail.
 */
export class ClientSession implements TransportListener, InvocationHost {
  readonly #transport: Transport;
  readonly #owner: ClientSessionOwner;
  #machine = new SessionMachine(CLIENT_MOVES);
  #details: SessionDetails | undefined;
  #routerRoles: Roles | undefined;
  #invocations: Invocations | undefined; // of a callee
  readonly #subscriptions = new Map<Id, EventReceiver>();
  #joining: { resolve(details: SessionDetails): void; reject(error: unknown): void } | undefined;
  #login: SessionLogin | undefined;
  #leaving: (() => void) | undefined;
  #ended: string | undefined; // why the transport is closed or closing
  #shutDown = false;
  readonly requests: Requests = new Requests((message) => this.send(message));
  /** Whether a message has arrived since it was set to false. */
  heard = true;

  constructor(transport: Transport, owner: ClientSessionOwner) {
    this.#transport = transport;
    this.#owner = owner;
    this.#invocations = owner.serve?.(this);
    transport.open(this);
  }

  /** The established session, or `undefined`. */
  get details(): SessionDetails | undefined {
    return this.#details;
  }

  /** The invocations of a callee. */
  get invocations(): Invocations | undefined {
    return this.#invocations;
  }

  get schemes(): PayloadPacking {
    return this.#owner.schemes;
  }

  get clock(): Clock {
    return this.#owner.clock;
  }

  onError(error: unknown): void {
    this.#owner.onError(error);
  }

  get transportOpen(): boolean {
    return this.#ended === undefined;
  }

  /** Whether the router owes an answer. */
  get awaitsAnswer(): boolean {
    return this.requests.size > 0;
  }

  /** Whether the router has ended the session because it is shutting down. */
  get shutDown(): boolean {
    return this.#shutDown;
  }

  /**
   * Sends HELLO, and logs in. Rejects with the `WampError` of an ABORT, `wampact.error.disconnected`, or the exception of the
   * login.
   */
  join(realm: string): Promise<SessionDetails> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(disconnected(this.#ended));
      this.#joining = { resolve, reject };
      const { beginLogin } = this.#owner;
      if (!beginLogin) return this.#hello(realm);
      beginLogin(this.#transport.info)
        .then((login) => {
          this.#login = login;
          this.#hello(realm, login.hello);
        })
        .catch(reject);
    });
  }

  #hello(realm: string, login?: HelloDetails): void {
    const limit = announcedLimit(this.#transport.maxMessageBytes);
    this.send({ type: "HELLO", realm, details: { roles: this.#owner.roles, agent: "wampact", ...limit, ...login } });
  }

  /** Sends GOODBYE. Resolves when the router has answered it, or the transport is closed. */
  leave(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.send({ type: "GOODBYE", details: {}, reason: uris.CLOSE_REALM })) return resolve();
      this.#leaving = resolve;
      this.#end("the peer has left the realm");
    });
  }

  /** Closes the transport. Queued messages are still sent. */
  close(reason: string): void {
    this.#end(reason);
    this.#ended ??= reason;
    this.#machine.end(); // a platform may still deliver messages
    this.#joining?.reject(disconnected(reason));
    this.#joining = undefined;
    this.#transport.close(1000, reason);
  }

  /** Returns whether the router has announced a feature. */
  announces(role: "broker" | "dealer", feature: string): boolean {
    return announces(this.#routerRoles, role, feature);
  }

  /** Throws `wamp.error.feature_not_supported` if the router has not announced a feature. */
  require(role: "broker" | "dealer", feature: string): void {
    if (!this.announces(role, feature)) throw unsupported(feature);
  }

  /** Returns false if the session is not established. Throws `TypeError` for a value that cannot be sent. */
  send(message: m.Message): boolean {
    if (this.#ended !== undefined || !this.#machine.send(message.type)) return false;
    this.#transport.send(message);
    return true;
  }

  /**
   * Returns the ID of the next request. It is used up when that is sent. Throws `wampact.error.disconnected` if no session is
   * established.
   */
  nextRequest(): Id {
    this.requireDetails();
    return this.requests.upcoming;
  }

  /** Returns the established session. Throws `wampact.error.disconnected` if there is none. */
  requireDetails(): SessionDetails {
    if (this.#details) return this.#details;
    throw disconnected(this.#ended ?? "no session is established");
  }

  /** Resolves when all messages have left this process, or nothing can be sent any more. `undefined` while little is unsent. */
  drained(): Promise<void> | undefined {
    if (this.#transport.unsentBytes < MUCH_UNSENT) return undefined;
    return new Promise((resolve) => this.#transport.onceDrained(resolve));
  }

  onEvent(subscription: Id, receiver: EventReceiver): void {
    this.#subscriptions.set(subscription, receiver);
  }
  offEvent(subscription: Id): void {
    this.#subscriptions.delete(subscription);
  }

  receive(message: m.Message): void {
    this.heard = true;
    try {
      if (this.#machine.receive(message.type)) this.#dispatch(message);
    } catch (error) {
      if (error instanceof ProtocolViolation) return this.violation(error);
      this.#owner.onError(error);
    }
  }

  refused(refusal: RefusedPayload): void {
    const { head, error } = refusal;
    try {
      if (!this.#machine.receive(head.type)) return;
    } catch {
      return this.violation(refusal);
    }
    if (head.type === "EVENT") return this.#owner.onError(error);
    if (head.type === "INVOCATION") return this.#invocations?.refuse(head, error);
    if (head.type !== "RESULT" && head.type !== "ERROR") return this.violation(refusal);
    this.requests.forget(head.request)?.fail(error);
  }

  violation(fault: ProtocolViolation): void {
    this.#abort(fault.message, fault.reason);
    this.#owner.onError(fault);
    this.#lose({ reason: `${fault.reason}: ${fault.message}` }, fault);
    this.#transport.close(1002, fault.message);
  }

  /** Ends the session, because this peer can send nothing that the router waits for. */
  failed(error: unknown): void {
    this.#lose({ reason: `cannot answer the router: ${messageOf(error)}` });
    this.#transport.close(1011, "internal error");
  }

  #abort(message: string, reason: string): void {
    this.#sendLast({ type: "ABORT", details: { message }, reason, payload: Payload.EMPTY });
  }

  /** Sends the last message of a session, which ends even if that fails. */
  #sendLast(message: m.Abort | m.Goodbye): void {
    try {
      this.send(message);
    } catch (error) {
      this.#owner.onError(error);
    }
  }

  closed(reason: string): void {
    this.#lose({ reason: `the connection is lost: ${reason}` });
    this.#leaving?.();
  }

  #dispatch(message: m.Message): void {
    switch (message.type) {
      case "EVENT":
        return this.#subscriptions.get(message.subscription)?.receive(message, this); // an ended subscription may still receive some
      case "INVOCATION":
      case "INTERRUPT":
        return this.#invocations?.receive(message);
      case "ERROR":
        return this.#failed(message);
      case "WELCOME":
        return this.#welcomed(message);
      case "ABORT":
        return this.#aborted(message);
      case "GOODBYE":
        return this.#goodbye(message);
      case "CHALLENGE":
        return this.#challenged(message);
      default:
        return this.#answered(message as Answer); // the state table allows no other message
    }
  }

  #challenged(message: m.Challenge): void {
    if (!this.#login)
      throw violation(
        "CHALLENGE.authmethod",
        DEVELOPMENT && `this peer offered no method, got "${message.authmethod}"`,
      );
    this.#login
      .answer(message)
      .then(({ signature, extra = {} }) => this.send({ type: "AUTHENTICATE", signature, extra }))
      .catch((error: unknown) => this.#refuse(error));
  }

  /** Ends the login. `join` rejects with the reason, which is not sent to the router. */
  #refuse(error: unknown): void {
    const message = "the client cancels this login";
    this.#abort(message, uris.AUTHENTICATION_FAILED);
    this.#joining?.reject(error);
    this.close(message);
  }

  #welcomed({ session, details }: m.Welcome): void {
    try {
      this.#login?.welcome(details);
    } catch (error) {
      return this.#refuse(error);
    }
    const { roles, realm = "", authid, authrole, authmethod, ...rest } = details;
    this.#routerRoles = roles;
    this.#transport.maxSendBytes = limitIn(details);
    this.#details = {
      id: session,
      realm,
      ...(authid !== undefined && { authid }),
      ...(authrole !== undefined && { authrole }),
      ...(authmethod !== undefined && { authmethod }),
      details: { ...rest, roles },
    };
    this.#joining?.resolve(this.#details);
    this.#joining = undefined;
  }

  #aborted({ reason, details, payload }: m.Abort): void {
    const { args, kwargs } = payload;
    const error = new WampError(reason, {
      args,
      kwargs,
      message: details.message ? `${reason}: ${details.message}` : reason,
    });
    const retryAfterMs = retryAfterIn(details);
    if (retryAfterMs !== undefined) Object.assign(error, { retryAfterMs });
    const joining = this.#joining;
    this.#joining = undefined;
    joining?.reject(error);
    this.#lose({ reason: error.message, retryAfterMs });
    this.#transport.close(1000, reason);
  }

  /** Echoes the router's GOODBYE. An echo of our own settles `leave`. */
  #goodbye({ reason, details }: m.Goodbye): void {
    if (this.#machine.state === "CLOSED") {
      this.#machine = new SessionMachine(CLIENT_MOVES);
      this.#leaving?.();
      this.#leaving = undefined;
      return;
    }
    this.#sendLast({ type: "GOODBYE", details: {}, reason: uris.GOODBYE_AND_OUT });
    this.#shutDown = reason === uris.SYSTEM_SHUTDOWN;
    const words = details.message ? `${reason}: ${details.message}` : reason;
    this.#lose({ reason: words, goodbye: reason, retryAfterMs: retryAfterIn(details) });
    this.#transport.close(1000, reason);
  }

  #answered(message: Answer): void {
    if (message.request === 0 && (message.type === "UNREGISTERED" || message.type === "UNSUBSCRIBED"))
      return this.#revoked(message);
    this.requests.answered(message);
  }

  /** Called when the router has revoked a registration or subscription. */
  #revoked({ type, details = {} }: m.Unregistered | m.Unsubscribed): void {
    const id = type === "UNREGISTERED" ? details.registration : details.subscription;
    if (id === undefined) throw violation(`${type}.details`, DEVELOPMENT && "a revocation must name what it revokes");
    const isRegistration = type === "UNREGISTERED";
    if (isRegistration) this.#invocations?.unhandle(id);
    else this.offEvent(id);
    const { reason = "no reason given" } = details;
    this.#owner.revoked(isRegistration ? "registration" : "subscription", { id, reason });
  }

  #failed(message: m.ErrorMessage): void {
    const pending = this.requests.failed(message);
    pending?.fail(this.#errorOf(message, pending.procedure ?? ""), message.details._going_down);
  }

  /** Returns the error of an ERROR. An unpacked one may come from the router. A packed one comes from the callee. */
  #errorOf({ error, details, payload }: m.ErrorMessage, procedure: string): WampError {
    try {
      const { args, kwargs } =
        details.ppt_scheme === undefined ? payload : this.schemes.unpack(payload, details, procedure);
      return new WampError(error, { args, kwargs });
    } catch (unreadable) {
      return unreadable as WampError; // `unpack` throws nothing else
    }
  }

  #lose(ending: SessionEnding, fault?: ProtocolViolation): void {
    if (this.#ended !== undefined) return;
    const { reason } = ending;
    this.#ended = reason;
    this.#end(reason, fault);
    this.#joining?.reject(disconnected(reason));
    this.#joining = undefined;
    this.#owner.lost(ending);
  }

  /** Fails everything that waits for this session, and prepares the object for the next. */
  #end(reason: string, fault?: ProtocolViolation): void {
    this.#details = undefined;
    this.#subscriptions.clear();
    this.#invocations?.end(disconnected(reason));
    this.#invocations = this.#owner.serve?.(this);
    this.requests.end(reason, fault);
  }
}

/** Waits for an UNREGISTER or UNSUBSCRIBE. It also succeeds if the session ends, because the entry has ended with it. */
export async function unlessGone(answer: Promise<unknown>): Promise<void> {
  try {
    await answer;
  } catch (error) {
    if (!isWampError(error) || error.uri !== uris.DISCONNECTED) throw error;
  }
}
