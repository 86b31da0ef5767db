import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type * as z from "zod";
import { suggestion } from "#suggestion";
import type { Contract } from "../contract/contract.js";
import { membersOf } from "../contract/contract.js";
import { publicListeningRefusal } from "../router/access/development.js";
import { closedListeningRefusal, isClosedToClients } from "../router/access/named-roles.js";
import { checkConfig, checkRealm, type RealmConfig, type RouterConfig } from "../router/config.js";
import { isForDevelopment } from "../router/realm-access.js";
import { isDict } from "../wire/fields.js";
import { cbor } from "../wire/serializers/cbor.js";
import { json } from "../wire/serializers/json.js";
import { msgpack } from "../wire/serializers/msgpack.js";
import { authenticatorOf } from "./authenticators.js";
import { clusterOf } from "./clusters.js";
import { given } from "./given.js";
import { LISTENER } from "./listener-schema.js";
import { adminOf, isPublic, listenerOf, type PreparedAdmin, type PreparedListener } from "./listeners.js";
import type { LoadedConfig } from "./load.js";
import { loadModule, moduleFault } from "./module.js";
import { ADMIN } from "./operations-schema.js";
import { checkControl, checkPlaces } from "./places.js";
import { Problems, pathText } from "./problems.js";
import { REALM } from "./realm-schema.js";
import { digest, type ReferenceContext, unreadable } from "./references.js";
import { CONFIG } from "./schema.js";
import type { AdminSettings, ListenerSettings, ProcedureSource, RealmSettings, WampactConfig } from "./settings.js";
import { isInstalled, storeOf } from "./stores.js";
import { checkWorkers } from "./workers.js";

/** A validated configuration with all parts of a router. Nothing is open yet. */
export interface Prepared {
  readonly config: LoadedConfig;
  /** The settings of the file with defaults. References are not resolved. */
  readonly settings: WampactConfig;
  readonly router: RouterConfig;
  readonly listeners: readonly PreparedListener[];
  readonly admin?: PreparedAdmin;
  /** The router's name in its cluster; absent without a cluster. */
  readonly node?: string;
  /** `settings` with a digest for each referenced text, for comparison with another configuration. */
  readonly comparable: WampactConfig;
}

/** Validates a configuration and creates the parts of a router. Throws `ConfigError` with all problems. */
export async function prepareConfig(config: LoadedConfig): Promise<Prepared> {
  const problems = new Problems(config.name);
  const { settings, parts } = parsed(config, problems);
  checkNames(config.value, [], problems);
  const hasCluster = isDict(config.value) && config.value.cluster !== undefined;
  const context = { dir: config.dir, problems, digests: new Map<string, string>(), hasCluster };
  const realms = await Promise.all(
    parts.realms.map((realm, index) => realm && realmOf(realm, { ...context, path: `realms[${index}]` })),
  );
  checkRealms(parts.realms, realms, problems);
  const listeners = parts.listeners.map(
    (listener, index) => listener && listenerOf(listener, { ...context, path: `listeners[${index}]` }),
  );
  const admin = parts.admin && adminOf(parts.admin, context);
  const cluster = settings.cluster && (await clusterOf(settings.cluster, context));
  checkPlaces(listeners, admin, problems);
  if (typeof settings.control === "string")
    checkControl(resolve(config.dir, settings.control), { listeners, admin }, problems);
  checkWorkers(settings, problems);
  if (settings.logs?.format === "pino" && !isInstalled("pino"))
    problems.add("logs.format", 'the package "pino" is not installed: npm install pino');
  problems.check();
  const router = {
    ...routerOf(
      settings,
      realms.filter((realm) => realm !== undefined),
    ),
    ...(cluster && { cluster: cluster.cluster }),
  };
  problems.attempt("", () => checkConfig(router));
  const prepared = {
    config,
    settings,
    router,
    listeners: listeners.filter((listener) => listener !== undefined), // no problems, so all are defined
    ...(admin && { admin }),
    ...(cluster && { node: cluster.node }),
    comparable: withDigests(settings, context.digests),
  };
  if (realms.length > 0) checkListening(prepared, problems);
  problems.check();
  return prepared;
}

/** The settings for further checks. If the configuration has problems, these are the realms and listeners without any. */
interface Parts {
  readonly realms: readonly (RealmSettings | undefined)[];
  readonly listeners: readonly (ListenerSettings | undefined)[];
  readonly admin: AdminSettings | undefined;
}

/** Parses the settings. If there are problems, adds them and returns empty `settings`. */
function parsed(
  { value }: LoadedConfig,
  problems: Problems,
): { readonly settings: WampactConfig; readonly parts: Parts } {
  const outcome = CONFIG.safeParse(value);
  if (outcome.success) {
    const { realms = [], listeners = [], admin } = outcome.data;
    return { settings: outcome.data, parts: { realms, listeners, admin } };
  }
  for (const issue of outcome.error.issues) addIssue(issue, problems);
  const given = isDict(value) ? value : {};
  const soundOf = <T>(schema: z.ZodType<T>, list: unknown) =>
    Array.isArray(list) ? list.map((each) => schema.safeParse(each).data) : [];
  const parts = {
    realms: soundOf(REALM, given.realms),
    listeners: soundOf(LISTENER, given.listeners),
    admin: ADMIN.safeParse(given.admin).data,
  };
  return { settings: {}, parts };
}

/** Refuses the name `__proto__`, for example of a principal, which the schemas would drop silently. */
function checkNames(value: unknown, path: readonly PropertyKey[], problems: Problems): void {
  if (Array.isArray(value)) for (const [index, each] of value.entries()) checkNames(each, [...path, index], problems);
  if (!isPlain(value)) return;
  for (const [name, each] of Object.entries(value)) {
    const place = [...path, name];
    if (name !== "__proto__") checkNames(each, place, problems);
    else if (!problems.isWrong(pathText(place)))
      problems.add(pathText(place), "this name is not supported; choose another");
  }
}

/** Returns whether a value is an object as JSON has it. Others, which a module can contain, may refer to themselves. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return isDict(value) && Object.getPrototypeOf(value) === Object.prototype;
}

/** Checks each realm separately, so that an error in one does not hide those of others. */
function checkRealms(
  settings: Parts["realms"],
  realms: readonly (RealmConfig | undefined)[],
  problems: Problems,
): void {
  const names = settings.map((realm) => realm?.name);
  for (const [index, realm] of realms.entries()) {
    const path = `realms[${index}]`;
    const { auth, ...others } = realm ?? {};
    const checked = auth && !problems.isWrong(`${path}.auth`) ? realm : others; // without authenticators that could not be created
    if (realm) problems.attempt("", () => checkRealm(checked as RealmConfig, path));
    if (realm && names.indexOf(realm.name) < index) problems.add(`${path}.name`, `"${realm.name}" is defined twice`);
    for (const [number, method] of (settings[index]?.auth ?? []).entries())
      for (const key of ["findBy", "checkBy"] as const) {
        const asked = (method as Partial<Record<typeof key, ProcedureSource>>)[key]?.realm;
        if (asked !== undefined && !names.includes(undefined) && !names.includes(asked))
          problems.add(
            `${path}.auth[${number}].${key}.realm`,
            `unknown realm "${asked}"; ${suggestion(asked, names as string[])}`,
          );
      }
  }
}

/**
 * Adds an issue with its path. If a value has the type of one alternative of a union only, adds the issues of that alternative, which name
 * the setting that is wrong.
 */
function addIssue(issue: z.core.$ZodIssue, problems: Problems, parent: readonly PropertyKey[] = []): void {
  const { code, message } = issue;
  const path = [...parent, ...issue.path];
  const alternatives = code === "invalid_union" ? issue.errors : [];
  const [fitting, ...others] = alternatives.filter((issues) => issues.every((each) => each.path.length > 0));
  if (fitting && others.length === 0) {
    for (const each of fitting) addIssue(each, problems, path);
    return;
  }
  if (code !== "unrecognized_keys") return problems.add(pathText(path), message);
  for (const line of message.split("\n")) {
    const [key = "", words = ""] = line.split(/: (?=unknown key)/);
    problems.add(pathText([...path, key]), words);
  }
}

/** Reports in advance what `listen` would refuse. */
function checkListening({ router: { realms }, listeners }: Prepared, problems: Problems): void {
  if (realms.every(isClosedToClients))
    problems.add("realms", closedListeningRefusal(realms[0]?.name ?? "").replace("listen: ", ""));
  for (const [index, listener] of listeners.entries())
    if (listener.host !== undefined && isPublic(listener) && realms.every(isForDevelopment))
      problems.addOption(`listeners[${index}]`, publicListeningRefusal(listener.host));
}

const SERIALIZERS = { json, msgpack, cbor };

function routerOf(settings: WampactConfig, realms: readonly RealmConfig[]): RouterConfig {
  const {
    agent,
    handshakeTimeoutMs,
    failedLogins,
    maxHandshakesPerSecond,
    maxTotalUnsentBytes,
    serializers = [],
  } = settings;
  return {
    realms,
    serializers: serializers.map((name) => SERIALIZERS[name]()),
    ...given({ agent, handshakeTimeoutMs, failedLogins, maxTotalUnsentBytes }),
    ...(maxHandshakesPerSecond !== undefined && {
      maxHandshakesPerSecond: maxHandshakesPerSecond || Number.POSITIVE_INFINITY,
    }),
  };
}

interface Context extends ReferenceContext {
  readonly path: string;
  readonly hasCluster: boolean;
}

/** Replaces each setting that refers to a text by the digest of the text. */
function withDigests(settings: WampactConfig, digests: ReadonlyMap<string, string>): WampactConfig {
  const walk = (value: unknown, path: readonly PropertyKey[]): unknown => {
    const digest = digests.get(pathText(path));
    if (digest !== undefined) return { value, digest };
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (!isDict(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each, [...path, name])]));
  };
  return walk(settings, []) as WampactConfig;
}

async function realmOf(settings: RealmSettings, context: Context): Promise<RealmConfig> {
  const { auth, enforce, store, ...others } = settings;
  const { path } = context;
  const authenticators = auth?.map((each, index) =>
    authenticatorOf(each, { ...context, path: `${path}.auth[${index}]` }),
  );
  const contracts = await Promise.all(
    (enforce ?? []).map((file, index) => contractOf(file, { ...context, path: `${path}.enforce[${index}]` })),
  );
  return {
    ...others,
    ...(authenticators && { auth: authenticators.filter((each) => each !== undefined) }),
    ...(enforce && { enforce: contracts.filter((each) => each !== undefined) }),
    ...(store && (await storeOf(store, { ...context, path: `${path}.store` }))),
  };
}

async function contractOf(file: string, context: Context): Promise<Contract | undefined> {
  const { path, dir, problems } = context;
  try {
    digest(await readFile(resolve(dir, file), "utf8"), path, context);
  } catch (error) {
    problems.add(path, unreadable(file, error));
    return undefined;
  }
  try {
    const contract = await loadModule(resolve(dir, file));
    if (membersOf(contract).length > 0) return contract;
    problems.add(path, `"${file}" does not export a procedure, topic or error`);
  } catch (error) {
    problems.add(path, `"${file}" cannot be loaded: ${moduleFault(error, resolve(dir, file))}`);
  }
  return undefined;
}
