import { planReload, REPLACED } from "../../config/changes.js";
import type { Prepared } from "../../config/prepare.js";
import { ConfigError } from "../../config/problems.js";
import type { WampactConfig } from "../../config/settings.js";
import { warningsOf, warningWords } from "../../config/warnings.js";
import type { Log } from "../../operations/log/types.js";
import { changedRealm, type RealmChanges, type RealmConfig } from "../../router/config.js";
import type { CloseOptions, Router } from "../../router/router.js";
import type { Listening } from "../../transport/listener.js";

/** What came of a reload. */
export type ReloadOutcome =
  | {
      readonly ok: true;
      readonly file: string;
      /** Paths of settings, such as `realms[0].roles`. */
      readonly applied: readonly string[];
      readonly restart: readonly string[];
      readonly warnings: readonly { readonly code: string; readonly words: string }[];
    }
  /** Nothing has changed; `why` has a line for each problem. */
  | { readonly ok: false; readonly why: string };

/** A reload's outcome for people, in lines. */
export function outcomeLines(outcome: ReloadOutcome): readonly string[] {
  if (!outcome.ok) return [...outcome.why.split("\n"), "nothing has changed: the router goes on as before"];
  const { file, applied, restart } = outcome;
  if (applied.length === 0 && restart.length === 0) return [`${file}: nothing to change`];
  return [
    ...(applied.length > 0 ? [`${file}: applied ${applied.join(", ")}`] : []),
    ...(restart.length > 0 ? [`${file}: takes a restart: ${restart.join(", ")}`] : []),
  ];
}

/** Writes a reload's outcome to the router's log. */
export function logOutcome(log: Log, outcome: ReloadOutcome): void {
  for (const line of outcomeLines(outcome)) {
    if (outcome.ok) log.info(line);
    else log.error("E_RELOAD", line);
  }
  if (outcome.ok) for (const { code, words } of outcome.warnings) log.warn(code, words);
}

/** How long no call must have come before clients are told to go: longer than one takes from most of them. */
const QUIET_MS = 100;

/** What runs. */
interface RunningParts {
  readonly router: Router;
  readonly listening: readonly Listening[];
  readonly log: Log;
  readonly read: () => Promise<Prepared>;
}

/** A router that runs by a configuration, and takes over what changes in it. */
export class RunningRouter {
  readonly router: Router;
  readonly #listening: readonly Listening[];
  readonly #log: Log;
  readonly #read: () => Promise<Prepared>;
  readonly #realms = new Map<string, RealmConfig>(); // realm → what holds for it now
  #settings: WampactConfig; // what holds now, with digests

  /** `read` reads the configuration again, with the flags of the command line laid over it. */
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

  /** Reads the configuration again and applies what needs no restart. A wrong one changes nothing. To be called for one reload at a time. */
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
      if (tls) this.#listening[index]?.replaceTls?.(tls); // it has been checked
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

  /** Throws `TypeError` where they do not go together with what a restart alone changes. */
  #changesOf(realm: string, { router }: Prepared) {
    const wanted = router.realms.find(({ name }) => name === realm);
    const changes = Object.fromEntries(REPLACED.map((name) => [name, wanted?.[name]])) as RealmChanges;
    return { realm, changes, config: changedRealm(this.#realms.get(realm) as RealmConfig, changes) };
  }
}
