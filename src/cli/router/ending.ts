import type { Admin } from "../../operations/admin/types.js";
import type { Log } from "../../operations/log/types.js";
import type { Metrics } from "../../operations/metrics/types.js";
import { count } from "../report.js";
import type { Control } from "./control.js";
import type { Notifier } from "./notify.js";
import type { RunningRouter } from "./running.js";

type EndingSignal = "SIGTERM" | "SIGINT" | "SIGHUP";

/** What ends with the router. */
interface EndingParts {
  readonly notifier: Notifier;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
}

/** Ends a router in order upon the first signal, and at once upon the second. */
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

  /** From now on these signals end it. */
  heed(signals: readonly EndingSignal[]): void {
    for (const signal of signals) process.on(signal, () => this.#begin(signal));
  }

  /** Ends what has not started well. */
  async abandon(code: number): Promise<never> {
    this.#parts.log.level = "error"; // it was not there to go down
    await this.#running.router.close({ drainMs: 0 });
    await this.#closeOthers();
    process.exit(code);
  }

  #begin(signal: EndingSignal): void {
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
      `ended at once by a second signal: ${count(sum("sessions"), "session")} cut, ${count(sum("pendingCalls"), "call")} without an answer`,
    );
    void this.#parts.log.close(); // what it holds is written now; nobody waits for slow readers
    process.exit(signal === "SIGINT" ? 130 : 143);
  }

  async #end(): Promise<void> {
    const { closeOptions, router } = this.#running;
    const { notifier, log } = this.#parts;
    const seconds = (closeOptions.drainMs ?? 0) / 1_000;
    log.info(`going down: calls under way have ${seconds} s to end; a second signal ends at once`);
    await Promise.all([notifier.stopping(), router.close(closeOptions), this.control?.close()]);
    await this.#closeOthers();
    process.exit(0); // what runs in this process beside the router does not keep it
  }

  /** The admin listener ends after the router, so that probes see it drain. */
  async #closeOthers(): Promise<void> {
    await this.admin?.close();
    this.#parts.metrics?.close();
    await this.#parts.log.close();
  }
}
