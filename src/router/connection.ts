import type { Clock } from "../session/clock.js";
import { announcedLimit, limitIn } from "../session/message-limit.js";
import { ROUTER_MOVES } from "../session/router-moves.js";
import { ROUTER_ROLES } from "../session/router-roles.js";
import { SessionMachine } from "../session/states.js";
import type { CutCause, Transport, TransportListener } from "../transport/transport.js";
import type { UnfinishedTotal } from "../transport/unfinished.js";
import { ProtocolViolation, WampError } from "../wire/error.js";
import type { Message } from "../wire/messages.js";
import type { CloseDetails } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import type { RefusedPayload } from "../wire/refused-payload.js";
import * as uris from "../wire/uris.js";
import type { Announcements } from "./announcements.js";
import type { Authenticator } from "./auth/authenticator.js";
import type { LoginPace } from "./auth/login-pace.js";
import type { Faults } from "./faults.js";
import type { SessionFlow } from "./flow/session-flow.js";
import { Handshake, type Outcome } from "./handshake.js";
import { LimitExceeded } from "./limits.js";
import type { RouterMeter } from "./meter.js";
import type { RouterObserver } from "./observer.js";
import type { Ending, Realm } from "./realm.js";
import { identityDetails } from "./realm-session.js";
import { RouterSession, type SessionConnection } from "./session.js";
import { TrafficCount } from "./traffic.js";

/** The interface of a connection to its router. */
export interface ConnectionHost {
  readonly agent: string;
  readonly clock: Clock;
  readonly handshakeTimeoutMs: number;
  readonly pace: LoginPace;
  readonly unfinished: UnfinishedTotal;
  readonly announcements: Announcements;
  readonly faults: Faults;
  findRealm(name: string): Realm<RouterSession> | undefined;
  readonly meter: RouterMeter | undefined;
  readonly observe: RouterObserver;
  sessionFlow(transport: Transport): SessionFlow | undefined;
  /** The transport is closed. */
  ended(connection: ClientConnection): void;
}

/** An established session and its realm. */
interface Joined {
  readonly realm: Realm<RouterSession>;
  readonly session: RouterSession;
  readonly atMs: number;
}

/**
 * A client that accepts only smaller messages, in bytes, receives the router's roles without features, which are half of
 * WELCOME.
 */
const ROOM_FOR_FEATURES = 2_048;
const BARE_ROLES = { broker: {}, dealer: {} };
export const GOING_DOWN = "the router is shutting down";

/**
 * The router's end of one transport: the session state, the handshake, and the orderly or abrupt end of the session. When a
 * client leaves, it can join again on the same transport with a new session.
 */
export class ClientConnection implements SessionConnection, TransportListener {
  readonly flow: SessionFlow | undefined;
  readonly #transport: Transport;
  readonly #host: ConnectionHost;
  readonly #authenticator: Authenticator | undefined;
  readonly #traffic = new TrafficCount();
  #machine = new SessionMachine(ROUTER_MOVES);
  #handshake: Handshake<Realm<RouterSession>> | undefined; // from HELLO to WELCOME
  #joined: Joined | undefined;
  #stopTimer: (() => void) | undefined; // of the timeout of HELLO or of the answer to GOODBYE
  #isTold = false; // a session was established, or its refusal was reported
  #closing: string | undefined; // the message of the transport's end, which follows GOODBYE
  #isClosed = false; // the transport is closed, which may happen within `send`
  #isDismissed = false; // the session is about to end; only GOODBYE and ABORT of the client are handled

  /** `authenticator` replaces those of the realm. */
  constructor(transport: Transport, host: ConnectionHost, authenticator?: Authenticator) {
    this.#transport = transport;
    this.#host = host;
    this.#authenticator = authenticator;
    this.flow = host.sessionFlow(transport);
    transport.countsBytes = true;
    this.#expectHello();
  }

  get maxReceiveBytes(): number | undefined {
    return this.#transport.maxSendBytes;
  }

  get transportKind(): string {
    return this.#transport.info.kind;
  }

  send(message: Message): WampError | undefined {
    if (!this.#machine.send(message.type)) return undefined; // the session has ended
    try {
      const bytes = this.#transport.send(message) || 0;
      this.#traffic.sent(bytes);
      this.#host.meter?.sent(message.type, bytes);
      return undefined;
    } catch (error) {
      // A value that this transport cannot serialize, or a trusted payload that turns out to be malformed.
      if (error instanceof TypeError || error instanceof ProtocolViolation) return unsendable(error.message);
      return error instanceof WampError ? error : this.#host.faults.tell(error);
    }
  }

  receive(message: Message, bytes: number): void {
    try {
      this.#count(message.type, bytes);
      this.#receive(message, bytes);
    } catch (error) {
      this.#caught(error);
    }
    this.flow?.received(bytes);
  }

  refused(refusal: RefusedPayload, bytes: number): void {
    this.#guard(() => {
      this.#count(refusal.head.type, bytes);
      if (!this.#joined) throw refusal; // before WELCOME no request is answered
      if (!this.#machine.receive(refusal.head.type)) return;
      if (!this.#isDismissed) this.#joined.realm.refuse(this.#joined.session, refusal);
    });
    this.flow?.received(bytes);
  }

  overhead(bytes: number): void {
    this.flow?.received(bytes);
  }

  owesAnswer(): boolean {
    return this.#joined?.realm.owesAnswer(this.#joined.session) ?? false;
  }

  frozen(isFrozen: boolean): void {
    this.#guard(() => this.#joined?.realm.freeze(this.#joined.session, isFrozen));
  }

  violation(fault: ProtocolViolation): void {
    this.#guard(() => this.#violated(fault));
  }

  closed(reason: string, cut?: CutCause): void {
    this.#isClosed = true;
    this.#guard(() => {
      this.#stopWaiting();
      this.#handshake?.end();
      if (!this.#isTold) this.#abandoned(reason);
      this.#leave({ reason, endedBy: cut ? "cut" : "transport", cut });
    });
    this.#host.ended(this);
  }

  dismiss(): void {
    this.#isDismissed = true;
  }

  trust(isTrusted: boolean): void {
    this.#transport.trustsPayloads = isTrusted;
  }

  goodbye(reason: string, message?: string): void {
    this.#endInOrder(reason, message === undefined ? {} : { message });
  }

  /** Ends the session in order, and then its transport. Default `message`: the router is shutting down. */
  shutdown(retryAfterMs: number | undefined, message: string = GOING_DOWN): void {
    this.#closing = message;
    if (!this.#joined) return this.close(message);
    const retry = retryAfterMs === undefined ? {} : { _retry_after_ms: retryAfterMs };
    this.#endInOrder(uris.SYSTEM_SHUTDOWN, { message, ...retry });
  }

  /** Closes the transport without GOODBYE. Default `message`: the router is shutting down. */
  close(message: string = GOING_DOWN): void {
    this.#isTold = true;
    this.#leave({ reason: uris.SYSTEM_SHUTDOWN, endedBy: "router" });
    this.#closeTransport(1001, message);
  }

  /** Runs a function and handles its exceptions. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#caught(error);
    }
  }

  /**
   * Handles an exception. A violation ends the session that committed it. Any other exception is an internal error and is
   * reported as one.
   */
  #caught(error: unknown): void {
    if (error instanceof ProtocolViolation) return this.#violated(error);
    if (error instanceof LimitExceeded || (error instanceof WampError && !this.#joined))
      return this.#abort({ reason: error.uri, message: wordsOf(error), endedBy: "router" });
    const told = this.#host.faults.tell(error);
    this.#abort({ reason: told.uri, message: wordsOf(told), endedBy: "fault" });
  }

  #violated({ reason, message }: ProtocolViolation): void {
    this.#abort({ reason, message, endedBy: "violation" });
  }

  #count(type: Message["type"], bytes: number): void {
    this.#traffic.received(bytes);
    this.#host.meter?.received(type, bytes);
  }

  #receive(message: Message, bytes: number): void {
    if (this.#handshake && isForSession(message)) return this.#handshake.hold(message, bytes);
    if (!this.#machine.receive(message.type)) return;
    switch (message.type) {
      case "HELLO":
        this.#stopWaiting();
        this.#handshake = new Handshake(message, bytes, this.#handshakeHost());
        return this.#handshake.start();
      case "AUTHENTICATE":
        return this.#handshake?.authenticate(message);
      case "GOODBYE":
        return this.#goodbye(message.reason);
      case "ABORT":
        return this.#end({ reason: message.reason, endedBy: "client" });
      default:
        if (!this.#isDismissed) this.#joined?.realm.receive(this.#joined.session, message);
    }
  }

  #handshakeHost() {
    const { clock, handshakeTimeoutMs, pace, unfinished, faults, findRealm } = this.#host;
    return {
      info: this.#transport.info,
      authenticator: this.#authenticator,
      clock,
      timeoutMs: handshakeTimeoutMs,
      pace,
      unfinished,
      findRealm,
      challenge: (authmethod: string, extra: Readonly<Record<string, unknown>>) => {
        const refusal = this.send({ type: "CHALLENGE", authmethod, extra });
        if (refusal) throw unwelcoming("CHALLENGE", refusal);
      },
      welcome: (outcome: Outcome<Realm<RouterSession>>) => this.#guard(() => this.#welcome(outcome)),
      abort: (reason: string, message: string) => this.#abort({ reason, message, endedBy: "router" }),
      report: (error: unknown) => faults.tell(error),
    };
  }

  #welcome({ realm, session: promised, hello, authmethod, principal, held }: Outcome<Realm<RouterSession>>): void {
    this.#handshake = undefined;
    const { info } = this.#transport;
    const { authid, authrole, authprovider, authextra } = realm.admit(principal, { authmethod, info });
    const id = realm.sessions.has(promised) ? realm.newSessionId() : promised; // the ID may be in use by now
    const identity = { id, authid, authrole, authmethod, authprovider };
    const grants = realm.grantsOf({ session: identity.id, authid, authrole });
    const session = new RouterSession(this, { identity, roles: this.#host.announcements.share(hello.roles), grants });
    this.trust(grants.trustsPayloads);
    const who = { ...identityDetails(identity), ...(authextra && { authextra }) };
    const limit = announcedLimit(this.#transport.maxMessageBytes);
    const roles =
      (this.#transport.maxSendBytes ?? Number.POSITIVE_INFINITY) < ROOM_FOR_FEATURES ? BARE_ROLES : ROUTER_ROLES;
    const details = { realm: realm.name, agent: this.#host.agent, roles, ...who, ...limit };
    const refusal = this.send({ type: "WELCOME", session: session.id, details });
    if (refusal) throw unwelcoming("WELCOME", refusal); // such as an authextra that cannot be serialized
    if (this.#isClosed) return;
    this.#joined = { realm, session, atMs: this.#host.clock.now() };
    this.#isTold = true;
    this.#transport.maxSendBytes = limitIn(hello);
    realm.join(session, info);
    for (const message of held) this.#receive(message, 0);
  }

  /** Answers the client's GOODBYE, unless it is an answer to ours. Either way, the client may send a new HELLO. */
  #goodbye(reason: string): void {
    this.#stopWaiting();
    this.#leave({ reason, endedBy: "client" });
    this.send({ type: "GOODBYE", details: {}, reason: uris.GOODBYE_AND_OUT });
    this.#machine = new SessionMachine(ROUTER_MOVES);
    if (this.#closing !== undefined) this.close(this.#closing);
    else this.#expectHello();
  }

  #endInOrder(reason: string, details: CloseDetails): void {
    this.send({ type: "GOODBYE", details, reason });
    this.#leave({ reason, message: details.message, endedBy: "router" });
    this.#expect("the answer to GOODBYE");
  }

  /** Refuses or ends the session: sends ABORT, leaves the realm, and closes the transport. */
  #abort(ending: Ending): void {
    const { reason, message } = ending;
    if (!this.#joined) this.#refused(reason, message);
    const details = message === undefined ? {} : { message };
    this.send({ type: "ABORT", details, reason, payload: Payload.EMPTY });
    this.#end(ending);
  }

  #refused(reason: string, message: string | undefined): void {
    const { info } = this.#transport;
    this.#isTold = true;
    const claim = this.#handshake?.claim;
    this.#host.observe({ type: "refused", info, reason, why: message ? `${reason}: ${message}` : reason, claim });
  }

  #abandoned(why: string): void {
    this.#host.observe({ type: "abandoned", info: this.#transport.info, why });
  }

  /** Leaves the realm and closes the transport. */
  #end(ending: Ending): void {
    this.#leave(ending);
    this.#closeTransport(1002, ending.reason);
  }

  /** Closes the transport. What the client has sent before it knows of that is dropped, and a login under way leads nowhere. */
  #closeTransport(code: number, reason: string): void {
    this.#stopWaiting();
    this.#handshake?.end();
    this.#handshake = undefined;
    this.#machine.end();
    this.#transport.close(code, reason);
  }

  #leave(ending: Ending): void {
    const joined = this.#joined;
    if (!joined) return;
    this.#joined = undefined;
    this.#isDismissed = false;
    this.#transport.maxSendBytes = undefined;
    this.trust(false);
    joined.session.end();
    const { info } = this.#transport;
    const durationMs = Math.max(0, this.#host.clock.now() - joined.atMs); // the clock may have been set back
    joined.realm.leave(joined.session, { ...ending, info, durationMs, traffic: this.#traffic.take() });
  }

  /** Stops the current timeout. */
  #stopWaiting(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  #expectHello(): void {
    if (this.#isClosed) return;
    const { clock, handshakeTimeoutMs } = this.#host;
    this.#stopTimer = clock.after(handshakeTimeoutMs, () =>
      this.#abort({
        reason: uris.PROTOCOL_VIOLATION,
        message: `no HELLO within ${handshakeTimeoutMs} ms`,
        endedBy: "router",
      }),
    );
  }

  #expect(what: string): void {
    if (this.#isClosed) return;
    const { clock, handshakeTimeoutMs } = this.#host;
    this.#stopTimer = clock.after(handshakeTimeoutMs, () =>
      this.#closeTransport(1002, `${what} did not arrive in time`),
    );
  }
}

const BEFORE_WELCOME: ReadonlySet<Message["type"]> = new Set([
  "HELLO",
  "ABORT",
  "AUTHENTICATE",
  "WELCOME",
  "CHALLENGE",
]);

/** Returns whether a message needs an established session. Before WELCOME, such a message is queued. */
function isForSession(message: Message): boolean {
  return !BEFORE_WELCOME.has(message.type);
}

/** Returns the message of an error without its URI, which is the reason of the ABORT. */
function wordsOf({ uri, args, message }: WampError): string | undefined {
  const [words] = args;
  if (typeof words === "string") return words;
  return message === uri ? undefined : message;
}

/**
 * Returns the error if WELCOME or CHALLENGE cannot be sent: it is too large for the client, or cannot be serialized, which
 * is an internal error.
 */
function unwelcoming(type: string, refusal: WampError): Error {
  if (refusal.uri !== uris.PAYLOAD_SIZE_EXCEEDED)
    return new TypeError(`${type} cannot be sent to a client: ${refusal.message}`);
  return new WampError(refusal.uri, { args: [`${type} cannot be sent to this client: ${wordsOf(refusal)}`] });
}

function unsendable(why: string): WampError {
  return new WampError(uris.INVALID_ARGUMENT, { args: [`the payload cannot be sent to the receiver: ${why}`] });
}
