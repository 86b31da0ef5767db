import type { Clock } from "../session/clock.js";
import type { Listening } from "../transport/listener.js";
import { checkSettings, natural, type SettingRules } from "../wire/settings.js";
import type { ClientConnection } from "./connection.js";
import type { Faults } from "./faults.js";
import type { Realm } from "./realm.js";

/** Options for closing a router. */
export interface CloseOptions {
  /** The maximum time for calls in progress to be answered, in milliseconds. Default 5,000. With 0, everything ends at once. */
  readonly drainMs?: number;
  /**
   * The time without a new call before GOODBYE is sent, in milliseconds; the router waits at most ten times as long, within
   * `drainMs`. A call that was sent before its client received GOODBYE is then refused instead of staying unanswered. Default 0:
   * GOODBYE is sent at once.
   */
  readonly quietMs?: number;
  /**
   * The time after which clients should reconnect, in milliseconds. GOODBYE carries it as `_retry_after_ms`, which wampact peers
   * obey. Default: GOODBYE does not carry it.
   */
  readonly retryAfterMs?: number;
}

const RULES: SettingRules<CloseOptions> = { drainMs: natural, quietMs: natural, retryAfterMs: natural };

/** Throws `TypeError` for an unknown option or an invalid value. */
export function checkCloseOptions(options: CloseOptions): void {
  checkSettings(options, RULES, "close");
}

const MOST_QUIET_ROUNDS = 10;
/** The maximum time for clients to answer GOODBYE when a router closes, in milliseconds. */
const FAREWELL_MS = 2_000;
/** The maximum time for listeners to close, in milliseconds. */
const LISTENERS_MS = 10_000;
/** The maximum time for leaving a cluster, in milliseconds. */
const LEAVING_MS = 5_000;

/** The parts of a router that end with it. */
export interface ShutdownParts {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly realms: readonly Pick<Realm, "retire" | "drain" | "close" | "bequeathed" | "refusedCalls">[];
  /** The current connections. */
  readonly connections: ReadonlySet<Pick<ClientConnection, "shutdown" | "close">>;
  readonly listening: Set<Listening>;
  /** Leaves the cluster; absent if there is none. */
  readonly leaveCluster: (() => Promise<void>) | undefined;
}

/** Closes a router in order: calls, sessions, connections, listeners, its place in the cluster. Each step has a time limit. */
export class Shutdown {
  readonly #parts: ShutdownParts;
  #allGone: (() => void) | undefined; // called when no connection is left

  constructor(parts: ShutdownParts) {
    this.#parts = parts;
  }

  /** A connection has ended. */
  disconnected(): void {
    if (this.#parts.connections.size === 0) this.#allGone?.();
  }

  async run({ drainMs = 5_000, quietMs = 0, retryAfterMs }: CloseOptions): Promise<void> {
    const { realms, connections, faults } = this.#parts;
    const farewellMs = Math.min(drainMs, FAREWELL_MS);
    await this.#finishCalls(drainMs, quietMs);
    for (const realm of realms) realm.close();
    for (const connection of connections) faults.guard(() => connection.shutdown(retryAfterMs));
    if (farewellMs > 0 && connections.size > 0) await this.#within(farewellMs, this.#disconnectedAll());
    for (const connection of connections) faults.guard(() => connection.close());
    const bequeathed = Promise.all(realms.map((realm) => realm.bequeathed()));
    if (farewellMs > 0) await this.#within(farewellMs, bequeathed);
    await this.#stopListening();
    const { leaveCluster } = this.#parts;
    if (leaveCluster) await this.#within(LEAVING_MS, this.#guarded(leaveCluster));
  }

  /** Waits for calls in progress, for a limited time. Other routers are asked first to send no more. */
  async #finishCalls(drainMs: number, quietMs: number): Promise<void> {
    const { realms } = this.#parts;
    const leftMs = drainMs - (await this.#retired(drainMs));
    const drained = Promise.all(realms.map((realm) => realm.drain()));
    const over = new AbortController();
    const quieted = () => this.#quieted(quietMs, over.signal);
    if (leftMs > 0) await this.#within(leftMs, quietMs > 0 ? drained.then(quieted) : drained);
    over.abort();
  }

  /** Waits for a limited time until the other routers send no more calls. Resolves with the time that took, in milliseconds. */
  async #retired(limitMs: number): Promise<number> {
    const { clock, realms, leaveCluster } = this.#parts;
    if (!leaveCluster || limitMs === 0) return 0;
    const begun = clock.now();
    await this.#within(limitMs, Promise.all(realms.map((realm) => realm.retire())));
    return clock.now() - begun;
  }

  /** Waits until no call has been refused for a time, or the wait is over. */
  async #quieted(quietMs: number, over: AbortSignal): Promise<void> {
    const { clock, realms, connections } = this.#parts;
    const refused = () => realms.reduce((sum, realm) => sum + realm.refusedCalls, 0);
    for (let round = 0, seen = -1; round < MOST_QUIET_ROUNDS && seen !== refused(); round++) {
      if (connections.size === 0 || over.aborted) return;
      seen = refused();
      await new Promise<void>((resolve) => {
        const stopTimer = clock.after(quietMs, resolve);
        over.addEventListener("abort", stopTimer);
      });
    }
  }

  #disconnectedAll(): Promise<void> {
    return new Promise((resolve) => {
      this.#allGone = resolve;
    });
  }

  async #stopListening(): Promise<void> {
    const { listening, faults } = this.#parts;
    const closing = [...listening].map(async (each) => {
      const isClosed = await this.#within(
        LISTENERS_MS,
        this.#guarded(() => each.close()),
      );
      if (!isClosed) faults.tell(new Error(`the listener at ${each.url} has not closed within ${LISTENERS_MS} ms`));
    });
    await Promise.all(closing);
    listening.clear();
  }

  /** Runs a function and reports its exception. */
  async #guarded(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#parts.faults.tell(error);
    }
  }

  /** Waits for a promise, but only for a limited time. Resolves with whether that was enough. */
  async #within(limitMs: number, what: Promise<unknown>): Promise<boolean> {
    let stopTimer = () => {};
    const timeIsUp = new Promise<boolean>((resolve) => {
      stopTimer = this.#parts.clock.after(limitMs, () => resolve(false));
    });
    try {
      return await Promise.race([what.then(() => true), timeIsUp]);
    } finally {
      stopTimer();
    }
  }
}
