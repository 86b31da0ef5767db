import { X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { isLocalAddress } from "../router/access/development.js";
import type { PermissionRule } from "../router/access/rules.js";
import { isForDevelopment } from "../router/realm-access.js";
import { isDict } from "../wire/fields.js";
import { isPublic } from "./listeners.js";
import type { Prepared } from "./prepare.js";
import { pathText } from "./problems.js";
import type {
  AuthSettings,
  ListenerSettings,
  RealmSettings,
  TlsSettings,
  WampactConfig,
  WebSocketProtocol,
} from "./settings.js";
import { directoryFault } from "./stores.js";

/** A valid but weak setting in a configuration. */
export interface ConfigWarning {
  /** The code, such as `W_PLAIN_TICKETS`, which docs/configuration.md explains. */
  readonly code: string;
  readonly path: string;
  readonly words: string;
}

/** Returns the text of a warning without its code. */
export function warningWords(file: string, { path, words }: ConfigWarning): string {
  return [file, path, words].filter(Boolean).join(": ");
}

/** A warning is issued for a certificate that expires within this time, in days. */
const SOON_DAYS = 14;
const DAY_MS = 24 * 60 * 60 * 1_000;

/** Returns the warnings of a configuration. A proxy in front of the router is not known. */
export function warningsOf(prepared: Prepared): readonly ConfigWarning[] {
  return [
    ...realmWarnings(prepared),
    ...listenerWarnings(prepared),
    ...loginWarnings(prepared),
    ...clusterWarnings(prepared),
    ...fileWarnings(prepared),
  ];
}

function* realmWarnings({ settings, router, config, listeners }: Prepared): Iterable<ConfigWarning> {
  const isReached = listeners.some(isPublic);
  for (const [index, realm] of (settings.realms ?? []).entries()) {
    const path = `realms[${index}]`;
    const { auth, roles, authorize, open } = realm;
    if (isReached && open)
      yield {
        code: "W_OPEN_REALM",
        path: `${path}.open`,
        words: "anyone who can reach the router may do everything in this realm; set auth and roles",
      };
    const made = router.realms[index];
    if (isReached && made && isForDevelopment(made))
      yield {
        code: "W_DEVELOPMENT_REALM",
        path,
        words:
          "this realm accepts only clients on this machine, but the router listens on other addresses; set auth or roles",
      };
    if (auth && !roles && authorize === undefined)
      yield {
        code: "W_NO_ROLES",
        path,
        words: "every authenticated client may do everything except ending other sessions; set roles",
      };
    if (isReached && !limitsGiven(config.value, index))
      yield {
        code: "W_NO_LIMITS",
        path: `${path}.limits`,
        words: "one session may have 100,000 subscriptions, registrations and pending calls each; set limits.session",
      };
    yield* anonymousWarnings(realm, path);
    const fault = realm.store?.type === "lmdb" ? directoryFault(resolve(config.dir, realm.store.path)) : undefined;
    if (fault) yield { code: "W_STORE_PATH", path: `${path}.store.path`, words: fault };
  }
}

function limitsGiven(config: unknown, index: number): boolean {
  const { limits } = givenRealm(config, index);
  return isDict(limits) && limits.session !== undefined;
}

/** Returns a realm of the file, without defaults. */
function givenRealm(config: unknown, index: number): Readonly<Record<string, unknown>> {
  const realm = isDict(config) && Array.isArray(config.realms) ? (config.realms[index] as unknown) : undefined;
  return isDict(realm) ? realm : {};
}

/** Yields warnings for permissions of anonymous clients that only services should have. */
function* anonymousWarnings({ auth, roles = {} }: RealmSettings, path: string): Iterable<ConfigWarning> {
  const strangers = auth ? auth.filter(isAnonymous).map(({ authrole = "anonymous" }) => authrole) : ["anonymous"];
  for (const role of new Set(strangers)) {
    if (!Object.hasOwn(roles, role)) continue;
    for (const [number, rule] of (roles[role]?.permissions ?? []).entries()) {
      const what = strangersMay(rule);
      if (!what) continue;
      const where = pathText(["roles", role, "permissions", number]);
      yield { code: "W_ANONYMOUS_RIGHTS", path: `${path}.${where}`, words: `anonymous clients may ${what}` };
    }
  }
}

function isAnonymous(settings: AuthSettings): settings is Extract<AuthSettings, { method: "anonymous" }> {
  return settings.method === "anonymous";
}

function strangersMay({ uri, match = "exact", allow = [] }: PermissionRule): string | undefined {
  if (match === "exact" || uri.includes("{authid}")) return undefined;
  const actions = allow.filter((action) => action === "register" || action === "publish");
  if (actions.length > 0)
    return `${actions.join(" and ")} everything that "${uri}" matches, and impersonate your services; list the URIs`;
  if (allow.includes("call") && "wamp.session.kill".startsWith(uri))
    return `call everything that "${uri}" matches, including wamp.session.kill; list the URIs`;
  return undefined;
}

function* listenerWarnings({ settings, config, listeners, admin }: Prepared): Iterable<ConfigWarning> {
  const hasTickets = settings.realms?.some(({ auth }) => auth?.some(({ method }) => method === "ticket")) ?? false;
  const remedy = "set tls, or put a proxy with TLS in front";
  for (const [index, listener] of listeners.entries()) {
    const { tls } = listener;
    const path = `listeners[${index}]`;
    if (!tls && isPublic(listener)) {
      yield hasTickets
        ? {
            code: "W_PLAIN_TICKETS",
            path,
            words: `${ticketsOf(settings.listeners?.[index])} are sent unencrypted; ${remedy}`,
          }
        : { code: "W_NO_TLS", path, words: `traffic can be read and changed by others; ${remedy}` };
    }
    yield* certificateWarnings(tls?.cert, path);
    yield* rebindingWarnings(settings, index);
  }
  if (!admin) {
    if (isDict(config.value) && config.value.metrics !== undefined)
      yield { code: "W_NO_ADMIN", path: "metrics", words: "metrics need an admin listener; set admin" };
    return;
  }
  if (!admin.tls && admin.host !== undefined && !isLocalAddress(admin.host))
    yield { code: "W_NO_TLS", path: "admin", words: `the token is sent unencrypted; ${remedy}` };
  yield* certificateWarnings(admin.tls?.cert, "admin");
}

function ticketsOf(listener: ListenerSettings | undefined): string {
  return httpOf(listener)?.httpBridge ? "tickets, which travel with every HTTP request," : "tickets";
}

/**
 * Yields a warning if a web page may read events with a name that points to the router (DNS rebinding). Browsers send no `Origin` with
 * a GET of the same origin, so that only the name tells.
 */
function* rebindingWarnings({ listeners, realms = [] }: WampactConfig, index: number): Iterable<ConfigWarning> {
  const listener = listeners?.[index];
  const http = httpOf(listener);
  if (!http?.httpBridge || http.hosts) return;
  const { realms: served = realms.map(({ name }) => name) } = http.httpBridge;
  const open = realms.find((realm) => served.includes(realm.name) && takesStrangers(realm));
  if (!open) return;
  yield {
    code: "W_NO_HOSTS",
    path: `listeners[${index}].${listener?.type === "universal" ? "websocket." : ""}hosts`,
    words: `a web page whose name points to the router can read events of the realm ${open.name} as an anonymous client; list the router's names`,
  };
}

/** Returns whether clients elsewhere may join a realm without login. */
function takesStrangers({ auth, roles, open }: RealmSettings): boolean {
  return auth ? auth.some(isAnonymous) : open === true || (roles !== undefined && Object.hasOwn(roles, "anonymous"));
}

/** Returns the HTTP settings of a listener, if it has any. */
function httpOf(listener: ListenerSettings | undefined): WebSocketProtocol | undefined {
  if (listener?.type === "websocket") return listener;
  return listener?.type === "universal" ? listener.websocket : undefined;
}

function* certificateWarnings(cert: unknown, path: string): Iterable<ConfigWarning> {
  const days = daysLeft(cert);
  if (days === undefined || days >= SOON_DAYS) return;
  const words = days < 0 ? "the certificate has expired" : `the certificate expires in ${days} days`;
  const then = path === "admin" ? "replace it and restart" : "replace it and run wampact router reload";
  yield { code: "W_CERTIFICATE_EXPIRES", path: `${path}.tls.cert`, words: `${words}; ${then}` };
}

function daysLeft(cert: unknown): number | undefined {
  if (typeof cert !== "string") return undefined;
  return Math.floor((Date.parse(new X509Certificate(cert).validTo) - Date.now()) / DAY_MS);
}

function* loginWarnings({ settings }: Prepared): Iterable<ConfigWarning> {
  const { slowAuthid, slowAddress } = settings.failedLogins ?? {};
  if (slowAuthid === false && slowAddress === false)
    yield {
      code: "W_FAST_GUESSING",
      path: "failedLogins",
      words: "nothing slows down password guessing; set one of them to true",
    };
}

/** Yields warnings for features that work only within one router of a cluster, and for insecure NATS. */
function* clusterWarnings({ settings, config }: Prepared): Iterable<ConfigWarning> {
  const { cluster, workers = 1, realms = [], listeners = [] } = settings;
  if (!cluster && workers === 1) return;
  for (const [index, listener] of listeners.entries()) {
    if (!httpOf(listener)?.longPoll) continue;
    const path = `listeners[${index}].${listener.type === "universal" ? "websocket." : ""}longPoll`;
    const words = "all requests of a session must reach the router that has opened it; have the proxy send them there";
    yield { code: "W_STICKY_LONG_POLL", path, words };
  }
  if (cluster?.insecure)
    yield {
      code: "W_INSECURE_CLUSTER",
      path: "cluster.insecure",
      words: "anyone who can reach NATS can impersonate a router and read everything; set tls and credentials",
    };
  for (const [index, { history = [], retainMs = 0, store }] of realms.entries()) {
    if (store?.type === "nats") continue;
    if (givenRealm(config.value, index).store === undefined && history.length === 0 && retainMs === 0) continue;
    yield {
      code: "W_STORE_PER_ROUTER",
      path: `realms[${index}].store`,
      words: cluster
        ? 'each router of the cluster stores only the retained events and history that were published there; set "store": { "type": "nats" }'
        : "each worker stores only the retained events and history that were published there; a cluster can share them",
    };
  }
}

/** Yields warnings for files with secrets that other users can read. */
function* fileWarnings({ settings, config }: Prepared): Iterable<ConfigWarning> {
  for (const [path, file] of secretFiles(settings)) {
    if (isReadableByOthers(resolve(config.dir, file)))
      yield {
        code: "W_READABLE_SECRET",
        path,
        words: `other users on this machine can read the file "${file}": chmod 600`,
      };
  }
  const holdsKeys = settings.realms?.some(({ auth }) =>
    auth?.some(
      (each) =>
        each.method === "wampcra" && Object.values(each.principals ?? {}).some(({ key }) => typeof key === "string"),
    ),
  );
  if (holdsKeys && isReadableByOthers(config.path))
    yield {
      code: "W_READABLE_SECRET",
      path: "",
      words:
        "the file contains wampcra keys, which are as sensitive as passwords, and other users on this machine can read it: chmod 600",
    };
}

function* secretFiles({
  realms = [],
  listeners = [],
  admin,
  cluster,
}: Prepared["settings"]): Iterable<readonly [string, string]> {
  yield* filesIn(cluster?.credentials, ["cluster", "credentials"]);
  if (cluster?.tls?.keyFile !== undefined) yield [pathText(["cluster", "tls", "keyFile"]), cluster.tls.keyFile];
  for (const [index, { tls }] of listeners.entries()) yield* tlsFiles(tls, ["listeners", index, "tls"]);
  for (const [index, { auth }] of realms.entries()) yield* filesIn(auth, ["realms", index, "auth"]);
  yield* filesIn(admin?.token, ["admin", "token"]);
  yield* tlsFiles(admin?.tls, ["admin", "tls"]);
}

function* tlsFiles(tls: TlsSettings | undefined, path: readonly PropertyKey[]): Iterable<readonly [string, string]> {
  if (typeof tls?.key === "string") yield [pathText([...path, "key"]), tls.key];
  yield* filesIn(tls, path);
}

/** Yields references to files, except to certificates, which are public. */
function* filesIn(value: unknown, path: readonly PropertyKey[]): Iterable<readonly [string, string]> {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* filesIn(item, [...path, index]);
  if (!isDict(value)) return;
  if (typeof value.file === "string") yield [pathText(path), value.file];
  for (const [name, each] of Object.entries(value))
    if (name !== "cert" && name !== "ca") yield* filesIn(each, [...path, name]);
}

function isReadableByOthers(file: string): boolean {
  return process.platform !== "win32" && ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o044) !== 0;
}
