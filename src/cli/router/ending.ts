import type { Admin } from "../../operations/admin/types.js";
import type { Log } from "../../operations/log/types.js";
import type { Metrics } from "../../operations/metrics/types.js";
import { count } from "../report.js";
import type { Control } from "./control.js";
import type { Notifier } from "./notify.js";
import type { RunningRouter } from "./running.js";

export type EndingSignal = "SIGTERM" | "SIGINT" | "SIGHUP";

/** The parts that are closed with the router. */
export interface EndingParts {
  /** Missing in a worker: its primary tells the service manager, and says how long calls have. */
  readonly notifier?: Notifier;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
}

/** Shuts a router down on the first signal, and exits at once on the second. */
export class Ending {
  readonly #running: RunningRouter;
  readonly #parts: EndingParts;
  #begun = false;
  control: Control | undefined;
  admin: Admin | undefined;

  constructor(running: RunningRouter, parts: EndingParts) {
    this.#running = running;
    this.#parts = parts;
  }

  /** Starts to handle these signals. */
  heed(signals: readonly EndingSignal[]): void {
    for (const signal of signals) process.on(signal, () => this.begin(signal));
  }

  /** Closes everything after a failed start. */
  async abandon(code: number): Promise<never> {
    this.#parts.log.level = "error"; // it has not started, so a shutdown is not logged
    await this.#running.router.close({ drainMs: 0 });
    await this.#closeOthers();
    process.exit(code);
  }

  /** Ends it in order; at once where that has begun. */
  begin(signal: EndingSignal): void {
    if (this.#begun) this.#endAtOnce(signal);
    this.#begun = true;
    void this.#end();
  }

  #endAtOnce(signal: EndingSignal): never {
    const { realms } = this.#running.router;
    const held = realms.map((realm) => this.#running.router.stats(realm));
    const sum = (stat: "sessions" | "pendingCalls") => held.reduce((total, each) => total + each[stat], 0);
    this.#parts.log.warn(
      "W_CUT_SHORT",
      `exited at once after a second signal: ${count(sum("sessions"), "session")} cut, ${count(sum("pendingCalls"), "call")} without an answer`,
    );
    void this.#parts.log.close(); // writes queued entries without waiting for slow readers
    process.exit(cutCode(signal));
  }

  async #end(): Promise<void> {
    const { closeOptions, router } = this.#running;
    const { notifier, log } = this.#parts;
    if (notifier) log.info(drainWords(closeOptions.drainMs));
    await Promise.all([notifier?.stopping(), router.close(closeOptions), this.control?.close()]);
    await this.#closeOthers();
    process.exit(0); // other code in this process does not keep it alive
  }

  /** Closes the admin listener after the router, so that probes see it drain. */
  async #closeOthers(): Promise<void> {
    await this.admin?.close();
    this.#parts.metrics?.close();
    await this.#parts.log.close();
  }
}

/** Says how long calls have, as a router begins to end. */
export function drainWords(drainMs = 0): string {
  return `shutting down: pending calls have ${drainMs / 1_000} s to finish; a second signal exits at once`;
}

/** The exit code of a process that a second signal has ended. */
export function cutCode(signal: EndingSignal): number {
  return signal === "SIGINT" ? 130 : 143;
}
