import { checkDrain } from "#check-options";
import type { ClientSession } from "./client-session.js";
import { canceled } from "./failures.js";
import { awaitWithin } from "./limits.js";
import { toRegisterOptions } from "./register-options.js";
import { RegistrationEntry } from "./registration-entry.js";
import type { Registry } from "./registry.js";
import { checkHandler, checkUri } from "./request-options.js";
import type { DrainOptions, Invocation, RegisterOptions, Registration } from "./types.js";

/** The arguments of `Peer.register`. */
export interface RegisterRequest {
  readonly procedure: string;
  readonly handler: (invocation: Invocation) => unknown;
  readonly options: RegisterOptions;
}

/** The application's registrations in the registry. */
export class Registrations {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Throws `TypeError` for invalid arguments, before anything is sent. */
  async register(session: ClientSession, { procedure, handler, options }: RegisterRequest): Promise<Registration> {
    checkUri("procedure", procedure);
    checkHandler(handler);
    const entry = new RegistrationEntry({ procedure, handler, options: toRegisterOptions(options) });
    if (options.signal?.aborted) throw canceled();
    const unregister = async (drain: DrainOptions = {}) => {
      checkDrain(drain, "unregister");
      this.#registry.forget(entry);
      await entry.end(drain.drainMs);
    };
    const hold = () => this.#registry.hold(entry); // at once, because the peer may leave before this goes on
    await awaitWithin(entry.establish(session, hold), options, {
      clock: session.clock,
      abandoned: () => void unregister().catch(this.#registry.onError),
    });
    return {
      get id() {
        return entry.id;
      },
      procedure,
      unregister,
      [Symbol.asyncDispose]: () => unregister(),
    };
  }

  /** Whether there are any. */
  get any(): boolean {
    return this.#entries.length > 0;
  }

  /** Unregisters all, then waits at most `drainMs` for running handlers. */
  async drain(drainMs: number): Promise<void> {
    await Promise.all(this.#entries.map((entry) => entry.end(drainMs).catch(this.#registry.onError)));
  }

  get #entries(): readonly RegistrationEntry[] {
    return [...this.#registry].filter((entry) => entry instanceof RegistrationEntry);
  }
}
