import { isDeepStrictEqual } from "node:util";
import type { RealmChanges } from "../router/config.js";
import { isDict } from "../wire/fields.js";
import type { ListenerSettings, LogSettings, RealmSettings, WampactConfig } from "./settings.js";

/** Realm settings that a reload applies to existing sessions. */
export const REPLACED: readonly (keyof RealmSettings & keyof RealmChanges)[] = [
  "auth",
  "roles",
  "open",
  "authorize",
  "limits",
  "disclosure",
  "trustPayloads",
];

/** Other settings that a reload applies. */
const APPLIED: readonly (keyof WampactConfig)[] = ["drainMs", "retryAfterMs"];
/** Settings that the router does not use. */
const IGNORED: readonly (keyof WampactConfig)[] = [
  "$schema",
  "schemas",
  "out",
  "importExtension",
  "thin",
  "realms",
  "listeners",
  "logs",
];
/** TLS settings that a reload applies to new connections. */
const CONTEXT = ["cert", "key", "ca", "passphrase", "minVersion", "ciphers"];

/** The effect of a reload. */
export interface ReloadPlan {
  /** The paths of the applied settings, such as `realms[0].roles`. */
  readonly applied: readonly string[];
  /** The paths of the settings that need a restart. */
  readonly restart: readonly string[];
  /** The names of the changed realms. */
  readonly realms: readonly string[];
  /** The indexes of the listeners with new certificates. */
  readonly listeners: readonly number[];
  /** The configuration after the reload, for comparison with the next one. */
  readonly next: WampactConfig;
}

/**
 * Compares the running configuration with the wanted one. Both contain digests of the referenced texts. Paths are those of
 * the wanted one.
 */
export function planReload(running: WampactConfig, wanted: WampactConfig): ReloadPlan {
  const plan = { applied: [] as string[], restart: [] as string[], realms: [] as string[], listeners: [] as number[] };
  const realms = planRealms(running.realms ?? [], wanted.realms ?? [], plan);
  const listeners = planListeners(running.listeners ?? [], wanted.listeners ?? [], plan);
  const logs = planLogs(running.logs ?? {}, wanted.logs ?? {}, plan);
  const next: Record<string, unknown> = { ...running, realms, listeners, logs };
  for (const name of changed(running, wanted)) {
    if (IGNORED.includes(name)) continue;
    if (!APPLIED.includes(name)) plan.restart.push(name);
    else {
      plan.applied.push(name);
      next[name] = wanted[name];
    }
  }
  return { ...plan, next };
}

type Found = {
  readonly applied: string[];
  readonly restart: string[];
  readonly realms: string[];
  readonly listeners: number[];
};

function planRealms(
  running: readonly RealmSettings[],
  wanted: readonly RealmSettings[],
  plan: Found,
): readonly RealmSettings[] {
  for (const { name } of running)
    if (!wanted.some((realm) => realm.name === name)) plan.restart.push(`realms: "${name}" was removed`);
  for (const [index, { name }] of wanted.entries())
    if (!running.some((realm) => realm.name === name)) plan.restart.push(`realms[${index}]: "${name}" is new`);
  return running.map((before) => {
    const index = wanted.findIndex(({ name }) => name === before.name);
    const after = wanted[index];
    if (!after) return before;
    const next: Record<string, unknown> = { ...before };
    for (const name of changed(before, after)) {
      const isReplaced = (REPLACED as readonly string[]).includes(name);
      (isReplaced ? plan.applied : plan.restart).push(`realms[${index}].${name}`);
      if (isReplaced) next[name] = after[name];
    }
    if (REPLACED.some((name) => !isSame(before[name], after[name]))) plan.realms.push(before.name);
    return next as unknown as RealmSettings;
  });
}

function planListeners(
  running: readonly ListenerSettings[],
  wanted: readonly ListenerSettings[],
  plan: Found,
): readonly ListenerSettings[] {
  if (running.length !== wanted.length) plan.restart.push("listeners");
  return running.map((before, index) => {
    const after = wanted[index];
    if (!after) return before;
    for (const name of changed(before, after)) if (name !== "tls") plan.restart.push(`listeners[${index}].${name}`);
    const { tls } = before;
    if (!tls || !after.tls) {
      if (tls || after.tls) plan.restart.push(`listeners[${index}].tls`);
      return before;
    }
    const names = changed(tls, after.tls);
    const replaced = names.filter((name) => CONTEXT.includes(name));
    for (const name of names)
      (replaced.includes(name) ? plan.applied : plan.restart).push(`listeners[${index}].tls.${name}`);
    if (replaced.length === 0) return before;
    plan.listeners.push(index);
    const wantedTls = after.tls;
    return { ...before, tls: { ...tls, ...Object.fromEntries(replaced.map((name) => [name, wantedTls[name]])) } };
  });
}

/** The log level can change without a restart. */
function planLogs(running: LogSettings, wanted: LogSettings, plan: Found): LogSettings {
  for (const name of changed(running, wanted)) (name === "level" ? plan.applied : plan.restart).push(`logs.${name}`);
  return { ...running, ...(wanted.level && { level: wanted.level }) };
}

/** Returns the names of the settings that differ. */
function changed<Settings extends object>(before: Settings, after: Settings): readonly (keyof Settings & string)[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Settings & string>;
  return [...names].filter((name) => !isSame(before[name], after[name]));
}

/** Compares values. Functions are compared by their source text, because a reloaded module has new function objects. */
function isSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(withTexts(one), withTexts(other));
}

/** Settings as JSON has them, with the texts of functions: to be sent to another process, and compared with what is the same there. */
export function portable(settings: WampactConfig): WampactConfig {
  return JSON.parse(JSON.stringify(withTexts(settings))) as WampactConfig;
}

function withTexts(value: unknown): unknown {
  if (typeof value === "function") return String(value);
  if (Array.isArray(value)) return value.map(withTexts);
  if (!isDict(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withTexts(each)]));
}
