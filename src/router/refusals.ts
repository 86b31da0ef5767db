import { isWampError, type WampError } from "../wire/error.js";
import { AUTHORIZATION_FAILED, NOT_AUTHORIZED } from "../wire/uris.js";
import { answerError } from "./answers.js";
import type { Dealer } from "./dealer.js";
import type { Faults } from "./faults.js";
import { LimitExceeded } from "./limits.js";
import type { RouterObserver, SessionSubject } from "./observer.js";
import type { RealmMessage } from "./realm-messages.js";
import type { RealmSession } from "./realm-session.js";
import type { RealmWatch } from "./watch.js";

/** The interface of refusals to their realm. */
export interface RefusalHost {
  readonly dealer: Dealer;
  readonly faults: Faults;
  readonly watch: RealmWatch;
  readonly observe: RouterObserver;
  subjectOf(session: RealmSession): SessionSubject;
}

/** Refuses requests: answers the session and notifies observers. */
export class Refusals {
  readonly #host: RefusalHost;

  constructor(host: RefusalHost) {
    this.#host = host;
  }

  /** Refuses a message. A PUBLISH is answered only with `acknowledge`. A YIELD, ERROR or continuing CALL fails its call. */
  refuse(session: RealmSession, message: RealmMessage, error: WampError): void {
    const { dealer, watch } = this.#host;
    this.#tell(session, message, error);
    if (message.type === "CANCEL") return;
    if (message.type === "YIELD" || message.type === "ERROR") return dealer.answers.failed(session, message, error);
    if (message.type === "PUBLISH" && !message.options.acknowledge) return;
    if (message.type === "CALL") {
      if (dealer.failCall(session, message.request, error)) return;
      watch.refused(error.uri);
    }
    answerError(session, { requestType: message.type, request: message.request }, error);
  }

  /** Refuses a message with an exception. If it is not a `WampError`, it is an internal error. */
  failed(session: RealmSession, message: RealmMessage, error: unknown): void {
    this.refuse(session, message, isWampError(error) ? error : this.#host.faults.tell(error));
  }

  #tell(session: RealmSession, { type: request }: RealmMessage, error: WampError): void {
    const { observe, subjectOf } = this.#host;
    if (error instanceof LimitExceeded) {
      observe({ type: "limited", ...subjectOf(session), request, limit: error.limit });
    }
    if (error.uri === NOT_AUTHORIZED || error.uri === AUTHORIZATION_FAILED) {
      observe({ type: "denied", ...subjectOf(session), request, reason: error.uri, why: error.message });
    }
  }
}
