import type { SessionDetails } from "../session/details.js";
import type * as m from "../wire/messages.js";
import { type ClientSession, unlessGone } from "./client-session.js";
import { waitAtMost } from "./limits.js";
import type { InvocationHandler } from "./running-invocation.js";
import type { Invocation } from "./types.js";

/** A registration as the application requested it. */
export interface MadeRegistration {
  readonly procedure: string;
  readonly handler: (invocation: Invocation) => unknown;
  /** The options of the REGISTER. */
  readonly options: m.Register["options"];
}

/** A session and its details. After `leave` and `join` the same transport has another session. */
interface Standing {
  readonly session: ClientSession;
  readonly details: SessionDetails | undefined;
}

/** A registration as the application created it. It is registered again in each new session, with the same options. */
export class RegistrationEntry {
  readonly kind = "registration";
  readonly #made: MadeRegistration;
  readonly #handler: InvocationHandler;
  #id = 0;
  #standing: Standing | undefined; // the session in which it is registered
  #establishing: Promise<unknown> | undefined;

  constructor(made: MadeRegistration) {
    this.#made = made;
    this.#handler = { procedure: made.procedure, handle: made.handler };
  }

  /** The ID in the last session in which it was established. */
  get id(): number {
    return this.#id;
  }

  get uri(): string {
    return this.#made.procedure;
  }

  /** `established` is called when the router has answered, before any later message. */
  async establish(session: ClientSession, established?: () => void): Promise<void> {
    const { procedure, options } = this.#made;
    const request = session.nextRequest();
    const message: m.Register = { type: "REGISTER", request, options, procedure };
    this.#establishing = session.requests.ask(message, "REGISTERED", ({ registration }) => {
      this.#id = registration;
      this.#standing = { session, details: session.details };
      session.invocations?.handle(registration, this.#handler);
      established?.();
    });
    await this.#establishing;
  }

  /**
   * Unregisters it in the established or restoring session, then waits at most `drainMs` for running handlers. Resolves at once
   * if it is registered in no session.
   */
  async end(drainMs = 0): Promise<void> {
    await this.#establishing?.catch(() => {}); // its own promise reports the failure
    const standing = this.#standing;
    this.#standing = undefined;
    if (!standing?.details || standing.session.details !== standing.details) return; // it ended with its session
    const { session } = standing;
    session.invocations?.unhandle(this.#id);
    const request = session.nextRequest();
    await unlessGone(session.requests.ask({ type: "UNREGISTER", request, registration: this.#id }, "UNREGISTERED"));
    if (drainMs > 0 && session.invocations)
      await waitAtMost(session.invocations.answered(this.#handler), drainMs, session.clock);
  }
}
