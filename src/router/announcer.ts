import type { Id } from "../wire/ids.js";
import type { PublishOptions } from "../wire/options.js";
import { Payload } from "../wire/payload.js";
import type { RealmLink } from "./realm-link.js";
import type { MetaEvent, MetaSubject } from "./realm-session.js";
import { Slices } from "./slices.js";

/** An event of a realm's own, on its way. */
export interface Announcement {
  readonly topic: string;
  readonly payload: Payload;
  readonly options?: PublishOptions;
  /** What it tells of: those who may not know of it are not told. */
  readonly about?: MetaSubject;
  /** The ID under which each router publishes it for its own sessions. Without one this router publishes it for all. */
  readonly publication?: Id | undefined;
}

/** What an announcer is given from outside. */
export interface AnnouncerHost {
  /** Publishes an event; throws nothing. Returns the cost. */
  publish(announcement: Announcement): number;
  /** Runs a function in a later turn of the event loop. */
  defer(run: () => void): void;
}

/**
 * The events of a realm's own: those of the change under way, and what is left of larger ones. They go out when the change they tell of is
 * complete; what they cause themselves comes after them.
 */
export class Announcer {
  /** The change under way is one that nobody is left to hear of. */
  silent = false;
  readonly #slices: Slices<Announcement | undefined>;
  #link: Pick<RealmLink, "publicationId"> | undefined;

  constructor({ publish, defer }: AnnouncerHost) {
    this.#slices = new Slices((each) => (each ? publish(each) : 1), defer);
  }

  /** Other routers have the realm, too: all of them know registrations and subscriptions, and tell their own sessions. */
  link(link: Pick<RealmLink, "publicationId">): void {
    this.#link = link;
  }

  get isEmpty(): boolean {
    return this.#slices.isEmpty;
  }

  push(announcement: Announcement): void {
    this.#slices.push(announcement);
  }

  readonly emit = (...event: MetaEvent): void => {
    if (!this.silent) this.#slices.push(this.#announcementOf(event));
  };

  /** Takes every event; one that nobody is to hear makes no announcement. */
  readonly emitEach = (events: Iterable<MetaEvent | undefined>): void => {
    this.#slices.pushEach(this.#announcementsOf(events, this.silent));
  };

  flush(): void {
    this.#slices.flush();
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

/** What all routers know, and each tells its own sessions. */
const KNOWN_TO_ALL = /^wamp\.(registration|subscription)\./;
