import type { Clock } from "../session/clock.js";
import type { PeerInfo } from "../transport/transport.js";
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

/** Messages that a client may send before its WELCOME, and their bytes. */
const MOST_HELD = 256;
const MOST_HELD_BYTES = 1024 * 1024;
/** Longest wait of an answer to be judged, where many under its `authid` or from its address have failed, in milliseconds. */
const MOST_SLOWED_MS = 5_000;

/** A realm as a client meets it. */
export interface RealmDoor {
  readonly name: string;
  readonly authenticators: readonly Authenticator[];
  /** Why a connection may not come in, whatever its client could prove; `undefined` where it may. */
  outsideRefusal(info: PeerInfo): string | undefined;
  /** An ID that no session has. */
  newSessionId(): Id;
  call(procedure: string, args: readonly unknown[]): Promise<unknown>;
}

/** What a handshake asks of the connection it runs on. */
export interface HandshakeHost<Door extends RealmDoor> {
  readonly info: PeerInfo;
  readonly clock: Clock;
  /** Replaces those of the realm, whatever the client offers: for peers in this process. */
  readonly authenticator: Authenticator | undefined;
  /** Longest time from HELLO to WELCOME or ABORT. */
  readonly timeoutMs: number;
  readonly pace: LoginPace;
  findRealm(name: string): Door | undefined;
  challenge(authmethod: string, extra: Dict): void;
  welcome(outcome: Outcome<Door>): void;
  abort(reason: string, message: string): void;
  /** Tells of a fault; returns what a client is told of it. */
  report(error: unknown): WampError;
}

/** A client that may join. */
export interface Outcome<Door> {
  readonly realm: Door;
  /** The ID that the client was told while it logged in. */
  readonly session: Id;
  readonly hello: HelloDetails;
  readonly authmethod: string;
  readonly principal: Principal;
  /** What the client has sent meanwhile, in order: to be carried out after WELCOME. */
  readonly held: readonly m.Message[];
}

type Challenged = Extract<Verdict, { type: "challenge" }>;

const TOO_LATE: Verdict = {
  type: "denied",
  uri: UNAVAILABLE,
  message: "too many logins have failed under this authid or from this address; try again later",
};

const ROLES = ["publisher", "subscriber", "caller", "callee"] as const;

/** From HELLO to WELCOME or ABORT. An authenticator may take its time: what the client sends meanwhile is held, bounded and in order. */
export class Handshake<Door extends RealmDoor> {
  readonly #hello: m.Hello;
  readonly #host: HandshakeHost<Door>;
  readonly #held: m.Message[] = [];
  #heldBytes = 0;
  #chosen: { readonly realm: Door; readonly session: Id; readonly authenticator: Authenticator } | undefined;
  #challenge: Challenged | undefined; // whose answer is awaited
  #stopTimer: (() => void) | undefined;
  #over = false;

  constructor(hello: m.Hello, host: HandshakeHost<Door>) {
    this.#hello = hello;
    this.#host = host;
  }

  /** What HELLO has asked for. */
  get claim(): Claim {
    return { realm: this.#hello.realm, authid: this.#hello.details.authid };
  }

  /** Throws `ProtocolViolation` for a HELLO that cannot be. */
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
      return this.#abort(NO_MATCHING_AUTH_METHOD, `this realm takes the authmethod ${methods}`);
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

  /** Judges an answer, later where others have failed. What is not judged in time is no failure, and may be tried again. */
  async #judgeInTurn(challenge: Challenged, message: m.Authenticate): Promise<Verdict> {
    const { info, pace, timeoutMs } = this.#host;
    const claim = { realm: this.#hello.realm, authid: this.#hello.details.authid, info };
    const judged = await pace.judge(claim, Math.min(MOST_SLOWED_MS, timeoutMs / 2), () =>
      this.#over ? TOO_LATE : challenge.answer(message),
    );
    return judged ?? TOO_LATE;
  }

  /** Keeps a message that is to be carried out after WELCOME. Throws where there are too many. */
  hold(message: m.Message, bytes: number): void {
    this.#held.push(message);
    this.#heldBytes += bytes;
    if (this.#held.length <= MOST_HELD && this.#heldBytes <= MOST_HELD_BYTES) return;
    throw new LimitExceeded("held", `more than ${MOST_HELD} messages or ${MOST_HELD_BYTES} bytes before WELCOME`);
  }

  /** Nobody waits for the verdict any more. */
  end(): void {
    this.#over = true;
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
      return this.#abort(UNAVAILABLE, "the ways to log in to this realm have changed meanwhile; try again");
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
        `the authenticator could not decide (correlation ID ${kwargs.correlation_id})`,
      );
  }

  #abort(reason: string, message: string): void {
    this.end();
    this.#host.abort(reason, message);
  }
}

/** The first method of the client's that the realm takes; a client that names none is taken to offer `anonymous`. */
function choose(authenticators: readonly Authenticator[], offered: readonly string[] = []): Authenticator | undefined {
  for (const each of offered.length === 0 ? ["anonymous"] : offered) {
    const found = authenticators.find(({ method }) => method === each);
    if (found) return found;
  }
  return undefined;
}
