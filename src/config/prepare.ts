import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import type * as z from "zod";
import type { Contract } from "../contract/contract.js";
import { membersOf } from "../contract/contract.js";
import { publicListeningRefusal } from "../router/access/development.js";
import { closedListeningRefusal, isClosedToClients } from "../router/access/named-roles.js";
import { checkConfig, type RealmConfig, type RouterConfig } from "../router/config.js";
import { isForDevelopment } from "../router/realm-access.js";
import { lmdbStore } from "../router/store/lmdb.js";
import { memoryStore } from "../router/store/memory.js";
import { isDict } from "../wire/fields.js";
import { cbor } from "../wire/serializers/cbor.js";
import { json } from "../wire/serializers/json.js";
import { msgpack } from "../wire/serializers/msgpack.js";
import { authenticatorOf } from "./authenticators.js";
import { given } from "./given.js";
import { adminOf, isPublic, listenerOf, type PreparedAdmin, type PreparedListener } from "./listeners.js";
import type { LoadedConfig } from "./load.js";
import { loadModule } from "./module.js";
import { Problems, pathText } from "./problems.js";
import { digest, type ReferenceContext, unreadable } from "./references.js";
import { CONFIG } from "./schema.js";
import type { RealmSettings, StoreSettings, WampactConfig } from "./settings.js";

/** A configuration that has been checked, and all that a router is made of. Nothing is open yet. */
export interface Prepared {
  readonly config: LoadedConfig;
  /** As the file has it, with defaults: references are still references. */
  readonly settings: WampactConfig;
  readonly router: RouterConfig;
  readonly listeners: readonly PreparedListener[];
  readonly admin?: PreparedAdmin;
  /** `settings` with a digest of each text that was read for one, to be compared with another. */
  readonly comparable: WampactConfig;
}

/** Checks a configuration and makes of it what a router needs. Throws `ConfigError` with all that is wrong. */
export async function prepareConfig(config: LoadedConfig): Promise<Prepared> {
  const problems = new Problems(config.name);
  const settings = parsed(config, problems);
  const context = { dir: config.dir, problems, digests: new Map<string, string>() };
  const realms = await Promise.all(
    (settings.realms ?? []).map((realm, index) => realmOf(realm, { ...context, path: `realms[${index}]` })),
  );
  const listeners = (settings.listeners ?? []).map((listener, index) =>
    listenerOf(listener, { ...context, path: `listeners[${index}]` }),
  );
  const admin = settings.admin && adminOf(settings.admin, context);
  problems.check();
  const router = routerOf(settings, realms);
  problems.attempt("", () => checkConfig(router));
  const prepared = {
    config,
    settings,
    router,
    listeners: listeners.filter((listener) => listener !== undefined),
    ...(admin && { admin }),
    comparable: withDigests(settings, context.digests),
  };
  if (realms.length > 0) checkListening(prepared, problems);
  problems.check();
  return prepared;
}

function parsed({ value }: LoadedConfig, problems: Problems): WampactConfig {
  const outcome = CONFIG.safeParse(value);
  if (outcome.success) return outcome.data;
  for (const issue of outcome.error.issues) addIssue(issue, problems);
  problems.check();
  throw outcome.error; // an issue is always a problem
}

function addIssue({ code, path, message }: z.core.$ZodIssue, problems: Problems): void {
  if (code !== "unrecognized_keys") return problems.add(pathText(path), message);
  for (const line of message.split("\n")) {
    const [key = "", words = ""] = line.split(/: (?=unknown key)/);
    problems.add(pathText([...path, key]), words);
  }
}

/** What `listen` would refuse, told before. */
function checkListening({ router: { realms }, listeners, admin }: Prepared, problems: Problems): void {
  if (realms.every(isClosedToClients))
    problems.add("realms", closedListeningRefusal(realms[0]?.name ?? "").replace("listen: ", ""));
  const places = new Map<string, number>();
  for (const [index, listener] of listeners.entries()) {
    const { host, port } = listener;
    const path = `listeners[${index}]`;
    if (host !== undefined && isPublic(listener) && realms.every(isForDevelopment))
      problems.addOption(path, publicListeningRefusal(host));
    const place = `${host}:${port}`;
    const other = places.get(place);
    if (host !== undefined && port !== 0 && other !== undefined)
      problems.add(path, `listeners[${other}] has ${place} as well; give one another port`);
    places.set(place, index);
  }
  const same = admin && admin.port !== 0 ? places.get(`${admin.host}:${admin.port}`) : undefined;
  if (same !== undefined)
    problems.add("admin.port", `listeners[${same}] has ${admin?.port} as well; give one another port`);
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
}

/** Settings of which those that a text was read for have its digest. */
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
    ...(store && storeOf(store, { ...context, path: `${path}.store` })),
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
    problems.add(path, `"${file}" exports no procedure, topic or error`);
  } catch (error) {
    problems.add(path, `"${file}" cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
  return undefined;
}

function storeOf(settings: StoreSettings, { path, dir, problems }: Context): Pick<RealmConfig, "store"> {
  if (settings.type === "memory") {
    const { type: _, ...options } = settings;
    return { store: () => memoryStore(options) };
  }
  const { type: _, ...options } = settings;
  if (!isInstalled("lmdb")) problems.add(path, 'it needs the package "lmdb": npm install lmdb');
  return { store: lmdbStore({ ...options, path: resolve(dir, options.path) }) };
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return false;
    throw error;
  }
}
