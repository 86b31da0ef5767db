import { setTimeout as pause } from "node:timers/promises";
import type { ConsumerMessages, JetStreamClient, JetStreamManager, JsMsg, StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { hasCode, isPassing, STREAM_NOT_FOUND, wordsOf } from "./faults.js";
import type { NatsPackages } from "./packages.js";
import { SharedQuestion } from "./shared-question.js";
import { ensureStream, type KeptStreamConfig, type StreamPlace } from "./stream-config.js";
import type { Tenant } from "./tenant.js";

/** The time limit for JetStream to store an event, in milliseconds. A restart of NATS within it goes unnoticed. */
const WRITE_MS = 5_000;
/** The time limit of one attempt, in milliseconds. An event that an earlier attempt stored is not stored again. */
const ATTEMPT_MS = 500;
/** The time limit for JetStream to answer a question, in milliseconds. */
const QUESTION_MS = 2_000;
/** The time limit for a view to show what JetStream has stored, in milliseconds. */
const SHOWN_MS = 5_000;
/** The interval at which the view is compared with the stream, in milliseconds. */
const CHECK_MS = 5_000;
/** The time that the stream may take at the start until it can be read, in milliseconds. Several servers elect a leader first. */
const FIRST_MS = 10_000;
/** The delay before another attempt to read the stream, in milliseconds. */
const RETRY_MS = 250;
/** The number of messages requested at once. */
const BATCH = 500;

/** A view of the events of a stream. */
export interface StreamView {
  /** The number of events that it shows. */
  readonly size: number;
  /** Adds a message. Throws for one that no router has written. */
  add(message: Uint8Array): void;
}

/** The parts of a kept stream. */
export interface KeptStreamParts<View extends StreamView> {
  readonly config: KeptStreamConfig;
  /** Creates an empty view. */
  readonly createView: () => View;
  readonly report: (error: unknown) => void;
}

/** One reading of a stream, from a start to its end and then live. */
interface Reading<View> {
  readonly view: View;
  /** The time at which JetStream created the stream: a new one has the same name. */
  readonly created: string;
  /** The last message that has arrived. */
  seen: number;
  readonly end: () => void;
}

/** The connection of a stream. */
interface Connected {
  readonly connection: NatsConnection;
  readonly packages: NatsPackages;
  readonly js: JetStreamClient;
}

/** A caller that waits until a message is shown. */
interface Waiting {
  readonly created: string;
  readonly last: number;
  readonly resolve: () => void;
}

/**
 * A stream of JetStream, with a view in memory that this router reads. All routers read all messages in order, so that their views
 * are equal. If the stream is missing, it is created again with a new view. The old view is used until the new one is complete.
 */
export class KeptStream<View extends StreamView> implements Tenant {
  readonly #parts: KeptStreamParts<View>;
  #connected: Connected | undefined;
  #manager: JetStreamManager | undefined;
  #shown: Reading<View>;
  #reading: Promise<void> | undefined; // runs until the end; never rejects
  #stop = () => {}; // ends the current reading, and starts another
  #fault: Error | undefined; // the reason why the stream cannot be used
  #awaySince: number | undefined; // while NATS cannot be reached
  readonly #state = new SharedQuestion(() => this.#info());
  readonly #waiting = new Set<Waiting>();
  #behind = -1; // the last message seen when messages were missing
  #checks: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: KeptStreamParts<View>) {
    this.#parts = parts;
    this.#shown = { view: parts.createView(), created: "", seen: 0, end: () => {} };
  }

  /** The content of the stream, as far as it has arrived. */
  get view(): View {
    return this.#shown.view;
  }

  get place(): StreamPlace {
    return this.#parts.config;
  }

  /** Resolves when the view shows the whole content of the stream. */
  async open(connection: NatsConnection, packages: NatsPackages): Promise<void> {
    this.#connected = { connection, packages, js: packages.jetstream.jetstream(connection) };
    const deadline = performance.now() + FIRST_MS;
    for (;;) {
      try {
        const { ended } = await this.#read();
        this.#reading = this.#goOn(ended);
        this.#checks = setInterval(() => void this.#check(), CHECK_MS);
        return;
      } catch (error) {
        if (this.#closed || performance.now() > deadline || !this.#isPassing(error)) throw error;
        await pause(RETRY_MS);
      }
    }
  }

  disconnected(): void {
    this.#awaySince ??= performance.now();
  }

  reconnected(): void {
    this.#awaySince = undefined;
    this.#stop();
  }

  async leave(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#checks);
    this.#stop();
    await this.#reading;
  }

  /**
   * Stores a message. Resolves when JetStream has it. A message that is sent again with the same ID is stored once. Rejects with a
   * reason.
   */
  async write(subject: string, message: Uint8Array, id: string): Promise<void> {
    const deadline = performance.now() + WRITE_MS;
    for (;;) {
      const { js } = this.#usable();
      try {
        const leftMs = Math.max(1, deadline - performance.now());
        await js.publish(subject, message, {
          msgID: id,
          timeout: Math.min(ATTEMPT_MS, leftMs),
          expect: { streamName: this.place.name },
        });
        return;
      } catch (error) {
        if (!this.#isPassing(error))
          throw new Error(`JetStream refuses an event for the stream "${this.place.name}": ${wordsOf(error)}`, {
            cause: error,
          });
        if (performance.now() >= deadline)
          throw new Error(
            `JetStream has not acknowledged an event for the stream "${this.place.name}" in ${WRITE_MS} ms`,
            {
              cause: error,
            },
          );
        void this.#check(); // the stream may be missing
        await pause(Math.min(RETRY_MS, Math.max(0, deadline - performance.now())));
      }
    }
  }

  /** Resolves when the view shows everything that JetStream had acknowledged before. Rejects with a reason. */
  async settled(): Promise<void> {
    this.#usable();
    let found: StreamInfo | undefined;
    try {
      found = await this.#state.ask();
    } catch (error) {
      if (!this.#isGone(error)) throw error;
      this.#stop();
    }
    const { created, last } = found ? { created: found.created, last: found.state.last_seq } : { created: "", last: 0 };
    if (found && this.#isShown(created, last)) return;
    if (created !== this.#shown.created) this.#stop();
    await this.#shows(created, last);
  }

  #isShown(created: string, last: number): boolean {
    return created === this.#shown.created && this.#shown.seen >= last;
  }

  async #shows(created: string, last: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let waiting: Waiting | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiting = { created, last, resolve };
        this.#waiting.add(waiting);
        const late = () => reject(new Error(`the stream "${this.place.name}" has not been read in ${SHOWN_MS} ms`));
        timer = setTimeout(late, SHOWN_MS);
      });
    } finally {
      clearTimeout(timer);
      if (waiting) this.#waiting.delete(waiting);
    }
  }

  /** Throws if JetStream cannot be used now. */
  #usable(): Connected {
    if (this.#fault) throw this.#fault;
    const connected = this.#connected;
    if (!connected || this.#closed || connected.connection.isClosed())
      throw new Error(`the stream "${this.place.name}" cannot be reached: the router is not connected to NATS`);
    if (this.#awaySince !== undefined && performance.now() - this.#awaySince > WRITE_MS)
      throw new Error(`the stream "${this.place.name}" cannot be reached: NATS is away`);
    return connected;
  }

  /** Returns the current state of the stream. */
  async #info(): Promise<StreamInfo> {
    if (!this.#manager) throw new Error(`the stream "${this.place.name}" has not been read yet`);
    return this.#manager.streams.info(this.place.name);
  }

  /** Reads again if the stream is another one, or if the view differs from it. Never rejects. */
  async #check(): Promise<void> {
    const { seen } = this.#shown;
    try {
      const { created, state } = await this.#state.ask();
      const isComplete = this.#shown.seen === state.last_seq;
      const isBehind = seen < state.last_seq && this.#shown.seen === seen;
      const stays = isBehind && this.#behind === seen;
      this.#behind = isBehind ? seen : -1;
      const isPurged = isComplete && this.#shown.view.size > state.messages;
      if (isPurged) this.#shown = { ...this.#shown, created: "" };
      if (created === this.#shown.created && !stays) return;
    } catch (error) {
      if (!this.#isGone(error)) return; // unknown; it is checked again later
    }
    this.#stop();
  }

  /** Follows the reading until it ends, then starts another. Never rejects. */
  async #goOn(first: Promise<void>): Promise<void> {
    let ended = first;
    while (!this.#closed) {
      await ended;
      if (this.#closed) return;
      try {
        ended = (await this.#read()).ended;
        this.#fault = undefined;
      } catch (error) {
        if (this.#closed) return;
        if (!this.#isPassing(error)) this.#failed(error);
        ended = pause(RETRY_MS);
      }
    }
  }

  #failed(error: unknown): void {
    const words = wordsOf(error);
    if (this.#fault?.message !== words) this.#parts.report(error);
    this.#fault = new Error(words, { cause: error });
  }

  /**
   * Reads the stream from the end of the view. Resolves when the view shows its whole content. `ended` resolves when the reading
   * ends.
   */
  async #read(): Promise<{ readonly ended: Promise<void> }> {
    const { js, packages, connection } = this.#usableNow();
    this.#manager ??= await packages.jetstream.jetstreamManager(connection, { timeout: QUESTION_MS, checkAPI: false });
    const { created, state } = await ensureStream(this.#parts.config, this.#manager, packages);
    const goesOn = created === this.#shown.created && this.#shown.seen <= state.last_seq;
    const seen = goesOn ? this.#shown.seen : 0;
    const consumer = await js.consumers.get(this.place.name, { opt_start_seq: seen + 1 });
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const view = goesOn ? this.#shown.view : this.#parts.createView();
    const reading: Reading<View> = { view, created, seen, end };
    let complete = () => {};
    const completed = new Promise<void>((resolve) => {
      complete = resolve;
    });
    let messages: ConsumerMessages | undefined;
    this.#stop = () => {
      messages?.stop();
      consumer.delete().catch(() => {}); // JetStream deletes it by itself, later
      end();
    };
    const { num_pending: pending } = await consumer.info(true);
    messages = await consumer.consume({
      max_messages: BATCH,
      callback: (message) => {
        this.#take(reading, message);
        if (message.info.pending === 0) complete();
      },
    });
    void messages.closed().then(end, end);
    if (pending > 0) await Promise.race([completed, ended.then(() => Promise.reject(new ReadingEnded()))]);
    reading.seen = Math.max(reading.seen, state.last_seq); // the last ones may have been deleted
    this.#shown = reading;
    for (const waiting of this.#waiting) if (waiting.created !== created) waiting.resolve(); // that stream no longer exists
    this.#wake();
    return { ended };
  }

  #usableNow(): Connected {
    if (!this.#connected || this.#closed) throw new Error(`the stream "${this.place.name}" is closed`);
    return this.#connected;
  }

  /** Adds a message to the view. Reports errors, because an exception here would end the reading. */
  #take(reading: Reading<View>, message: JsMsg): void {
    if (message.seq <= reading.seen) return;
    reading.seen = message.seq;
    try {
      reading.view.add(message.data);
    } catch (error) {
      this.#parts.report(
        new Error(`message ${message.seq} of the stream "${this.place.name}" is skipped: ${wordsOf(error)}`, {
          cause: error,
        }),
      );
    }
    if (reading === this.#shown) this.#wake();
  }

  #wake(): void {
    const { created, seen } = this.#shown;
    for (const waiting of this.#waiting) if (waiting.created === created && waiting.last <= seen) waiting.resolve();
  }

  #isGone(error: unknown): boolean {
    const packages = this.#connected?.packages;
    return packages !== undefined && hasCode(error, STREAM_NOT_FOUND, packages);
  }

  #isPassing(error: unknown): boolean {
    const packages = this.#connected?.packages;
    return (
      error instanceof ReadingEnded || this.#isGone(error) || (packages !== undefined && isPassing(error, packages))
    );
  }
}

/** The reading was ended before it had shown everything. */
class ReadingEnded extends Error {
  override readonly message = "the reading has ended";
}
