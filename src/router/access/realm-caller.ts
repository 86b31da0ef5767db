import { excerpt } from "../../wire/bytes.js";
import { WampError } from "../../wire/error.js";
import type { Id } from "../../wire/ids.js";
import type { Message } from "../../wire/messages.js";
import { Payload } from "../../wire/payload.js";
import { NO_SUCH_PROCEDURE } from "../../wire/uris.js";
import type { Dealer } from "../dealer.js";
import type { Grants } from "../grants.js";
import { SESSION_LIMITS } from "../limits.js";
import type { RealmSession } from "../realm-session.js";
import { type Roles, TRUSTED } from "./roles.js";

const GRANTS: Grants = {
  limits: SESSION_LIMITS,
  trustsPayloads: false,
  permissions: undefined,
  authorizer: undefined,
  disclosure: () => "requested",
  trustLevel: () => undefined,
};

/** The timeout of a procedure that a realm calls itself, in milliseconds. */
const TIMEOUT_MS = 10_000;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Calls procedures on behalf of the realm. Sessions of the realm do not see it. */
export class RealmCaller implements RealmSession {
  readonly id: Id;
  readonly authid = "realm";
  readonly authrole: string = TRUSTED;
  readonly authmethod = "local";
  readonly authprovider = "local";
  readonly transportKind = "memory";
  readonly maxReceiveBytes: undefined = undefined;
  readonly flow: undefined = undefined;
  frozen: boolean = false;
  readonly grants: Grants = GRANTS;
  readonly #dealer: Pick<Dealer, "call" | "registrations">;
  readonly #roles: Pick<Roles, "mayDecide">;
  readonly #waiting = new Map<Id, Waiting>();
  #requests = 0;

  constructor(dealer: Pick<Dealer, "call" | "registrations">, roles: Pick<Roles, "mayDecide">, newSessionId: () => Id) {
    this.#dealer = dealer;
    this.#roles = roles;
    this.id = newSessionId();
  }

  /**
   * Calls a procedure. Resolves with its first positional result. Rejects with the error of the callee or the dealer. It calls only
   * exact registrations, so that nobody can take over with a pattern, and only callees whose role may decide.
   */
  call(procedure: string, args: readonly unknown[]): Promise<unknown> {
    const fault = this.#faultOf(procedure);
    if (fault) return Promise.reject(new WampError(NO_SUCH_PROCEDURE, { args: [fault] }));
    const request = ++this.#requests;
    const payload = Payload.of(args);
    return new Promise((resolve, reject) => {
      this.#waiting.set(request, { resolve, reject });
      try {
        this.#dealer.call(this, { type: "CALL", request, options: { timeout: TIMEOUT_MS }, procedure, payload });
      } catch (error) {
        this.#waiting.delete(request);
        reject(error);
      }
    });
  }

  /** Returns why a procedure cannot be called; `undefined` if it can. */
  #faultOf(procedure: string): string | undefined {
    const registration = this.#dealer.registrations.book.lookup(procedure, "exact");
    if (!registration) return `no callee is registered for ${procedure}`;
    const other = registration.callees.find(({ session }) => !this.#roles.mayDecide(session.authrole));
    return (
      other &&
      `${procedure} has a callee with the role "${excerpt(other.session.authrole)}"; only the role "${TRUSTED}" and roles with permissions may serve it`
    );
  }

  /** Ignored: the realm may do everything. */
  regrant(): void {}

  announces(): boolean {
    return false;
  }

  send(message: Message): undefined {
    if (message.type !== "RESULT" && message.type !== "ERROR") return;
    const waiting = this.#waiting.get(message.request);
    this.#waiting.delete(message.request);
    try {
      const { args, kwargs } = message.payload;
      if (message.type === "RESULT") waiting?.resolve(args[0]);
      else waiting?.reject(new WampError(message.error, { args, kwargs }));
    } catch (error) {
      waiting?.reject(error); // the payload of a trusted callee is malformed
    }
  }

  /** Ignored: the realm commits no violations. */
  abort(): void {}

  goodbye(): void {}

  dismiss(): void {}
}
