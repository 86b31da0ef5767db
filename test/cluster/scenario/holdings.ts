import { requireInvocationPolicy, requireMatchPolicy } from "../../../src/router/requests.js";
import type * as m from "../../../src/wire/messages.js";
import type { ClientSession } from "./client-session.js";
import type { HeldSeen, RegistrationSeen, SubscriptionSeen, Witness } from "./witness.js";

/** The registrations and subscriptions that a client has or has requested. It requests them again in its next session. */
export class Holdings {
  readonly #witness: Witness;
  readonly #now: () => number;
  readonly #registrations: RegistrationSeen[] = [];
  readonly #subscriptions: SubscriptionSeen[] = [];

  constructor(witness: Witness, now: () => number) {
    this.#witness = witness;
    this.#now = now;
  }

  register(session: ClientSession, { procedure: uri, options }: Pick<m.Register, "procedure" | "options">): void {
    const match = requireMatchPolicy(options.match);
    const seen = { ...this.#asked(session, { uri, match }), invoke: requireInvocationPolicy(options.invoke) };
    this.#witness.registrations.push(seen);
    const request = this.#ask(session, seen, this.#registrations);
    session.send({ type: "REGISTER", request, options, procedure: uri });
  }

  subscribe(session: ClientSession, { topic: uri, options }: Pick<m.Subscribe, "topic" | "options">): void {
    const match = requireMatchPolicy(options.match);
    const seen = { ...this.#asked(session, { uri, match }), nkey: options.nkey };
    this.#witness.subscriptions.push(seen);
    const request = this.#ask(session, seen, this.#subscriptions);
    session.send({ type: "SUBSCRIBE", request, options, topic: uri });
  }

  unregister(session: ClientSession, which: number): void {
    const registration = this.#giveUp(this.#registrations, which);
    if (registration !== undefined) session.send({ type: "UNREGISTER", request: session.nextUnheeded(), registration });
  }

  unsubscribe(session: ClientSession, which: number): void {
    const subscription = this.#giveUp(this.#subscriptions, which);
    if (subscription !== undefined)
      session.send({ type: "UNSUBSCRIBE", request: session.nextUnheeded(), subscription });
  }

  /** The router has taken something away. */
  revoked({ details }: m.Unregistered | m.Unsubscribed): void {
    this.#end(this.#registrations, ({ id }) => id === details?.registration);
    this.#end(this.#subscriptions, ({ id }) => id === details?.subscription);
  }

  /** The session is over. */
  sessionEnded(): void {
    for (const held of [...this.#registrations, ...this.#subscriptions]) held.untilMs ??= this.#now();
  }

  restore(session: ClientSession): void {
    for (const { uri: procedure, match, invoke } of this.#registrations.splice(0))
      this.register(session, { procedure, options: { match, invoke } });
    for (const { uri: topic, match, nkey } of this.#subscriptions.splice(0))
      this.subscribe(session, { topic, options: { match, ...(nkey !== undefined && { nkey }) } });
  }

  clear(): void {
    this.#registrations.length = 0;
    this.#subscriptions.length = 0;
  }

  #asked({ seen: holder }: ClientSession, pattern: Pick<HeldSeen, "uri" | "match">): HeldSeen {
    const nothing = { id: undefined, sinceMs: undefined, untilMs: undefined, refused: undefined, refusedMs: undefined };
    return { holder, ...pattern, askedMs: this.#now(), ...nothing };
  }

  /** Returns the ID of a request for something. */
  #ask<Held extends HeldSeen>(session: ClientSession, seen: Held, all: Held[]): number {
    all.push(seen);
    const request = session.next();
    session.asked.set(request, {
      answered: (message) => {
        seen.sinceMs = this.#now();
        seen.id = message.type === "REGISTERED" ? message.registration : (message as m.Subscribed).subscription;
      },
      refused: (error) => {
        seen.refused = error;
        seen.refusedMs = this.#now();
        const at = all.indexOf(seen);
        if (at >= 0) all.splice(at, 1);
      },
    });
    return request;
  }

  /** Gives something up that the session has, or has asked for several times. Returns its ID. */
  #giveUp(all: HeldSeen[], which: number): number | undefined {
    const given = all.filter(({ id }) => id !== undefined)[which];
    if (given) this.#end(all, ({ uri, match }) => uri === given.uri && match === given.match);
    return given?.id;
  }

  #end(all: HeldSeen[], isOver: (held: HeldSeen) => boolean): void {
    for (const held of all.filter(isOver)) {
      held.untilMs = this.#now();
      all.splice(all.indexOf(held), 1);
    }
  }
}
