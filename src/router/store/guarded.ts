import type { Clock } from "../../session/clock.js";
import { isWampError, WampError } from "../../wire/error.js";
import { isDict, kindOf } from "../../wire/fields.js";
import { STORE_FAILED, UNAVAILABLE, type Uri } from "../../wire/uris.js";
import { isThenable } from "../given.js";
import type { EventStore, EventStoreStats, HistoryKey, HistoryRange, StoredEvent } from "./store.js";

/** Where one event is to be kept. */
export interface KeepingPlaces {
  /** As the most recent event of its topic. */
  readonly retain: boolean;
  readonly histories: readonly (HistoryKey & { readonly limit: number })[];
}

/** What a guard is given from outside. */
export interface GuardOptions {
  /** The realm's name, for messages. */
  readonly realm: string;
  readonly clock: Clock;
  /** Told when writing stops working, once until it works again, and of reads that fail, at most once a minute. */
  readonly report: (error: Error) => void;
}

/** How a guarded store does. The counts of what is kept are missing where the store does not count. */
export interface GuardedStoreStats extends Partial<EventStoreStats> {
  /** Whether the last write failed: further ones are refused until a probe succeeds. */
  readonly failing: boolean;
  /** Events that were to be kept and could not be. */
  readonly notKept: number;
}

/** How long no write is tried after one has failed, in milliseconds: doubled by each failed probe, up to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** How long a promise of a store may take, in milliseconds. */
const PROMISE_MS = 10_000;

/**
 * An event store that cannot harm its router, whatever it throws or returns. After a write that has thrown it tries no other until a pause
 * is over; the first write after the pause is the probe. Pauses last 1 s at first and 60 s at most. Reading goes on meanwhile. A store that
 * answers by promises holds up nobody but who waits for them, so that a promise that rejects brings no pause.
 */
export class GuardedStore {
  readonly #store: EventStore;
  readonly #options: GuardOptions;
  #pause: { readonly sinceMs: number; readonly lengthMs: number } | undefined; // while writing fails
  #readReportedMs: number | undefined; // when a failed read was reported last
  #notKept = 0;

  /** Throws `TypeError` for what is no object. */
  constructor(store: EventStore, options: GuardOptions) {
    if (typeof store !== "object" || store === null) {
      throw new TypeError(
        `store of realm "${options.realm}": expected one such as memoryStore(), got ${kindOf(store)}`,
      );
    }
    this.#store = store;
    this.#options = options;
  }

  /** Whether all routers of a cluster keep the same events in it. */
  get isShared(): boolean {
    try {
      return this.#store.shared === true;
    } catch {
      return false; // whatever else is asked of it is reported
    }
  }

  /** Keeps an event in all of its places. Returns why it could not be kept; `undefined` when it was. Its promises never reject. */
  keep(event: StoredEvent, places: KeepingPlaces): Promise<WampError | undefined> | WampError | undefined {
    if (this.#isPaused()) return this.#refused(this.#failure("write"));
    try {
      const writes = this.#write(event, places);
      if (writes) return this.#kept(writes);
    } catch (error) {
      if (isWampError(error)) return this.#refused(error);
      this.#writeFailed(error);
      return this.#refused(this.#failure("write"));
    }
    this.#pause = undefined;
    return undefined;
  }

  /**
   * Resolves when reading shows all that was kept before, with why that cannot be known; never rejects. `undefined` where it is shown
   * already.
   */
  settled(history?: HistoryKey): Promise<WampError | undefined> | undefined {
    try {
      const settled = this.#store.settled?.(history);
      return isThenable(settled) ? this.#shown(settled) : undefined;
    } catch (error) {
      return this.#shown(Promise.reject(error));
    }
  }

  /** The retained events of a topic; none when they cannot be read. */
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

  /** Topics that have a retained event and start with a text, as far as they can be read. */
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

  /** A part of a history. Throws `wampact.error.store_failed` where it cannot be read. */
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

  get stats(): GuardedStoreStats {
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

  /** Returns the promises of the writes; `undefined` where all are done. */
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

  async #kept(writes: readonly Promise<unknown>[]): Promise<WampError | undefined> {
    try {
      await this.#inTime(Promise.all(writes));
    } catch (error) {
      if (isWampError(error)) return this.#refused(error);
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

  /** A clock that was set back ends a pause: it cannot tell how long it has lasted. */
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
    const nowMs = this.#options.clock.now();
    const reported = this.#readReportedMs;
    if (reported !== undefined && nowMs >= reported && nowMs < reported + LONGEST_PAUSE_MS) return;
    this.#readReportedMs = nowMs;
    this.#report("failed to read; this is reported once a minute", error);
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

/** Returns what a method has returned. A promise is refused: it would be settled after it is looked at, and its rejection would end the process. */
function synchronous<T>(method: string, returned: T): T {
  if (typeof returned !== "object" || returned === null || !("then" in returned)) return returned;
  Promise.resolve(returned).catch(() => {}); // the error that is thrown here stands for its own
  throw new TypeError(`${method}(): expected to be done when it returns, got a promise`);
}

function checkEvent(event: StoredEvent): void {
  const { publication, topic, atMs, details, payload, lists } = event;
  const isEvent =
    typeof publication === "number" &&
    typeof topic === "string" &&
    Number.isFinite(atMs) &&
    isDict(details) &&
    typeof payload.encodedAs === "function" && // of a second copy of this package, too
    Object.values(lists).every((names) => Array.isArray(names));
  if (!isEvent) throw new TypeError("expected an event as it was kept, got something else");
}
