import { setTimeout as pause } from "node:timers/promises";
import type { ConsumerMessages, JetStreamClient, JetStreamManager, JsMsg, StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { hasCode, isPassing, STREAM_NOT_FOUND, wordsOf } from "./faults.js";
import type { NatsPackages } from "./packages.js";
import { SharedQuestion } from "./shared-question.js";
import { ensureStream, type KeptStreamConfig, type StreamPlace } from "./stream-config.js";
import type { Tenant } from "./tenant.js";

/** How long it may take until JetStream has an event, in milliseconds: so long a restart of NATS goes unnoticed. */
const WRITE_MS = 5_000;
/** How long one attempt may take. What was kept by an earlier one is not kept again. */
const ATTEMPT_MS = 500;
/** How long JetStream may take to answer a question, in milliseconds. */
const QUESTION_MS = 2_000;
/** How long a view may take to show what JetStream has kept, in milliseconds. */
const SHOWN_MS = 5_000;
/** How often it is looked whether the view still shows what there is, in milliseconds. */
const CHECK_MS = 5_000;
/** How long the stream may take at the start until it can be read, in milliseconds: several servers elect who leads it. */
const FIRST_MS = 10_000;
/** Before the stream is looked for again where it cannot be read. */
const RETRY_MS = 250;
/** Messages that are asked for at once. */
const BATCH = 500;

/** What the events of a stream are gathered in. */
export interface StreamView {
  /** How many events it shows. */
  readonly size: number;
  /** Adds what a message has. Throws for what nobody of ours has written. */
  add(message: Uint8Array): void;
}

/** What a kept stream is made of. */
export interface KeptStreamParts<View extends StreamView> {
  readonly config: KeptStreamConfig;
  /** Makes an empty view. */
  readonly createView: () => View;
  readonly report: (error: unknown) => void;
}

/** One reading of a stream, from somewhere to its end and on. */
interface Reading<View> {
  readonly view: View;
  /** When the stream was made, as JetStream says: another one has the same name. */
  readonly created: string;
  /** The last message that has come. */
  seen: number;
  readonly end: () => void;
}

/** What a stream is reached by. */
interface Connected {
  readonly connection: NatsConnection;
  readonly packages: NatsPackages;
  readonly js: JetStreamClient;
}

/** Somebody who waits until a message is shown. */
interface Waiting {
  readonly created: string;
  readonly last: number;
  readonly resolve: () => void;
}

/**
 * A stream of JetStream, and a view of it that this router reads in. All routers read all messages in order, so that their views are equal. A
 * stream that is gone is made anew, and the view with it; the one before is shown until the new one is complete.
 */
export class KeptStream<View extends StreamView> implements Tenant {
  readonly #parts: KeptStreamParts<View>;
  #connected: Connected | undefined;
  #manager: JetStreamManager | undefined;
  #shown: Reading<View>;
  #reading: Promise<void> | undefined; // that goes on until the end; never rejects
  #stop = () => {}; // ends the reading under way, and begins another one
  #fault: Error | undefined; // why the stream cannot be used
  #awaySince: number | undefined; // while NATS cannot be reached
  readonly #state = new SharedQuestion(() => this.#info());
  readonly #waiting = new Set<Waiting>();
  #behind = -1; // what was seen when messages were missing
  #checks: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: KeptStreamParts<View>) {
    this.#parts = parts;
    this.#shown = { view: parts.createView(), created: "", seen: 0, end: () => {} };
  }

  /** What the stream holds, as far as it has come. */
  get view(): View {
    return this.#shown.view;
  }

  get place(): StreamPlace {
    return this.#parts.config;
  }

  /** Resolves when the view shows all that the stream holds. */
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

  /** Resolves when JetStream has a message. Sent again, one with the same ID is kept once. Rejects in words. */
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
        void this.#check(); // the stream may be gone
        await pause(Math.min(RETRY_MS, Math.max(0, deadline - performance.now())));
      }
    }
  }

  /** Resolves when the view shows all that JetStream had acknowledged before. Rejects in words. */
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

  /** Throws where nothing can be asked of JetStream now. */
  #usable(): Connected {
    if (this.#fault) throw this.#fault;
    const connected = this.#connected;
    if (!connected || this.#closed || connected.connection.isClosed())
      throw new Error(`the stream "${this.place.name}" cannot be reached: the router is not connected to NATS`);
    if (this.#awaySince !== undefined && performance.now() - this.#awaySince > WRITE_MS)
      throw new Error(`the stream "${this.place.name}" cannot be reached: NATS is away`);
    return connected;
  }

  /** Asks what the stream is like now. */
  async #info(): Promise<StreamInfo> {
    if (!this.#manager) throw new Error(`the stream "${this.place.name}" has not been read yet`);
    return this.#manager.streams.info(this.place.name);
  }

  /** Reads anew where it is another stream, or where the view shows other events than there are. Never rejects. */
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
      if (!this.#isGone(error)) return; // nobody knows, and it is looked at again
    }
    this.#stop();
  }

  /** Follows the stream until the end, and the one after it. Never rejects. */
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

  /** Reads the stream from where the view ends. Resolves, with what resolves when that ends, when the view shows all that there was. */
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
      consumer.delete().catch(() => {}); // JetStream forgets it by itself, later
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
    for (const waiting of this.#waiting) if (waiting.created !== created) waiting.resolve(); // that stream is gone
    this.#wake();
    return { ended };
  }

  #usableNow(): Connected {
    if (!this.#connected || this.#closed) throw new Error(`the stream "${this.place.name}" is closed`);
    return this.#connected;
  }

  /** What is thrown here would end the reading. */
  #take(reading: Reading<View>, message: JsMsg): void {
    if (message.seq <= reading.seen) return;
    reading.seen = message.seq;
    try {
      reading.view.add(message.data);
    } catch (error) {
      this.#parts.report(
        new Error(`message ${message.seq} of the stream "${this.place.name}" is left out: ${wordsOf(error)}`, {
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

/** The reading was ended before it had shown all. */
class ReadingEnded extends Error {
  override readonly message = "the reading has ended";
}
