import type { ClusterHost } from "../router/realm-link.js";
import type { WampError } from "../wire/error.js";
import { Conflict, Unconfirmed, Unreachable } from "./engine.js";
import type { Entry, OwnShare } from "./entry.js";
import type { Plan } from "./plan.js";
import { encodeRecord, type Share } from "./record.js";

/** The maximum number of writes that are in progress for one realm. */
const MOST_WRITES = 64;

/** The parts of the directory that the writer uses. */
export interface WriterHost {
  readonly report: ClusterHost["report"];
  /** The number of times that this node has joined. Writes of an earlier incarnation are not awaited. */
  readonly incarnation: number;
  readonly isIsolated: boolean;
  plan(entry: Entry): Plan;
  write(key: string, value: string | undefined, revision: number): Promise<number>;
  refuse(entry: Entry, own: OwnShare, error: WampError): void;
  /** Asks a node whether it still has a share; calls `run` again when it knows. */
  ask(entry: Entry, share: Share): void;
  /** The directory cannot be reached, so that requests cannot be met. */
  cutOff(entry: Entry): void;
  /** There is nothing left to write. */
  idle(entry: Entry): void;
}

/** Writes the requested changes to the directory. Each key has one write at a time, which carries all changes requested by then. */
export class DirectoryWriter {
  readonly #host: WriterHost;
  #free = MOST_WRITES;
  readonly #queue: (() => void)[] = [];
  #isOpen = false;

  constructor(host: WriterHost) {
    this.#host = host;
  }

  /** The node has joined: changes requested earlier are written now. */
  open(entries: Iterable<Entry>): void {
    this.#isOpen = true;
    for (const entry of entries) void this.run(entry);
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
    const { key, revision: known } = entry;
    const { incarnation } = this.#host;
    try {
      const written = await write(key, wanted.record && encodeRecord(wanted.record), known);
      await this.#until(entry, incarnation, () => entry.revision >= written || this.#isGone(entry, wanted.record));
    } catch (error) {
      if (error instanceof Unreachable) {
        cutOff(entry);
        return false;
      }
      if (error instanceof Conflict) await this.#until(entry, incarnation, () => entry.revision !== known);
      else if (!(error instanceof Unconfirmed)) throw error;
    }
    return true;
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
