import type { Clock } from "../../session/clock.js";
import { isWampError, WampError } from "../../wire/error.js";
import { isDict, kindOf } from "../../wire/fields.js";
import { STORE_FAILED, UNAVAILABLE, type Uri } from "../../wire/uris.js";
import { isThenable } from "../given.js";
import type { EventStore, EventStoreStats, HistoryKey, HistoryRange, StoredEvent } from "./store.js";

/** The places in which one event is kept. */
export interface KeepingPlaces {
  /** Whether it is kept as the most recent event of its topic. */
  readonly retain: boolean;
  readonly histories: readonly (HistoryKey & { readonly limit: number })[];
  /** Whether the publisher receives the error if the event cannot be kept. Otherwise it is reported. */
  readonly isAnswered: boolean;
}

/** The options of a guard. */
export interface GuardOptions {
  /** The realm's name, for error messages. */
  readonly realm: string;
  readonly clock: Clock;
  /**
   * Receives an error when writing stops working, once until it works again. Also receives failed reads, and refused events whose
   * publisher receives no error, at most one of each kind a minute.
   */
  readonly report: (error: Error) => void;
}

/** The state of a guarded store. Counts are missing if the store does not count. */
export interface GuardedStoreStats extends Partial<EventStoreStats> {
  /** Whether the last write failed. Further writes are refused until a probe succeeds. */
  readonly failing: boolean;
  /** The number of events that could not be kept. */
  readonly notKept: number;
  /**
   * The number of times that the router stopped reading a session because 1,000 of its events, or 1 MiB of them, waited for a store
   * that returns promises.
   */
  readonly stops: number;
  /**
   * The number of times that the router forgot early which retained events it had sent to new subscribers, because there were more
   * than 50,000 within 30 s. A subscriber may then receive an event twice. Only a store that returns promises causes this.
   */
  readonly forgotten: number;
}

/** The pause after a failed write, in milliseconds. Each failed probe doubles it, up to a maximum. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** The maximum number of characters of a topic in a report. */
const MOST_OF_TOPIC = 200;
/** The time limit of a store's promise, in milliseconds. */
const PROMISE_MS = 10_000;

/**
 * Protects the router from errors of an event store. After a write that has thrown, it tries no other until a pause is over. The
 * first write after the pause is the probe. Pauses last from 1 s to 60 s. Reading continues meanwhile. A store that returns
 * promises delays only the callers that wait for them, so that a rejected promise brings no pause.
 */
export class GuardedStore {
  readonly #store: EventStore;
  readonly #options: GuardOptions;
  #pause: { readonly sinceMs: number; readonly lengthMs: number } | undefined; // while writing fails
  readonly #reportedMs = new Map<string, number>(); // the message of a repeated report → when it was reported last
  #notKept = 0;

  /** Throws `TypeError` for a value that is not an object. */
  constructor(store: EventStore, options: GuardOptions) {
    if (typeof store !== "object" || store === null) {
      throw new TypeError(
        `store of realm "${options.realm}": expected one such as memoryStore(), got ${kindOf(store)}`,
      );
    }
    this.#store = store;
    this.#options = options;
  }

  /** Whether all routers of a cluster share its events. */
  get isShared(): boolean {
    try {
      return this.#store.shared === true;
    } catch {
      return false; // later errors of the store are reported
    }
  }

  /** Keeps an event in all its places. Returns an error if that failed, otherwise `undefined`. Its promises never reject. */
  keep(event: StoredEvent, places: KeepingPlaces): Promise<WampError | undefined> | WampError | undefined {
    if (this.#isPaused()) return this.#refused(this.#failure("write"));
    try {
      const writes = this.#write(event, places);
      if (writes) return this.#kept(writes, event, places);
    } catch (error) {
      if (isWampError(error)) return this.#eventRefused(error, event, places);
      this.#writeFailed(error);
      return this.#refused(this.#failure("write"));
    }
    this.#pause = undefined;
    return undefined;
  }

  /**
   * Resolves when a read shows everything that was kept before, with an error if that is unknown. Never rejects. Returns
   * `undefined` if the read is already current.
   */
  settled(history?: HistoryKey): Promise<WampError | undefined> | undefined {
    try {
      const settled = this.#store.settled?.(history);
      return isThenable(settled) ? this.#shown(settled) : undefined;
    } catch (error) {
      return this.#shown(Promise.reject(error));
    }
  }

  /** Returns the retained events of a topic, or none if they cannot be read. */
  retained(topic: Uri): readonly StoredEvent[] {
    try {
      const events = [...synchronous("retained", this.#store.retained(topic))];
      for (const event of events) checkEvent(event);
      return events;
    } catch (error) {
      this.#readFailed(error);
      return [];
    }
  }

  /** Yields the topics that have a retained event and start with `prefix`, as far as they can be read. */
  *retainedTopics(prefix: string): Iterable<Uri> {
    try {
      for (const topic of synchronous("retainedTopics", this.#store.retainedTopics(prefix))) {
        if (typeof topic !== "string") throw new TypeError(`retainedTopics: expected strings, got ${kindOf(topic)}`);
        yield topic;
      }
    } catch (error) {
      this.#readFailed(error);
    }
  }

  /** Yields a part of a history. Throws `wampact.error.store_failed` if it cannot be read. */
  *history(key: HistoryKey, range: HistoryRange): Iterable<StoredEvent> {
    try {
      for (const event of synchronous("history", this.#store.history(key, range))) {
        checkEvent(event);
        yield event;
      }
    } catch (error) {
      this.#readFailed(error);
      throw this.#failure("read");
    }
  }

  get stats(): Omit<GuardedStoreStats, "forgotten" | "stops"> {
    const own = { failing: this.#pause !== undefined, notKept: this.#notKept };
    try {
      return { ...synchronous("stats", this.#store.stats?.()), ...own };
    } catch (error) {
      this.#readFailed(error);
      return own;
    }
  }

  close(): void {
    try {
      synchronous("close", this.#store.close());
    } catch (error) {
      this.#report("could not be closed", error);
    }
  }

  /** Writes an event. Returns the promises of the writes, or `undefined` if all are done. */
  #write(event: StoredEvent, { retain, histories }: KeepingPlaces): readonly Promise<unknown>[] | undefined {
    const store = this.#store;
    let writes: Promise<unknown>[] | undefined;
    const begun = (method: string, returned: unknown) => {
      if (!isThenable(returned)) return;
      if (store.atomically) synchronous(method, returned);
      const write = Promise.resolve(returned);
      write.catch(() => {}); // it is awaited, unless a later write throws
      writes ??= [];
      writes.push(write);
    };
    const write = () => {
      if (retain) begun("retain", store.retain(event));
      for (const history of histories) begun("append", store.append(history, event, history.limit));
    };
    if (store.atomically) synchronous("atomically", store.atomically(write));
    else write();
    return writes;
  }

  async #kept(
    writes: readonly Promise<unknown>[],
    event: StoredEvent,
    places: KeepingPlaces,
  ): Promise<WampError | undefined> {
    try {
      await this.#inTime(Promise.all(writes));
    } catch (error) {
      if (isWampError(error)) return this.#eventRefused(error, event, places);
      if (!this.#pause) this.#report("failed to write; this is reported once until a later write succeeds", error);
      this.#pause = { sinceMs: 0, lengthMs: 0 };
      return this.#refused(unavailable("write"));
    }
    this.#pause = undefined;
    return undefined;
  }

  async #shown(settled: PromiseLike<unknown>): Promise<WampError | undefined> {
    try {
      await this.#inTime(settled);
      return undefined;
    } catch (error) {
      this.#readFailed(error);
      return unavailable("read");
    }
  }

  async #inTime(promise: PromiseLike<unknown>): Promise<void> {
    let stopTimer = () => {};
    const tooLate = new Promise<never>((_, reject) => {
      stopTimer = this.#options.clock.after(PROMISE_MS, () =>
        reject(new Error(`it has not answered within ${PROMISE_MS} ms`)),
      );
    });
    try {
      await Promise.race([promise, tooLate]);
    } finally {
      stopTimer();
    }
  }

  /** Returns whether writing is paused. A clock that was set back ends a pause, because the elapsed time is unknown. */
  #isPaused(): boolean {
    if (!this.#pause) return false;
    const lastedMs = this.#options.clock.now() - this.#pause.sinceMs;
    return lastedMs >= 0 && lastedMs < this.#pause.lengthMs;
  }

  #writeFailed(error: unknown): void {
    const before = this.#pause;
    const lengthMs = Math.min(Math.max(FIRST_PAUSE_MS, (before?.lengthMs ?? 0) * 2), LONGEST_PAUSE_MS);
    this.#pause = { sinceMs: this.#options.clock.now(), lengthMs };
    if (!before) this.#report("failed to write; no event is kept until a later write succeeds", error);
  }

  #readFailed(error: unknown): void {
    this.#reportOnceAMinute("failed to read; this is reported once a minute", error);
  }

  /** The store works, but cannot keep this event. */
  #eventRefused(error: WampError, { topic }: StoredEvent, { isAnswered }: KeepingPlaces): WampError {
    if (!isAnswered) {
      const cause = new Error(`"${topic.slice(0, MOST_OF_TOPIC)}": ${error.message}`, { cause: error });
      this.#reportOnceAMinute(
        "did not keep an event, which was delivered without acknowledgement; this is reported once a minute",
        cause,
      );
    }
    return this.#refused(error);
  }

  #reportOnceAMinute(what: string, cause: unknown): void {
    const nowMs = this.#options.clock.now();
    const reported = this.#reportedMs.get(what);
    if (reported !== undefined && nowMs >= reported && nowMs < reported + LONGEST_PAUSE_MS) return;
    this.#reportedMs.set(what, nowMs);
    this.#report(what, cause);
  }

  #refused(error: WampError): WampError {
    this.#notKept++;
    return error;
  }

  #failure(action: "write" | "read"): WampError {
    return new WampError(STORE_FAILED, { args: [`the event store of this realm cannot ${action} at the moment`] });
  }

  #report(what: string, cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#options.report(new Error(`the event store of realm "${this.#options.realm}" ${what}: ${why}`, { cause }));
  }
}

function unavailable(action: "write" | "read"): WampError {
  return new WampError(UNAVAILABLE, { args: [`the event store of this realm cannot ${action} at the moment`] });
}

/** Returns the result of a method. Refuses a promise: it would settle after it is used, and its rejection would end the process. */
function synchronous<T>(method: string, returned: T): T {
  if (typeof returned !== "object" || returned === null || !("then" in returned)) return returned;
  Promise.resolve(returned).catch(() => {}); // the error thrown here replaces the promise's own
  throw new TypeError(`${method}(): expected a synchronous result, got a promise`);
}

function checkEvent(event: StoredEvent): void {
  const { publication, topic, atMs, details, payload, lists } = event;
  const isEvent =
    typeof publication === "number" &&
    typeof topic === "string" &&
    Number.isFinite(atMs) &&
    isDict(details) &&
    typeof payload.copy === "function" && // also for a second copy of this package
    Object.values(lists).every((names) => Array.isArray(names));
  if (!isEvent) throw new TypeError("expected an event as it was kept, got something else");
}
