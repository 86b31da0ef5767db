import type { Clock } from "../session/clock.js";
import type { PeerInfo } from "../transport/transport.js";
import type { UnfinishedTotal } from "../transport/unfinished.js";
import { excerpt } from "../wire/bytes.js";
import { isWampError, ProtocolViolation, type WampError } from "../wire/error.js";
import type { Dict } from "../wire/fields.js";
import type { Id } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import type { HelloDetails } from "../wire/options.js";
import {
  AUTHENTICATION_FAILED,
  AUTHENTICATION_REQUIRED,
  NO_MATCHING_AUTH_METHOD,
  NO_SUCH_REALM,
  UNAVAILABLE,
} from "../wire/uris.js";
import {
  type Authenticator,
  checkVerdict,
  type LoginContext,
  type Principal,
  type Verdict,
} from "./auth/authenticator.js";
import type { LoginPace } from "./auth/login-pace.js";
import { isThenable } from "./given.js";
import { LimitExceeded } from "./limits.js";
import type { Claim } from "./observer.js";

/** The maximum number of messages before WELCOME, and their maximum size in bytes. */
const MOST_HELD = 256;
const MOST_HELD_BYTES = 1024 * 1024;
/** The maximum delay of a login after many failed ones with the same `authid` or address, in milliseconds. */
const MOST_SLOWED_MS = 5_000;

/** A realm during the handshake. */
export interface RealmDoor {
  readonly name: string;
  readonly authenticators: readonly Authenticator[];
  /** Returns why a connection is refused, regardless of authentication; `undefined` if it is accepted. */
  outsideRefusal(info: PeerInfo): string | undefined;
  /** Returns an unused session ID. */
  newSessionId(): Id;
  call(procedure: string, args: readonly unknown[]): Promise<unknown>;
}

/** The interface of a handshake to its connection. */
export interface HandshakeHost<Door extends RealmDoor> {
  readonly info: PeerInfo;
  readonly clock: Clock;
  /** Replaces the authenticators of the realm, for peers in this process. */
  readonly authenticator: Authenticator | undefined;
  /** The timeout from HELLO to WELCOME or ABORT, in milliseconds. */
  readonly timeoutMs: number;
  readonly pace: LoginPace;
  /** Counts what logins hold. */
  readonly unfinished: UnfinishedTotal;
  findRealm(name: string): Door | undefined;
  challenge(authmethod: string, extra: Dict): void;
  welcome(outcome: Outcome<Door>): void;
  abort(reason: string, message: string): void;
  /** Reports an internal error. Returns the error for the client. */
  report(error: unknown): WampError;
}

/** A client that may join. */
export interface Outcome<Door> {
  readonly realm: Door;
  /** The session ID announced during the login. */
  readonly session: Id;
  readonly hello: HelloDetails;
  readonly authmethod: string;
  readonly principal: Principal;
  /** The messages of the client before WELCOME, in order. They are handled after WELCOME. */
  readonly held: readonly m.Message[];
}

type Challenged = Extract<Verdict, { type: "challenge" }>;

const TOO_LATE: Verdict = {
  type: "denied",
  uri: UNAVAILABLE,
  message: "too many failed logins with this authid or from this address; try again later",
};

const ROLES = ["publisher", "subscriber", "caller", "callee"] as const;

/**
 * The handshake from HELLO to WELCOME or ABORT. Authenticators may be asynchronous. Messages of the client are queued
 * meanwhile, up to a limit.
 */
export class Handshake<Door extends RealmDoor> {
  readonly #hello: m.Hello;
  readonly #host: HandshakeHost<Door>;
  readonly #held: m.Message[] = [];
  readonly #helloBytes: number;
  #heldBytes = 0;
  #chosen: { readonly realm: Door; readonly session: Id; readonly authenticator: Authenticator } | undefined;
  #challenge: Challenged | undefined; // the challenge that awaits its answer
  #stopTimer: (() => void) | undefined;
  #over = false;

  /** `bytes` is the size of HELLO. */
  constructor(hello: m.Hello, bytes: number, host: HandshakeHost<Door>) {
    this.#hello = hello;
    this.#helloBytes = bytes;
    this.#host = host;
    host.unfinished.hold(this, bytes);
  }

  /** The realm and authid of HELLO. */
  get claim(): Claim {
    return { realm: this.#hello.realm, authid: this.#hello.details.authid };
  }

  /** Starts the handshake. Throws `ProtocolViolation` for an invalid HELLO. */
  start(): void {
    const { realm: name, details } = this.#hello;
    const realm = this.#host.findRealm(name);
    if (!realm) return this.#abort(NO_SUCH_REALM, `this router has no realm "${excerpt(name)}"`);
    if (!ROLES.some((role) => details.roles?.[role])) {
      throw new ProtocolViolation(`HELLO.details.roles: expected at least one of ${ROLES.join(", ")}`);
    }
    const outside = this.#host.authenticator ? undefined : realm.outsideRefusal(this.#host.info);
    if (outside) return this.#abort(AUTHENTICATION_REQUIRED, outside);
    const authenticator = this.#host.authenticator ?? choose(realm.authenticators, details.authmethods);
    if (!authenticator) {
      const methods = realm.authenticators.map(({ method }) => `"${method}"`).join(" or ");
      return this.#abort(NO_MATCHING_AUTH_METHOD, `this realm supports the authmethod ${methods}`);
    }
    const session = realm.newSessionId();
    this.#chosen = { realm, session, authenticator };
    const call: LoginContext["call"] = async (procedure, args, name = realm.name) => {
      const asked = this.#host.findRealm(name);
      if (!asked) throw new TypeError(`this router has no realm "${name}"`);
      return asked.call(procedure, args);
    };
    const report = (error: unknown) => void this.#host.report(error);
    this.#judge(() => authenticator.begin(details, this.#host.info, { realm: realm.name, session, call, report }));
  }

  authenticate(message: m.Authenticate): void {
    const challenge = this.#challenge;
    this.#challenge = undefined;
    if (challenge) this.#judge(() => this.#judgeInTurn(challenge, message));
  }

  /** Checks an answer, with a delay after failed logins. An answer that is not checked in time does not count as failed. */
  async #judgeInTurn(challenge: Challenged, message: m.Authenticate): Promise<Verdict> {
    const { info, pace, timeoutMs } = this.#host;
    const claim = { realm: this.#hello.realm, authid: this.#hello.details.authid, info };
    const limits = { waitMs: Math.min(MOST_SLOWED_MS, timeoutMs / 2), runMs: timeoutMs };
    const judged = await pace.judge(claim, limits, () => (this.#over ? TOO_LATE : challenge.answer(message)));
    return judged ?? TOO_LATE;
  }

  /** Queues a message for after WELCOME. Throws if there are too many. */
  hold(message: m.Message, bytes: number): void {
    this.#held.push(message);
    this.#heldBytes += bytes;
    if (this.#held.length <= MOST_HELD && this.#heldBytes <= MOST_HELD_BYTES)
      return this.#host.unfinished.hold(this, this.#helloBytes + this.#heldBytes);
    throw new LimitExceeded("held", `more than ${MOST_HELD} messages or ${MOST_HELD_BYTES} bytes before WELCOME`);
  }

  /** Refuses the client, because all connections together hold too much. */
  cut(reason: string): void {
    if (!this.#over) this.#abort(UNAVAILABLE, reason);
  }

  /** Ends the handshake without result. */
  end(): void {
    this.#over = true;
    this.#host.unfinished.hold(this, 0);
    this.#stopTimer?.();
  }

  #judge(ask: () => Verdict | Promise<Verdict>): void {
    try {
      const verdict = ask();
      if (!isThenable(verdict)) return this.#decide(verdict);
      this.#startTimer();
      Promise.resolve(verdict)
        .then((decided) => this.#decide(decided))
        .catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #decide(verdict: Verdict): void {
    if (this.#over || !this.#chosen) return;
    checkVerdict(verdict);
    const { realm, session, authenticator } = this.#chosen;
    const authmethod = authenticator.method;
    if (verdict.type === "denied") return this.#abort(verdict.uri, verdict.message);
    if (!this.#host.authenticator && !realm.authenticators.includes(authenticator))
      return this.#abort(UNAVAILABLE, "the authentication methods of this realm have changed; try again");
    if (verdict.type === "challenge") {
      this.#challenge = verdict;
      this.#startTimer();
      return this.#host.challenge(authmethod, verdict.extra);
    }
    this.end();
    const { principal } = verdict;
    this.#host.welcome({ realm, session, hello: this.#hello.details, authmethod, principal, held: this.#held });
  }

  #startTimer(): void {
    const { clock, timeoutMs } = this.#host;
    this.#stopTimer ??= clock.after(timeoutMs, () => {
      if (!this.#over) this.#abort(AUTHENTICATION_FAILED, `the handshake took longer than ${timeoutMs} ms`);
    });
  }

  #fail(error: unknown): void {
    const { kwargs } = this.#host.report(error);
    if (!this.#over)
      this.#abort(
        isWampError(error) && error.uri === UNAVAILABLE ? UNAVAILABLE : AUTHENTICATION_FAILED,
        `the authenticator failed (correlation ID ${kwargs.correlation_id})`,
      );
  }

  #abort(reason: string, message: string): void {
    this.end();
    this.#host.abort(reason, message);
  }
}

/** Returns the authenticator for the first supported method of the client. Without methods, `anonymous` is assumed. */
function choose(authenticators: readonly Authenticator[], offered: readonly string[] = []): Authenticator | undefined {
  for (const each of offered.length === 0 ? ["anonymous"] : offered) {
    const found = authenticators.find(({ method }) => method === each);
    if (found) return found;
  }
  return undefined;
}
