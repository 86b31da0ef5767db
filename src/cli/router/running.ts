import { planReload, REPLACED } from "../../config/changes.js";
import type { Prepared } from "../../config/prepare.js";
import { ConfigError } from "../../config/problems.js";
import type { WampactConfig } from "../../config/settings.js";
import { warningsOf, warningWords } from "../../config/warnings.js";
import type { Log } from "../../operations/log/types.js";
import { changedRealm, type RealmChanges, type RealmConfig } from "../../router/config.js";
import type { Router } from "../../router/router.js";
import type { CloseOptions } from "../../router/shutdown.js";
import type { Listening } from "../../transport/listener.js";

/** The outcome of a reload. */
export type ReloadOutcome =
  | {
      readonly ok: true;
      readonly file: string;
      /** The paths of settings, such as `realms[0].roles`. */
      readonly applied: readonly string[];
      readonly restart: readonly string[];
      readonly warnings: readonly { readonly code: string; readonly words: string }[];
    }
  /** The reload was refused. `why` has one line per problem. */
  | { readonly ok: false; readonly why: string };

/** Returns the outcome of a reload as lines of text. */
export function outcomeLines(outcome: ReloadOutcome): readonly string[] {
  if (!outcome.ok) return [...outcome.why.split("\n"), "nothing has changed; the router keeps its configuration"];
  const { file, applied, restart } = outcome;
  if (applied.length === 0 && restart.length === 0) return [`${file}: no changes`];
  return [
    ...(applied.length > 0 ? [`${file}: applied ${applied.join(", ")}`] : []),
    ...(restart.length > 0 ? [`${file}: needs a restart: ${restart.join(", ")}`] : []),
  ];
}

/** Logs the outcome of a reload. */
export function logOutcome(log: Log, outcome: ReloadOutcome): void {
  for (const line of outcomeLines(outcome)) {
    if (outcome.ok) log.info(line);
    else log.error("E_RELOAD", line);
  }
  if (outcome.ok) for (const { code, words } of outcome.warnings) log.warn(code, words);
}

/** The time without calls before clients are told to leave, in milliseconds; longer than most calls take. */
const QUIET_MS = 100;

/** The parts of a running router. */
interface RunningParts {
  readonly router: Router;
  readonly listening: readonly Listening[];
  readonly log: Log;
  readonly read: () => Promise<Prepared>;
}

/** A router that runs with a configuration and applies its changes. */
export class RunningRouter {
  readonly router: Router;
  readonly #listening: readonly Listening[];
  readonly #log: Log;
  readonly #read: () => Promise<Prepared>;
  readonly #realms = new Map<string, RealmConfig>(); // realm → its current settings
  #settings: WampactConfig; // the current settings with digests

  /** `read` reads the configuration again, combined with the flags of the command line. */
  constructor(prepared: Prepared, { router, listening, log, read }: RunningParts) {
    this.router = router;
    this.#listening = listening;
    this.#log = log;
    this.#read = read;
    this.#settings = prepared.comparable;
    for (const realm of prepared.router.realms) this.#realms.set(realm.name, realm);
  }

  get closeOptions(): CloseOptions {
    const { drainMs, retryAfterMs } = this.#settings;
    return {
      quietMs: QUIET_MS,
      ...(drainMs !== undefined && { drainMs }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  }

  /** Reloads the configuration and applies what needs no restart. An invalid one changes nothing. Must not run concurrently. */
  async reload(): Promise<ReloadOutcome> {
    try {
      return await this.#apply(await this.#read());
    } catch (error) {
      if (error instanceof ConfigError || error instanceof TypeError) return { ok: false, why: error.message };
      return { ok: false, why: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  }

  async #apply(prepared: Prepared): Promise<ReloadOutcome> {
    const { name } = prepared.config;
    const plan = planReload(this.#settings, prepared.comparable);
    const changes = plan.realms.map((realm) => this.#changesOf(realm, prepared));
    for (const index of plan.listeners) {
      const tls = prepared.listeners[index]?.tls;
      if (tls) this.#listening[index]?.replaceTls?.(tls); // already checked
    }
    await Promise.all(
      changes.map(async ({ realm, changes, config }) => {
        this.#realms.set(realm, config);
        await this.router.reconfigure(realm, changes);
      }),
    );
    this.#settings = plan.next;
    this.#log.level = plan.next.logs?.level ?? "info";
    const warnings = warningsOf(prepared).map((each) => ({ code: each.code, words: warningWords(name, each) }));
    return { ok: true, file: name, applied: plan.applied, restart: plan.restart, warnings };
  }

  /** Returns the changes of a realm. Throws `TypeError` if they conflict with settings that need a restart. */
  #changesOf(realm: string, { router }: Prepared) {
    const wanted = router.realms.find(({ name }) => name === realm);
    const changes = Object.fromEntries(REPLACED.map((name) => [name, wanted?.[name]])) as RealmChanges;
    return { realm, changes, config: changedRealm(this.#realms.get(realm) as RealmConfig, changes) };
  }
}
