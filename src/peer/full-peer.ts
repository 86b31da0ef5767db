import type { SessionDetails } from "../session/details.js";
import { messageOf } from "../wire/error.js";
import { waitAtMost } from "./limits.js";
import { Registrations } from "./registrations.js";
import { SupervisedPeer } from "./supervised-peer.js";
import type { Supervision } from "./supervision.js";
import type { Invocation, RegisterOptions, Registration, StartablePeer } from "./types.js";

/** A peer with all parts. It also answers calls and can change its realm. */
export class FullPeer extends SupervisedPeer implements StartablePeer {
  readonly #registrations: Registrations;
  #endDrain: () => void = () => {};
  #left: Promise<void> | undefined; // resolves when the router has answered GOODBYE

  constructor(supervision: Supervision) {
    super(supervision);
    this.#registrations = new Registrations(this.registry);
  }

  async register(
    procedure: string,
    handler: (invocation: Invocation) => unknown,
    options: RegisterOptions = {},
  ): Promise<Registration> {
    return this.#registrations.register(this.requireSession(), { procedure, handler, options });
  }

  async leave(): Promise<void> {
    const session = this.requireSession();
    this.registry.clear();
    let answered = () => {};
    this.#left = new Promise((resolve) => {
      answered = resolve;
    });
    this.move("left", "the peer has left the realm");
    await this.goodbye(session);
    answered();
  }

  async join(realm: string): Promise<SessionDetails> {
    if (this.state !== "left") throw new TypeError(`join: the peer is ${this.state}; leave the realm first`);
    this.realm = realm;
    this.move("connecting");
    await this.#left;
    const session = this.lastSession;
    if (session?.transportOpen) {
      try {
        await this.inTime(session.join(realm));
        session.requireDetails(); // it may have ended since
        this.move("ready");
      } catch (error) {
        session.close("joining failed"); // prevents a late WELCOME
        this.move("left", messageOf(error));
        throw error;
      }
    } else await this.restart();
    return this.lastSession?.details as SessionDetails; // just joined
  }

  /** Unregisters and waits. The peer stays ready, so that running handlers can still make calls. */
  protected override async drain(drainMs: number): Promise<void> {
    if (!this.#registrations.any) return;
    const hurried = new Promise<void>((resolve) => {
      this.#endDrain = resolve;
    });
    await waitAtMost(Promise.race([this.#registrations.drain(drainMs), hurried]), drainMs, this.clock);
  }

  protected override endDrain(): void {
    this.#endDrain();
  }
}
