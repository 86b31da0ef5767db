import type { Clock } from "../session/clock.js";
import { messageOf } from "../wire/error.js";
import { backoffMs } from "./backoff.js";
import type { ClientSession } from "./client-session.js";
import type { LostEntry } from "./types.js";

/** The peer of a registry. */
export interface RegistryHost {
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  /** Called once for an entry that the router has revoked, or refuses to restore. */
  lost(entry: LostEntry): void;
}

/** A registration or a subscription, as the application created it. */
export interface Entry {
  readonly kind: LostEntry["kind"];
  readonly uri: string;
  /** The ID in the last session in which it was established. */
  readonly id: number;
  /** Establishes it in a new session. Rejects if the router refuses it, and if the session is lost. */
  establish(session: ClientSession): Promise<void>;
}

/** Waits between attempts to restore a refused entry. */
const RESTORE_BACKOFF = { minMs: 1_000, maxMs: 60_000 };

/** The application's registrations and subscriptions. It outlives sessions, and restores its entries in each new one. */
export class Registry {
  readonly #host: RegistryHost;
  readonly #entries = new Map<Entry, () => void>(); // entry → callback for its removal
  readonly #refused = new Map<Entry, () => void>(); // entry that could not be restored → function that cancels the next attempt

  constructor(host: RegistryHost) {
    this.#host = host;
  }

  get onError(): (error: unknown) => void {
    return this.#host.onError;
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#entries.keys();
  }

  holds(entry: Entry): boolean {
    return this.#entries.has(entry);
  }

  /** Adds an entry. `forgotten` is called once when it is removed. */
  hold(entry: Entry, forgotten: () => void = () => {}): void {
    this.#entries.set(entry, forgotten);
  }

  forget(entry: Entry): void {
    this.#settled(entry);
    this.#entries.get(entry)?.();
    this.#entries.delete(entry);
  }

  /**
   * Restores everything in a new session, registrations first. An entry that the router refuses is reported once and retried with
   * back-off while the session is established. It does not prevent the others from being restored. Rejects when the session is
   * lost.
   */
  async restore(session: ClientSession): Promise<void> {
    const inOrder = [...this].sort((a, b) => a.kind.localeCompare(b.kind)); // stable: in order of creation within each kind
    await Promise.all(inOrder.map((entry) => this.#restore(session, entry, 0)));
  }

  /** Removes an entry that the router has revoked, and reports it. */
  revoked(kind: Entry["kind"], { id, reason }: { readonly id: number; readonly reason: string }): void {
    for (const entry of [...this]) {
      if (entry.kind !== kind || entry.id !== id) continue;
      this.forget(entry);
      const error = new Error(`the router has revoked the ${kind} of ${entry.uri}: ${reason}`);
      this.#host.lost({ kind, uri: entry.uri, error });
    }
  }

  /** Removes everything. The session still holds it until it ends. */
  clear(): void {
    for (const entry of [...this]) this.forget(entry);
  }

  async #restore(session: ClientSession, entry: Entry, failed: number): Promise<void> {
    try {
      await entry.establish(session);
      this.#settled(entry);
    } catch (cause) {
      if (!session.details) throw cause; // the next session restores everything
      if (!this.holds(entry)) return;
      if (!this.#refused.has(entry))
        this.#host.lost({ kind: entry.kind, uri: entry.uri, error: refusal(entry, cause) });
      this.#refused.get(entry)?.();
      const waitMs = backoffMs(failed, RESTORE_BACKOFF, Math.random);
      this.#refused.set(
        entry,
        this.#host.clock.after(waitMs, () => this.#again(session, entry, failed + 1)),
      );
    }
  }

  #again(session: ClientSession, entry: Entry, failed: number): void {
    if (!session.details) return;
    this.#restore(session, entry, failed).catch(() => {}); // the session is lost, and the next one restores everything
  }

  /** Called when an entry is established or removed. */
  #settled(entry: Entry): void {
    this.#refused.get(entry)?.();
    this.#refused.delete(entry);
  }
}

function refusal({ kind, uri }: Entry, cause: unknown): Error {
  const why = messageOf(cause);
  return new Error(`the ${kind} of ${uri} could not be restored; retrying: ${why}`, { cause });
}
