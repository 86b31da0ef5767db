import type { Id } from "../wire/ids.js";
import type { PublishOptions } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import type { RealmLink } from "./realm-link.js";
import { type MetaEvent, type MetaSubject, type RealmSession, sessionDetails } from "./realm-session.js";
import { Slices } from "./slices.js";

/** A meta event of a realm to be published. */
export interface Announcement {
  readonly topic: string;
  readonly payload: Payload;
  readonly options?: PublishOptions;
  /** The subject of the event. Sessions that may not know about it do not receive the event. */
  readonly about?: MetaSubject;
  /**
   * The ID under which each router publishes the event for its own sessions. Without it, this router publishes it for all
   * routers.
   */
  readonly publication?: Id | undefined;
}

/** The interface of an announcer to its realm. */
export interface AnnouncerHost {
  /** Publishes an event. Never throws. Returns the cost. */
  publish(announcement: Announcement): number;
  /** Runs a function in a later turn of the event loop. */
  defer(run: () => void): void;
}

/**
 * Publishes the meta events of a realm: those of the current change, and the rest of larger changes. Events are published when
 * their change is complete. Events that they cause follow them.
 */
export class Announcer {
  #silent = false;
  readonly #slices: Slices<Announcement | undefined>;
  #link: Pick<RealmLink, "publicationId"> | undefined;

  constructor({ publish, defer }: AnnouncerHost) {
    this.#slices = new Slices((each) => (each ? publish(each) : 1), defer);
  }

  /** Links the realm to other routers. All of them know registrations and subscriptions, and publish to their own sessions. */
  link(link: Pick<RealmLink, "publicationId">): void {
    this.#link = link;
  }

  get isEmpty(): boolean {
    return this.#slices.isEmpty;
  }

  /** Whether the current change has no audience. */
  get silent(): boolean {
    return this.#silent;
  }

  /** Makes a change. With `silent`, its meta events have no audience. */
  during(change: () => void, { silent }: { readonly silent: boolean }): void {
    this.#silent = silent;
    try {
      change();
    } finally {
      this.#silent = false;
    }
  }

  /** Publishes an event after those that wait. */
  publish(announcement: Announcement): void {
    this.#slices.push(announcement);
    this.flush();
  }

  /** Announces a session. `life` is set for a session of another router, which each router announces to its own sessions. */
  joined(session: RealmSession, life?: number): void {
    this.#announce("wamp.session.on_join", [sessionDetails(session)], { session, life });
  }

  /** Announces the end of a session. `life` as for `joined`. */
  left(session: RealmSession, life?: number): void {
    const { id, authid, authrole } = session;
    this.#announce("wamp.session.on_leave", [id, authid, authrole], { session, life });
  }

  readonly emit = (...event: MetaEvent): void => {
    if (!this.#silent) this.#slices.push(this.#announcementOf(event));
  };

  /** Consumes every event. Events without audience are not published. */
  readonly emitEach = (events: Iterable<MetaEvent | undefined>): void => {
    this.#slices.pushEach(this.#announcementsOf(events, this.#silent));
  };

  flush(): void {
    this.#slices.flush();
  }

  #announce(
    topic: string,
    args: readonly unknown[],
    { session: { id }, life }: { readonly session: RealmSession; readonly life: number | undefined },
  ): void {
    const publication = life === undefined ? undefined : this.#link?.publicationId(topic, [id, life]);
    this.publish({ topic, payload: Payload.of(args), publication });
  }

  *#announcementsOf(events: Iterable<MetaEvent | undefined>, silent: boolean): Iterable<Announcement | undefined> {
    for (const event of events) yield silent || !event ? undefined : this.#announcementOf(event);
  }

  #announcementOf([topic, args, about, stamp]: MetaEvent): Announcement {
    const link = KNOWN_TO_ALL.test(topic) ? this.#link : undefined;
    const stamped = stamp === undefined ? args : [...args, stamp];
    return { topic, payload: Payload.of(args), about, publication: link?.publicationId(topic, stamped) };
  }
}

/** The meta events that each router of a cluster publishes to its own sessions. */
const KNOWN_TO_ALL = /^wamp\.(registration|subscription)\./;
