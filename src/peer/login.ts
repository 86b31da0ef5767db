import type { PeerInfo } from "../transport/transport.js";
import { violation, WampError } from "../wire/error.js";
import { LoginMisuse } from "../wire/login-misuse.js";
import type { Challenge } from "../wire/messages.js";
import type { HelloDetails, WelcomeDetails } from "../wire/options.js";
import { AUTHENTICATION_FAILED } from "../wire/uris.js";
import type { ClientAuth, ClientLogin, LoginAnswer, SessionLogin } from "./auth/client-auth.js";

/** Starts the login of one session with the offered methods. No other method is used. */
export async function beginLogin(auth: readonly ClientAuth[], info: PeerInfo): Promise<SessionLogin> {
  const offered = new Map<string, ClientLogin>();
  for (const each of auth) offered.set(each.method, await each.begin(info));
  return new Login(offered);
}

class Login implements SessionLogin {
  readonly #offered: ReadonlyMap<string, ClientLogin>;
  #challengedBy: string | undefined;

  constructor(offered: ReadonlyMap<string, ClientLogin>) {
    this.#offered = offered;
  }

  /** Throws `LoginMisuse` if two methods contradict each other. */
  get hello(): HelloDetails {
    const told: { authid?: string } = {};
    const extra: Record<string, unknown> = {};
    for (const { authid, authextra = {} } of this.#offered.values()) {
      if (authid !== undefined) put(told, "authid", authid);
      for (const [key, value] of Object.entries(authextra)) put(extra, key, value);
    }
    return { authmethods: [...this.#offered.keys()], ...told, authextra: extra };
  }

  /** Throws `ProtocolViolation` synchronously for a method that was not offered. */
  answer({ authmethod, extra }: Challenge): Promise<LoginAnswer> {
    const login = this.#offered.get(authmethod);
    const answer = login?.answer;
    if (!answer) throw violation("CHALLENGE.authmethod", `expected ${this.#names}, got "${authmethod}"`);
    this.#challengedBy = authmethod;
    return (async () => answer.call(login, extra))();
  }

  /**
   * Throws `wamp.error.authentication_failed` for a WELCOME by another method, for a missing CHALLENGE, and for a router that
   * fails its proof.
   */
  welcome(details: WelcomeDetails): void {
    const { authmethod = this.#challengedBy } = details;
    const login = authmethod === undefined ? undefined : this.#offered.get(authmethod);
    if (!login || (this.#challengedBy ?? authmethod) !== authmethod)
      throw failed(`WELCOME.details.authmethod: expected ${this.#challengedBy ?? this.#names}, got ${authmethod}`);
    login.welcome?.(details);
    if (login.answer && this.#challengedBy === undefined)
      throw failed(`WELCOME: expected a CHALLENGE of ${authmethod} before it`);
  }

  get #names(): string {
    return [...this.#offered.keys()].join(" or ");
  }
}

function failed(why: string): WampError {
  return new WampError(AUTHENTICATION_FAILED, { args: [why] });
}

function put(into: Record<string, unknown>, key: string, value: unknown): void {
  if (key in into && into[key] !== value) throw new LoginMisuse(`auth: the methods offered differ in ${key}`);
  into[key] = value;
}
