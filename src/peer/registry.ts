import type { Clock } from "../session/clock.js";
import { backoffMs } from "./backoff.js";
import type { ClientSession } from "./client-session.js";
import type { LostEntry } from "./types.js";

/** The peer that a registry belongs to. */
export interface RegistryHost {
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  /** Told once of what the router has taken back, or does not give again. */
  lost(entry: LostEntry): void;
}

/** A registration or a subscription, as the application made it. */
export interface Entry {
  readonly kind: LostEntry["kind"];
  readonly uri: string;
  /** The ID in the session it was established in last. */
  readonly id: number;
  /** Asks for it in a new session. Rejects where the router refuses it, and where the session is lost. */
  establish(session: ClientSession): Promise<void>;
}

/** Waits between attempts to restore what a router has refused. */
const RESTORE_BACKOFF = { minMs: 1_000, maxMs: 60_000 };

/** Holds what an application has registered and subscribed. It outlives sessions: each new one is given all of it again. */
export class Registry {
  readonly #host: RegistryHost;
  readonly #entries = new Map<Entry, () => void>(); // what is held → what is told when it is not any more
  readonly #refused = new Map<Entry, () => void>(); // what could not be restored → what calls the next attempt off

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

  /** Holds an entry; `forgotten` is called once when it is held no more. */
  hold(entry: Entry, forgotten: () => void = () => {}): void {
    this.#entries.set(entry, forgotten);
  }

  forget(entry: Entry): void {
    this.#settled(entry);
    this.#entries.get(entry)?.();
    this.#entries.delete(entry);
  }

  /**
   * Gives a new session everything, registrations first. What the router refuses is told once, and asked for again with back-off while the session stands;
   * it keeps nothing else from being restored. Rejects when the session is lost.
   */
  async restore(session: ClientSession): Promise<void> {
    const inOrder = [...this].sort((a, b) => a.kind.localeCompare(b.kind)); // stable: each kind as it was held
    await Promise.all(inOrder.map((entry) => this.#restore(session, entry, 0)));
  }

  /** Forgets an entry that the router has taken back, and reports it. */
  revoked(kind: Entry["kind"], { id, reason }: { readonly id: number; readonly reason: string }): void {
    for (const entry of [...this]) {
      if (entry.kind !== kind || entry.id !== id) continue;
      this.forget(entry);
      const error = new Error(`the router has revoked the ${kind} of ${entry.uri}: ${reason}`);
      this.#host.lost({ kind, uri: entry.uri, error });
    }
  }

  /** Forgets everything; what a session still holds of it ends with that session. */
  clear(): void {
    for (const entry of [...this]) this.forget(entry);
  }

  async #restore(session: ClientSession, entry: Entry, failed: number): Promise<void> {
    try {
      await entry.establish(session);
      this.#settled(entry);
    } catch (cause) {
      if (!session.details) throw cause; // the next session restores all of it
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
    this.#restore(session, entry, failed).catch(() => {}); // the session is lost, and the next one restores all of it
  }

  /** It stands, or nobody wants it any more. */
  #settled(entry: Entry): void {
    this.#refused.get(entry)?.();
    this.#refused.delete(entry);
  }
}

function refusal({ kind, uri }: Entry, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(`the ${kind} of ${uri} could not be restored, and is tried again: ${why}`, { cause });
}
