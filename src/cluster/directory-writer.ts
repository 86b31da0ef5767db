import type { ClusterHost } from "../router/realm-link.js";
import { WampError } from "../wire/error.js";
import { INVALID_ARGUMENT, UNAVAILABLE } from "../wire/uris.js";
import { Conflict, TooLarge, Unconfirmed, Unreachable } from "./engine.js";
import type { Entry, OwnShare } from "./entry.js";
import type { Plan } from "./plan.js";
import { encodeRecord, type Share } from "./record.js";

/** The maximum number of writes that are in progress for one realm. */
const MOST_WRITES = 64;
/** The delay before an unconfirmed write is repeated, in milliseconds. */
const RETRY_MS = 250;
/** The time without a confirmed write after which requests are refused, in milliseconds. NATS elects a leader within it. */
const UNCONFIRMED_MS = 10_000;

/** The parts of the directory that the writer uses. */
export interface WriterHost {
  readonly report: ClusterHost["report"];
  readonly clock: ClusterHost["clock"];
  /** The number of times that this node has joined. Writes of an earlier incarnation are not awaited. */
  readonly incarnation: number;
  readonly isIsolated: boolean;
  plan(entry: Entry): Plan;
  write(key: string, value: string | undefined, revision: number): Promise<number>;
  refuse(entry: Entry, own: OwnShare, error: WampError): void;
  /** Asks a node whether it still has a share; calls `run` again when it knows. */
  ask(entry: Entry, share: Share): void;
  /** Requests cannot be met: the directory cannot be reached, or the error is why. */
  cutOff(entry: Entry, error?: WampError): void;
  /** There is nothing left to write. */
  idle(entry: Entry): void;
}

/** Writes the requested changes to the directory. Each key has one write at a time, which carries all changes requested by then. */
export class DirectoryWriter {
  readonly #host: WriterHost;
  #free = MOST_WRITES;
  readonly #queue: (() => void)[] = [];
  readonly #active = new Set<Entry>(); // in progress, or waiting for their turn
  #isOpen = false;
  #isClosed = false;
  #stopTimer: (() => void) | undefined; // runs from the first unconfirmed write to the next confirmed one
  #isFailing = false; // no write has been confirmed for too long
  #isRefused = false; // the directory has refused the last unconfirmed write

  constructor(host: WriterHost) {
    this.#host = host;
  }

  /** The node has joined: changes requested earlier are written now. */
  open(entries: Iterable<Entry>): void {
    this.#isOpen = true;
    for (const entry of entries) void this.run(entry);
  }

  /** The node leaves: unconfirmed writes are not repeated any more. */
  close(): void {
    this.#isClosed = true;
    this.#answered();
  }

  /** Writes the changes of an entry. Resolves when that is done or has failed. Never rejects. */
  run(entry: Entry): Promise<void> {
    if (!this.#isOpen && entry.reapers === 0) return Promise.resolve();
    entry.isDirty = true;
    entry.wake();
    entry.writing ??= this.#writeAll(entry);
    return entry.writing;
  }

  async #writeAll(entry: Entry): Promise<void> {
    this.#active.add(entry);
    await this.#turn();
    try {
      while (entry.isDirty) {
        entry.isDirty = false;
        if (await this.#writeOnce(entry)) entry.isDirty = true;
      }
    } catch (error) {
      this.#host.report(error);
      this.#host.cutOff(entry);
    }
    entry.writing = undefined;
    this.#active.delete(entry);
    this.#free++;
    this.#queue.shift()?.();
    this.#host.idle(entry);
  }

  /** Returns whether the entry needs another look. */
  async #writeOnce(entry: Entry): Promise<boolean> {
    const { plan, write, refuse, ask, cutOff } = this.#host;
    const { write: wanted, refused, doubts } = plan(entry);
    for (const [own, error] of refused) refuse(entry, own, error);
    for (const share of doubts) ask(entry, share);
    if (!wanted) return false;
    if (this.#host.isIsolated) {
      cutOff(entry);
      return false;
    }
    const { key, revision: known, changedAt } = entry;
    const { incarnation } = this.#host;
    try {
      const written = await write(key, wanted.record && encodeRecord(wanted.record), known);
      this.#answered();
      await this.#until(entry, incarnation, () => entry.changedAt >= written || this.#isGone(entry, wanted.record));
      return true;
    } catch (error) {
      if (error instanceof Unconfirmed) return this.#unconfirmed(error);
      this.#answered();
      if (error instanceof Unreachable) {
        cutOff(entry);
        return false;
      }
      if (error instanceof TooLarge && entry.isRequested) {
        cutOff(entry, tooLarge(entry, error));
        return true;
      }
      if (!(error instanceof Conflict)) throw error;
      await this.#until(entry, incarnation, () => entry.changedAt !== changedAt);
      return true;
    }
  }

  /** The directory has answered. */
  #answered(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#isFailing = false;
  }

  /**
   * The directory has not answered, for example because NATS has no leader for it, or is full. Resolves with whether to try again,
   * after a delay.
   */
  async #unconfirmed({ isRefused }: Unconfirmed): Promise<boolean> {
    const { clock } = this.#host;
    if (this.#isClosed) return false;
    this.#isRefused = isRefused;
    if (this.#isFailing) this.#giveUp();
    this.#stopTimer ??= clock.after(UNCONFIRMED_MS, () => this.#giveUp());
    await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
    return true;
  }

  /** Refuses the requests of all entries. Their removals are still tried. */
  #giveUp(): void {
    this.#isFailing = this.#active.size > 0;
    if (!this.#isFailing) this.#answered(); // nothing is left to write, so that nobody knows
    for (const entry of this.#active) this.#host.cutOff(entry, this.#isRefused ? full() : silent());
  }

  /** Returns whether a wanted deletion is done: a deleted record has no revision. */
  #isGone({ record }: Entry, wanted: unknown): boolean {
    return !wanted && !record;
  }

  /** Waits for a change of the entry. Stops when the node is cut off or joins again. */
  async #until(entry: Entry, incarnation: number, isThere: () => boolean): Promise<void> {
    while (!isThere() && !this.#host.isIsolated && this.#host.incarnation === incarnation) await entry.changed();
  }

  async #turn(): Promise<void> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#free--;
  }
}

function silent(): WampError {
  return new WampError(UNAVAILABLE, {
    args: ["the directory of the cluster does not answer, so nothing can be registered"],
  });
}

function full(): WampError {
  return new WampError(UNAVAILABLE, {
    args: [
      "the directory of the cluster cannot store the registration at the moment; the router has reported the reason",
    ],
  });
}

function tooLarge({ uri }: Entry, { bytes, most }: TooLarge): WampError {
  return new WampError(INVALID_ARGUMENT, {
    args: [
      `"${uri.slice(0, 100)}" cannot be registered: with all its callees, its record would have ${bytes} bytes, and the directory accepts at most ${most}`,
    ],
  });
}
