import type { WampError } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type { Register } from "../wire/messages.js";
import type { RealmLink } from "./realm-link.js";
import type { RealmSession } from "./realm-session.js";
import type { RegistrationRequest, RegistrationTerms } from "./registration.js";
import type { Registrations } from "./registrations.js";

/** What registering over a link asks of its realm. */
export interface LinkedRegistrationHost {
  readonly link: RealmLink;
  readonly registrations: Registrations;
  refuse(session: RealmSession, message: Register, error: WampError): void;
}

/** Registers and unregisters on a linked realm: the answer comes when the other routers have agreed. */
export class LinkedRegistrations {
  readonly #host: LinkedRegistrationHost;
  readonly #underWay = new Map<RealmSession, number>(); // REGISTERs that wait for their answer

  constructor(host: LinkedRegistrationHost) {
    this.#host = host;
  }

  /** Throws `wampact.error.limit_exceeded`, and what a session is told that has the share already; answers with everything else. */
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

  /** Takes a share away without an answer. */
  remove(session: RealmSession, registration: RegistrationTerms): void {
    this.#host.link.unregister(session, registration, () => {});
  }

  #answered(session: RealmSession): void {
    const left = (this.#underWay.get(session) ?? 1) - 1;
    if (left > 0) this.#underWay.set(session, left);
    else this.#underWay.delete(session);
  }
}
