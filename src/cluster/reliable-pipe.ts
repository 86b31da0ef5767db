import type { Clock } from "../session/clock.js";
import type { Pipe } from "./engine.js";
import { KINDS, type Parcel, type ParcelHead } from "./parcel.js";

/** Bytes that were posted and are not acknowledged, at most. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** The same while nothing is acknowledged. */
const PROBE_BYTES = 1024 * 1024;
/** What waits up to which those that wait for the pipe go on. */
const DRAINED_BYTES = 1024 * 1024;
/** The longest body of a message. */
const MOST_BODY_BYTES = 256 * 1024;
/** What has come is acknowledged after so long, or after so much. */
const ACK_MS = 20;
const ACK_AFTER_BYTES = 1024 * 1024;
/** What is not acknowledged is posted again after so long. */
const REPEAT_MS = 250;

const NOTHING = new Uint8Array(0);

/** What a pipe is given. */
export interface PipeHost {
  readonly clock: Clock;
  /** Posts to the other end; it may be lost. */
  post(head: Omit<ParcelHead, "from" | "to">, body: Uint8Array): void;
  /** Something has come, as it was sent, in order and once. */
  receive(bytes: Uint8Array): void;
}

/** A message that is kept until the other end has it. */
interface Sent {
  readonly seq: number;
  readonly more: boolean;
  readonly body: Uint8Array;
}

/**
 * One end of the pipe between two incarnations of nodes. Messages below it may get lost; what is sent through it comes once and in order,
 * however often it has to be posted.
 */
export class ReliablePipe implements Pipe {
  readonly window: number = WINDOW_BYTES;
  /** Messages that were posted again. */
  resent = 0;
  readonly #host: PipeHost;
  #closed = false;

  #sent: Sent[] = []; // not acknowledged
  #sentBytes = 0;
  #posted = 0; // how many of these were posted
  #postedBytes = 0;
  #lastSeq = 0;
  #stopTimer: (() => void) | undefined;
  #progressed = false; // since the timer was started
  #isSilent = false; // nothing was acknowledged within a repetition
  #filledFrom: number | undefined; // the acknowledgement that has told of the last gap
  #waiting: { readonly bytes: number; readonly tell: () => void }[] = []; // for so little to be left

  #received = 0; // the last seq up to which all have come
  readonly #early = new Map<number, Parcel>(); // by seq; no more than the other end's window
  #parts: Uint8Array[] = [];
  #unacknowledgedBytes = 0;
  #stopAck: (() => void) | undefined;

  constructor(host: PipeHost) {
    this.#host = host;
  }

  /** Messages of frames that were sent, each counted once: neither those that were posted again nor acknowledgements. */
  get sent(): number {
    return this.#lastSeq;
  }

  get unsentBytes(): number {
    return this.#sentBytes;
  }

  /** Whether the other end has acknowledged nothing for a while, though there is something. */
  get isStuck(): boolean {
    return this.#isSilent && this.#sent.length > 0;
  }

  onceDrained(callback: () => void): void {
    this.#onceDownTo(DRAINED_BYTES, callback);
  }

  /** Calls back, once, when all is acknowledged, or the pipe is closed: at once where that is so. */
  onceEmpty(callback: () => void): void {
    this.#onceDownTo(0, callback);
  }

  send(bytes: Uint8Array): void {
    if (this.#closed) return;
    let at = 0;
    for (; bytes.length - at > MOST_BODY_BYTES; at += MOST_BODY_BYTES)
      this.#add(true, bytes.subarray(at, at + MOST_BODY_BYTES));
    this.#add(false, bytes.subarray(at));
    this.#post();
  }

  /** Something has come from the other end. */
  take(parcel: Parcel): void {
    if (this.#closed) return;
    this.#acknowledged(parcel.ack);
    if (parcel.kind === KINDS.ack) {
      if (parcel.more) this.#fill(parcel);
      return;
    }
    if (parcel.seq <= this.#received) return this.#acknowledge(); // it seems not to know
    if (parcel.seq > this.#received + 1) return this.#keepEarly(parcel);
    this.#unacknowledgedBytes += parcel.body.length;
    if (this.#unacknowledgedBytes > ACK_AFTER_BYTES) this.#acknowledge();
    else this.#stopAck ??= this.#host.clock.after(ACK_MS, () => this.#acknowledge());
    for (let next: Parcel | undefined = parcel; next; next = this.#early.get(this.#received + 1)) {
      this.#received = next.seq;
      this.#early.delete(next.seq);
      this.#handle(next);
    }
  }

  /** Asks the other end for what it may have sent before this end was there. */
  ask(): void {
    this.#acknowledge({ upTo: 0 });
  }

  /** Drops what waits. */
  close(): void {
    this.#closed = true;
    this.#stopAck?.();
    this.#stopTimer?.();
    this.#sent = [];
    this.#sentBytes = 0;
    this.#early.clear();
    this.#tellWaiting();
  }

  #onceDownTo(bytes: number, tell: () => void): void {
    if (this.#closed || this.#sentBytes <= bytes) tell();
    else this.#waiting.push({ bytes, tell });
  }

  #tellWaiting(): void {
    const due = this.#waiting.filter(({ bytes }) => this.#sentBytes <= bytes);
    this.#waiting = this.#waiting.filter(({ bytes }) => this.#sentBytes > bytes);
    for (const { tell } of due) tell();
  }

  #add(more: boolean, body: Uint8Array): void {
    this.#sent.push({ seq: ++this.#lastSeq, more, body });
    this.#sentBytes += body.length;
  }

  /** Posts what was not posted yet, as far as the window reaches. */
  #post(): void {
    const window = this.#isSilent ? PROBE_BYTES : WINDOW_BYTES;
    while (this.#posted < this.#sent.length && this.#postedBytes < window) {
      const next = this.#sent[this.#posted] as Sent;
      this.#posted++;
      this.#postedBytes += next.body.length;
      this.#postOne(next);
    }
    if (this.#sent.length > 0) this.#stopTimer ??= this.#host.clock.after(REPEAT_MS, () => this.#timeIsUp());
  }

  #postOne({ seq, more, body }: Sent): void {
    this.#noteAcknowledged();
    this.#host.post({ kind: KINDS.frames, more, seq, ack: this.#received }, body);
  }

  #timeIsUp(): void {
    this.#stopTimer = undefined;
    const hasProgressed = this.#progressed;
    this.#progressed = false;
    if (this.#sent.length === 0) return;
    if (hasProgressed) return this.#post();
    this.#isSilent = true;
    this.#repeat();
  }

  /** Posts again what is missing at the other end: up to a message that has come there, or all. Once, however often it is asked for. */
  #fill({ ack, seq: upTo }: Parcel): void {
    if (ack === this.#filledFrom) return;
    this.#filledFrom = ack;
    if (upTo === 0) return this.#repeat();
    for (const each of this.#sent.slice(0, this.#posted)) {
      if (each.seq >= upTo) return;
      this.resent++;
      this.#postOne(each);
    }
  }

  /** Goes back to what is not acknowledged. */
  #repeat(): void {
    this.resent += this.#posted;
    this.#posted = 0;
    this.#postedBytes = 0;
    this.#post();
  }

  #acknowledged(ack: number): void {
    let count = 0;
    let bytes = 0;
    for (let next = this.#sent[0]; next && next.seq <= ack; next = this.#sent[count]) {
      bytes += next.body.length;
      count++;
    }
    if (count === 0) return;
    this.#sent.splice(0, count);
    this.#sentBytes -= bytes;
    this.#posted = Math.max(0, this.#posted - count);
    this.#postedBytes = Math.max(0, this.#postedBytes - bytes);
    this.#progressed = true;
    this.#isSilent = false;
    this.#post();
    if (this.#waiting.length > 0) this.#tellWaiting();
  }

  /** Keeps a message that has come before others: these are asked for. */
  #keepEarly(parcel: Parcel): void {
    this.#early.set(parcel.seq, parcel);
    this.#acknowledge({ upTo: parcel.seq });
  }

  #acknowledge(missing?: { readonly upTo: number }): void {
    this.#noteAcknowledged();
    const { upTo: seq = 0 } = missing ?? {};
    this.#host.post({ kind: KINDS.ack, more: missing !== undefined, seq, ack: this.#received }, NOTHING);
  }

  #noteAcknowledged(): void {
    this.#stopAck?.();
    this.#stopAck = undefined;
    this.#unacknowledgedBytes = 0;
  }

  #handle({ more, body }: Parcel): void {
    if (more) return void this.#parts.push(body);
    const bytes = this.#parts.length === 0 ? body : Buffer.concat([...this.#parts, body]);
    this.#parts = [];
    this.#host.receive(bytes);
  }
}
