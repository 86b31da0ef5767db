import { setTimeout as pause } from "node:timers/promises";
import type { JetStreamClient, JetStreamManager, StreamConfig } from "@nats-io/jetstream";
import type { KV, KvWatchEntry } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { Conflict, TooLarge, Unconfirmed, Unreachable } from "../engine.js";
import { bucketRefusal } from "./bucket-config.js";
import { isAtLeast, placeOf } from "./connection.js";
import {
  hasCode,
  isDenied,
  isPassing,
  STREAM_NAME_IN_USE,
  STREAM_NOT_FOUND,
  WRITE_IN_PROGRESS,
  WRONG_LAST_SEQUENCE,
  wordsOf,
} from "./faults.js";
import type { NatsSettings } from "./options.js";
import type { NatsPackages } from "./packages.js";
import { maxValueBytes } from "./payload-size.js";

/** The time limit of a write, in milliseconds. By then, another server may be the leader. */
const WRITE_MS = 1_000;
/** The delay before a write is repeated that another write of the key has stood in the way of, in milliseconds. */
const TURN_MS = 20;
/** The interval at which the watch is compared with the bucket, in milliseconds. */
const CHECK_MS = 2_000;
/** The time that NATS may take at the start until the directory can be read, in milliseconds. Several servers elect a leader first. */
const FIRST_WATCH_MS = 10_000;
/** The time without an answer of JetStream after which that is reported, in milliseconds. Several servers elect a leader within it. */
const SILENT_MS = 10_000;
/** The delay before another attempt to read the directory, in milliseconds. */
const RETRY_MS = 250;
/**
 * The time after which NATS deletes the marker of a deleted key, in seconds. A watch that has missed the marker by then has ended:
 * the next one reports all keys that are no longer there.
 */
const MARKER_S = 3_600;
/** The oldest server that deletes single messages after a time. */
const EXPIRING: readonly number[] = [2, 11];
/** The key that each watch writes first. When it comes back, everything before it has arrived. It is not reported. */
const MARK = "mark";
const OPERATION = "KV-Operation";

type Changed = (key: string, value: string | undefined, revision: number) => void;

/** The parts of a bucket. */
export interface BucketParts {
  readonly connection: NatsConnection;
  readonly packages: NatsPackages;
  readonly settings: NatsSettings;
  /** As `CarrierListener.changed`. */
  readonly changed: Changed;
  readonly report: (error: unknown) => void;
  /** The time after which NATS deletes the marker of a deleted key, in seconds. Default 3,600. */
  readonly markerSeconds?: number;
}

/**
 * The directory of a cluster: a key-value bucket of JetStream. It is read only by a watch, because reads of followers may be stale.
 * If the bucket is missing, as one in memory is after a restart, it is created again, and all its former keys are reported as
 * deleted.
 */
export class Bucket {
  readonly #parts: BucketParts;
  readonly #name: string;
  readonly #js: JetStreamClient;
  readonly #known = new Set<string>(); // keys that were reported and not deleted
  #manager: JetStreamManager | undefined;
  #kv: KV | undefined;
  #created = ""; // when JetStream created the bucket: a new one has the same name
  #told = 0; // the last revision
  #isBehind = false; // when it was last compared
  #markersExpire = false;
  #isRefused = false; // this router may not let them expire
  #silentSince: number | undefined; // JetStream does not answer
  #reported = ""; // the last report since JetStream has answered
  #checks: NodeJS.Timeout | undefined;
  #closed = false;
  #watched: Promise<void> | undefined;
  #stopWatch: (() => void) | undefined;

  constructor(parts: BucketParts) {
    this.#parts = parts;
    this.#name = `wampact_${parts.settings.name}`;
    this.#js = parts.packages.jetstream.jetstream(parts.connection);
  }

  /**
   * Resolves when the whole content of the directory has been reported. Rejects if the bucket cannot be created or read within the
   * time in which NATS elects a leader.
   */
  async open(): Promise<void> {
    const { ended } = await this.#firstWatch();
    this.#watched = this.#goOn(ended);
    this.#checks = setInterval(() => void this.#check(), CHECK_MS);
  }

  /** As `Engine.write`. */
  async write(key: string, value: string | undefined, revision: number): Promise<number> {
    const { connection } = this.#parts;
    if (!this.#kv || connection.isClosed()) throw new Unreachable(key);
    const [bytes, most] = [Buffer.byteLength(value ?? ""), maxValueBytes(connection)];
    if (bytes > most) throw new TooLarge(key, { bytes, most });
    try {
      const written = await this.#publish(key, value, revision);
      this.#reported = "";
      return written;
    } catch (error) {
      if (!this.#hasCode(error, WRONG_LAST_SEQUENCE)) return this.#failed(key, error);
      const marker = revision === 0 ? await this.#markerOf(key) : undefined;
      if (marker === undefined) throw new Conflict(key);
      try {
        return await this.#publish(key, value, marker);
      } catch (again) {
        if (this.#hasCode(again, WRONG_LAST_SEQUENCE)) throw new Conflict(key);
        return this.#failed(key, again);
      }
    }
  }

  /** The connection is back. Starts a new watch, because messages in transit are lost. */
  reconnected(): void {
    this.#stopWatch?.();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#checks);
    this.#stopWatch?.();
    await this.#watched;
  }

  async #firstWatch(): Promise<{ readonly ended: Promise<void> }> {
    const deadline = performance.now() + FIRST_WATCH_MS;
    for (;;) {
      try {
        this.#manager ??= await this.#js.jetstreamManager();
        return await this.#watch();
      } catch (error) {
        if (this.#closed || performance.now() > deadline || !this.#isPassing(error)) throw error;
        this.#stopWatch?.();
        await pause(RETRY_MS);
      }
    }
  }

  /** Publishes a write, and waits for its turn while another one of the key is in progress. */
  async #publish(key: string, value: string | undefined, revision: number): Promise<number> {
    const deadline = performance.now() + WRITE_MS;
    for (;;) {
      try {
        return await this.#publishOnce(key, value, revision);
      } catch (error) {
        if (!this.#hasCode(error, WRITE_IN_PROGRESS) || performance.now() > deadline) throw error;
        await pause(TURN_MS);
      }
    }
  }

  async #publishOnce(key: string, value: string | undefined, revision: number): Promise<number> {
    const { transport } = this.#parts.packages;
    const options = { expect: { lastSubjectSequence: revision }, timeout: WRITE_MS };
    const subject = `$KV.${this.#name}.${key}`;
    if (value !== undefined) return (await this.#js.publish(subject, value, options)).seq;
    const headers = transport.headers();
    headers.set(OPERATION, "DEL");
    const { markerSeconds = MARKER_S } = this.#parts;
    const expiring = this.#markersExpire ? { ttl: `${markerSeconds}s` } : {};
    return (await this.#js.publish(subject, "", { ...options, headers, ...expiring })).seq;
  }

  #hasCode(error: unknown, code: number): boolean {
    return hasCode(error, code, this.#parts.packages);
  }

  /** Rejects a write whose outcome is unknown. Checks whether NATS still has the bucket. */
  #failed(key: string, error: unknown): never {
    const { errors } = this.#parts.packages.transport;
    if (error instanceof errors.TimeoutError) throw new Unconfirmed(key);
    void this.#check();
    const isRefused = !this.#isPassing(error);
    if (isRefused)
      this.#reportOnce(
        new Error(`the directory of the cluster cannot be written: ${wordsOf(error)}`, { cause: error }),
      );
    if (error instanceof errors.ClosedConnectionError || error instanceof errors.DrainingConnectionError)
      throw new Unreachable(key);
    throw new Unconfirmed(key, { isRefused }); // no room, stream, leader or server: it may be there at the next write
  }

  /** Returns the revision of the marker that says that a key was deleted, or `undefined` if the key has a value. */
  async #markerOf(key: string): Promise<number | undefined> {
    try {
      const last = await this.#manager?.streams.getMessage(`KV_${this.#name}`, {
        last_by_subj: `$KV.${this.#name}.${key}`,
      });
      if (!last) return undefined;
      const operation = last.header.get(OPERATION);
      return operation === "DEL" || operation === "PURGE" ? last.seq : undefined;
    } catch (error) {
      return this.#failed(key, error);
    }
  }

  /** Starts a new watch if the bucket is another one, or if the watch shows less than the bucket has. Never rejects. */
  async #check(): Promise<void> {
    const wasBehind = this.#isBehind;
    this.#isBehind = false;
    try {
      const told = this.#told;
      const info = await this.#manager?.streams.info(`KV_${this.#name}`);
      if (!info) return;
      this.#silentSince = undefined;
      await this.#letMarkersExpire(info.config);
      this.#isBehind = this.#told === told && info.state.last_seq > told;
      if (info.created === this.#created && !(wasBehind && this.#isBehind)) return;
    } catch (error) {
      if (!this.#hasCode(error, STREAM_NOT_FOUND)) return this.#isSilent(error); // it is checked again later
    }
    if (!this.#parts.connection.isClosed()) this.#stopWatch?.();
  }

  /** Follows the watch until it ends, then starts another. Never rejects. */
  async #goOn(first: Promise<void>): Promise<void> {
    let ended = first;
    while (!this.#closed) {
      await ended;
      if (this.#closed) return;
      try {
        ended = (await this.#watch()).ended;
      } catch (error) {
        if (this.#closed) return;
        if (this.#isPassing(error)) this.#isSilent(error);
        else
          this.#reportOnce(
            new Error(`the directory of the cluster cannot be read: ${wordsOf(error)}`, { cause: error }),
          );
        ended = pause(RETRY_MS);
      }
    }
  }

  /** JetStream has not answered. Reports that once if it lasts. */
  #isSilent(error: unknown): void {
    this.#silentSince ??= performance.now();
    if (performance.now() - this.#silentSince < SILENT_MS) return;
    this.#reportOnce(
      new Error(
        `JetStream of ${placeOf(this.#parts.settings)} has not answered for ${SILENT_MS / 1_000} s, so that nothing can be registered: ${wordsOf(error)}; check that JetStream is enabled and that most of its servers are up`,
        { cause: error },
      ),
    );
  }

  /** Reports an error, unless the last one had the same words and nothing has worked since. */
  #reportOnce(error: Error): void {
    if (this.#reported === error.message) return;
    this.#reported = error.message;
    this.#parts.report(error);
  }

  /** Returns whether an error only says that NATS is unavailable now, or that one of its servers does not know the new bucket yet. */
  #isPassing(error: unknown): boolean {
    return (
      error instanceof WatchEnded ||
      this.#hasCode(error, STREAM_NOT_FOUND) ||
      this.#hasCode(error, WRITE_IN_PROGRESS) ||
      this.#hasCode(error, STREAM_NAME_IN_USE) || // another router has just created it
      isPassing(error, this.#parts.packages)
    );
  }

  /**
   * Creates the bucket if it is missing, and reads it. Resolves when all its content has been reported. `ended` resolves when the
   * watch ends.
   */
  async #watch(): Promise<{ readonly ended: Promise<void> }> {
    const { packages, settings } = this.#parts;
    const { StorageType } = packages.jetstream;
    this.#kv = await new packages.Kvm(this.#js).create(this.#name, {
      history: 1,
      replicas: settings.replicas,
      storage: StorageType.File,
    });
    const info = await this.#manager?.streams.info(`KV_${this.#name}`);
    const refusal = info && bucketRefusal(info.config);
    if (refusal) throw new Error(refusal);
    if (info?.created !== this.#created) this.#told = 0;
    this.#created = info?.created ?? "";
    if (info) await this.#letMarkersExpire(info.config);
    const watch = await this.#kv.watch();
    this.#stopWatch = () => watch.stop();
    const missing = new Set(this.#known); // that the bucket has not shown yet
    let caughtUp = () => {};
    const caught = new Promise<void>((resolve) => {
      caughtUp = resolve;
    });
    const mark = await this.#kv.put(MARK, settings.node);
    const ended = this.#read(watch, (entry) => {
      if (entry.revision < mark) {
        if (isValue(entry)) missing.delete(entry.key);
        return;
      }
      for (const key of missing) this.#tell(key, undefined, entry.revision);
      missing.clear();
      caughtUp();
    });
    await Promise.race([caught, ended.then(() => Promise.reject(new WatchEnded()))]);
    this.#reported = "";
    return { ended };
  }

  /** Lets NATS delete the markers of deleted keys after a time, where it can. Otherwise they remain. Never rejects. */
  async #letMarkersExpire({ allow_msg_ttl: isOn = false }: StreamConfig): Promise<void> {
    const { info } = this.#parts.connection;
    this.#markersExpire = isOn;
    if (isOn || this.#isRefused || !info || !isAtLeast(info.version, EXPIRING)) return;
    const stream = `KV_${this.#name}`;
    try {
      await this.#manager?.streams.update(stream, { allow_msg_ttl: true });
      this.#markersExpire = true;
    } catch (error) {
      if (this.#isPassing(error) && !isDenied(error, this.#parts.packages)) return; // it is tried again at the next check
      this.#isRefused = true;
      this.#parts.report(
        new Error(
          `NATS keeps a marker of each deleted key of "${stream}" for good: ${wordsOf(error)}; let this router publish to $JS.API.STREAM.UPDATE.${stream}`,
          { cause: error },
        ),
      );
    }
  }

  /** Reports changes in order. Resolves when no more come. */
  async #read(watch: AsyncIterable<KvWatchEntry>, seen: (entry: KvWatchEntry) => void): Promise<void> {
    try {
      for await (const entry of watch) {
        if (this.#closed) return;
        const isNew = entry.revision > this.#told;
        if (isNew && entry.key !== MARK)
          this.#tell(entry.key, isValue(entry) ? entry.string() : undefined, entry.revision);
        if (isNew) this.#told = entry.revision;
        seen(entry);
      }
    } catch (error) {
      this.#parts.report(error);
    }
  }

  #tell(key: string, value: string | undefined, revision: number): void {
    if (value === undefined) this.#known.delete(key);
    else this.#known.add(key);
    this.#parts.changed(key, value, revision);
  }
}

/** The watch was ended before it had shown everything. */
class WatchEnded extends Error {
  override readonly message = "the directory's watch has ended";
}

function isValue({ operation }: KvWatchEntry): boolean {
  return operation === "PUT";
}
