import type { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type { Register } from "../wire/messages.js";
import type { RealmLink } from "./realm-link.js";
import type { RealmSession } from "./realm-session.js";
import type { RegistrationRequest, RegistrationTerms } from "./registration.js";
import type { Registrations } from "./registrations.js";

/** The interface of linked registrations to their realm. */
export interface LinkedRegistrationHost {
  readonly link: RealmLink;
  readonly registrations: Registrations;
  refuse(session: RealmSession, message: Register, error: WampError): void;
}

/** Registers and unregisters in a linked realm. The answer is sent after the other routers have agreed. */
export class LinkedRegistrations {
  readonly #host: LinkedRegistrationHost;
  readonly #underWay = new Map<RealmSession, number>(); // pending REGISTERs

  constructor(host: LinkedRegistrationHost) {
    this.#host = host;
  }

  /**
   * Registers a procedure. Throws `wampact.error.limit_exceeded`. A session that already has the registration is answered at
   * once.
   */
  register(message: Register, request: RegistrationRequest): void {
    const { link, registrations, refuse } = this.#host;
    const { session } = request.callee;
    const held = registrations.heldAs(request);
    if (held) return void session.send({ type: "REGISTERED", request: message.request, registration: held.id });
    const existing = registrations.book.lookup(request.procedure, request.match);
    const underWay = this.#underWay.get(session) ?? 0;
    registrations.checkLimits(session, { isNew: !existing, underWay });
    this.#underWay.set(session, underWay + 1);
    link.register(request, {
      registered: (registration) => {
        this.#answered(session);
        session.send({ type: "REGISTERED", request: message.request, registration });
      },
      refused: (error) => {
        this.#answered(session);
        refuse(session, message, error);
      },
    });
  }

  unregister(session: RealmSession, registration: RegistrationTerms, request: Id): void {
    this.#host.link.unregister(session, registration, () => session.send({ type: "UNREGISTERED", request }));
  }

  /** Removes a registration without an answer. */
  remove(session: RealmSession, registration: RegistrationTerms): void {
    this.#host.link.unregister(session, registration, () => {});
  }

  #answered(session: RealmSession): void {
    const left = (this.#underWay.get(session) ?? 1) - 1;
    if (left > 0) this.#underWay.set(session, left);
    else this.#underWay.delete(session);
  }
}
