import type { Clock } from "../session/clock.js";
import type { Pipe } from "./engine.js";
import { KINDS, type Parcel, type ParcelHead } from "./parcel.js";

/** The maximum number of bytes that are posted and not acknowledged. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** The same while nothing is acknowledged. */
const PROBE_BYTES = 1024 * 1024;
/** The number of queued bytes at which waiting producers continue. */
const DRAINED_BYTES = 1024 * 1024;
/** The maximum length of a message's body, in bytes. */
const MOST_BODY_BYTES = 256 * 1024;
/**
 * An acknowledgement that no message of frames carries is sent after one to two of these intervals, in milliseconds. It is sent at
 * once if many messages have arrived.
 */
const ACK_MS = 10;
const ACK_AFTER_BYTES = 1024 * 1024;
/** The time after which an unacknowledged message is posted again, in milliseconds. */
const REPEAT_MS = 250;

const NOTHING = new Uint8Array(0);

/** The services that a pipe uses. */
export interface PipeHost {
  readonly clock: Clock;
  /** Posts to the other end. The message may be lost. */
  post(head: Omit<ParcelHead, "from" | "to">, body: Uint8Array): void;
  /** Receives what the other end sent, in order and once. */
  receive(bytes: Uint8Array): void;
}

/** A message that is kept until the other end has it. */
interface Sent {
  readonly seq: number;
  readonly more: boolean;
  readonly body: Uint8Array;
}

/**
 * One end of the pipe between two incarnations of nodes. The carrier may lose messages; the pipe posts them again until the other
 * end acknowledges them. The other end receives each message once and in order.
 */
export class ReliablePipe implements Pipe {
  readonly window: number = WINDOW_BYTES;
  /** The number of messages that were posted again. */
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
  #isSilent = false; // nothing was acknowledged within one repetition
  #filledFrom: number | undefined; // the acknowledgement that reported the last gap
  #waiting: { readonly bytes: number; readonly tell: () => void }[] = []; // until so few bytes are queued

  #received = 0; // the highest seq up to which all have arrived
  readonly #early = new Map<number, Parcel>(); // by seq; limited by the other end's window
  #parts: Uint8Array[] = [];
  #unacknowledgedBytes = 0;
  #owesAck: "no" | "new" | "due" = "no"; // due: at the next interval
  #stopAckTimer: (() => void) | undefined;

  constructor(host: PipeHost) {
    this.#host = host;
  }

  /** The number of messages of frames that were sent, each counted once, without repetitions and acknowledgements. */
  get sent(): number {
    return this.#lastSeq;
  }

  get unsentBytes(): number {
    return this.#sentBytes;
  }

  /** Whether the other end has acknowledged nothing for a while although messages are waiting. */
  get isStuck(): boolean {
    return this.#isSilent && this.#sent.length > 0;
  }

  onceDrained(callback: () => void): void {
    this.#onceDownTo(DRAINED_BYTES, callback);
  }

  /** Calls back once when all is acknowledged or the pipe is closed. Calls back at once where that is already so. */
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

  /** A message of the other end has arrived. */
  take(parcel: Parcel): void {
    if (this.#closed) return;
    this.#acknowledged(parcel.ack);
    if (parcel.kind === KINDS.ack) {
      if (parcel.more) this.#fill(parcel);
      return;
    }
    if (parcel.seq <= this.#received) return this.#acknowledge(); // it does not seem to know
    if (parcel.seq > this.#received + 1) return this.#keepEarly(parcel);
    this.#unacknowledgedBytes += parcel.body.length;
    if (this.#unacknowledgedBytes > ACK_AFTER_BYTES) this.#acknowledge();
    else this.#oweAck();
    for (let next: Parcel | undefined = parcel; next; next = this.#early.get(this.#received + 1)) {
      this.#received = next.seq;
      this.#early.delete(next.seq);
      this.#handle(next);
    }
  }

  /** Requests the messages that the other end may have sent before this end was created. */
  ask(): void {
    this.#acknowledge({ upTo: 0 });
  }

  /** Drops all queued messages. */
  close(): void {
    this.#closed = true;
    this.#stopAckTimer?.();
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

  /** Posts the messages that were not posted yet, as far as the window allows. */
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

  /** Posts the messages that the other end lacks: up to one that it has, or all. Each once, however often they are requested. */
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

  /** Posts unacknowledged messages again. */
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

  /** Keeps a message that arrived before others, and requests those. */
  #keepEarly(parcel: Parcel): void {
    this.#early.set(parcel.seq, parcel);
    this.#acknowledge({ upTo: parcel.seq });
  }

  #acknowledge(missing?: { readonly upTo: number }): void {
    this.#noteAcknowledged();
    const { upTo: seq = 0 } = missing ?? {};
    this.#host.post({ kind: KINDS.ack, more: missing !== undefined, seq, ack: this.#received }, NOTHING);
  }

  /** Owes an acknowledgement. The timer runs on when a message carries it, since most do: stopping it each time costs more. */
  #oweAck(): void {
    if (this.#owesAck === "no") this.#owesAck = "new";
    this.#stopAckTimer ??= this.#host.clock.after(ACK_MS, () => this.#ackTime());
  }

  #ackTime(): void {
    this.#stopAckTimer = undefined;
    if (this.#owesAck === "due") this.#acknowledge();
    else if (this.#owesAck === "new") {
      this.#oweAck();
      this.#owesAck = "due";
    }
  }

  #noteAcknowledged(): void {
    this.#owesAck = "no";
    this.#unacknowledgedBytes = 0;
  }

  #handle({ more, body }: Parcel): void {
    if (more) return void this.#parts.push(body);
    const bytes = this.#parts.length === 0 ? body : Buffer.concat([...this.#parts, body]);
    this.#parts = [];
    this.#host.receive(bytes);
  }
}
