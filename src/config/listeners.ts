import { resolve } from "node:path";
import { httpBridge } from "../http/bridge.js";
import type { AdminOptions } from "../operations/admin/types.js";
import { isLocalAddress } from "../router/access/development.js";
import type { HttpPart } from "../transport/http/part.js";
import type { Listener } from "../transport/listener.js";
import { longPoll } from "../transport/longpoll/listener.js";
import { rawSocket } from "../transport/rawsocket/listener.js";
import { checkSocketServer } from "../transport/socket-server-options.js";
import type { TlsOptions } from "../transport/tls-options.js";
import { universal } from "../transport/universal/listener.js";
import { websocket } from "../transport/websocket/listener.js";
import { checkOriginRules } from "../transport/websocket/origin.js";
import { isDict } from "../wire/fields.js";
import { given } from "./given.js";
import { type ReferenceContext, readFileText, readHost, readPort, readText } from "./references.js";
import type {
  AdminSettings,
  HttpBridgeSettings,
  ListenerSettings,
  TlsSettings,
  WebSocketProtocol,
} from "./settings.js";

/** A listener that is ready to be started. */
export interface PreparedListener {
  /** Absent for a Unix socket. */
  readonly host?: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  /** The absolute path of a Unix socket. */
  readonly unixPath?: string;
  /** The TLS options with the content of keys and certificates. */
  readonly tls?: TlsOptions;
  readonly listener: Listener;
}

/** The options of the admin listener, besides its router. */
export type PreparedAdmin = Pick<AdminOptions, "host" | "port" | "path" | "mode" | "token" | "hosts"> & {
  readonly tls?: TlsOptions;
};

/** Resolves the references in the settings of the admin listener. Adds a problem for what is not valid. */
export function adminOf(settings: AdminSettings, context: ReferenceContext): PreparedAdmin {
  const { problems } = context;
  const place = {
    host: settings.host && readHost(settings.host, "admin.host", context),
    port: settings.port === undefined ? undefined : readPort(settings.port, "admin.port", context),
    path: settings.path && resolve(context.dir, settings.path),
    mode: settings.mode === undefined ? undefined : Number.parseInt(settings.mode, 8),
    tls: settings.tls && tlsOf(settings.tls, "admin.tls", context),
  };
  const token = settings.token && readText(settings.token, "admin.token", context);
  if (!problems.isWrong("admin.tls"))
    problems.attempt("admin", () => checkSocketServer(given(place), "admin"), "admin");
  problems.attempt("admin", () => checkOriginRules(given({ hosts: settings.hosts }), "admin"), "admin");
  const { host = "127.0.0.1", port = 8081, path } = place;
  if (token === undefined && path === undefined && host !== "" && !isLocalAddress(host))
    problems.add(
      "admin.token",
      `"${host}" is reachable from other machines, so requests need a token; set token to { "env": "NAME" } or { "file": "path" }`,
    );
  if (token && !/^\S{16,}$/.test(token))
    problems.add("admin.token", "expected at least 16 characters without white space, got a different text");
  const where = path === undefined ? { host, port } : { path, mode: place.mode };
  return given({ ...where, tls: place.tls, token, hosts: settings.hosts });
}

/** Returns whether other machines can reach a listener. */
export function isPublic({ host }: PreparedListener): boolean {
  return host !== undefined && !isLocalAddress(host);
}

/** Creates the listener of the settings. Adds a problem and returns `undefined` if they are not valid. */
export function listenerOf(settings: ListenerSettings, context: Context): PreparedListener | undefined {
  const make = () => {
    const place = placeOf(settings, context);
    const { path, ...others } = place;
    const listener = MAKERS[settings.type](settings as never, { place, context });
    return { port: 0, ...others, ...given({ unixPath: path }), listener };
  };
  return context.problems.attempt(context.path, make, NAMES[settings.type]);
}

/** The names of the functions that create listeners. */
const NAMES: Readonly<Record<ListenerSettings["type"], string>> = {
  websocket: "websocket",
  rawsocket: "rawSocket",
  universal: "universal",
};

interface Context extends ReferenceContext {
  readonly path: string;
}

/** The resolved address of a listener. */
interface Place {
  readonly host?: string;
  readonly port?: number;
  /** The path of a Unix socket. */
  readonly path?: string;
  readonly mode?: number;
  readonly tls?: TlsOptions;
}

function placeOf(settings: ListenerSettings, { path: where, ...context }: Context): Place {
  const { host, port } = settings;
  const { path, mode } = settings.type === "websocket" ? {} : settings;
  const tls = settings.tls && { tls: tlsOf(settings.tls, `${where}.tls`, context) };
  if (path !== undefined) {
    if (host !== undefined || port !== undefined)
      throw new TypeError("path: a Unix socket has no host and no port; remove them");
    return { path: resolve(context.dir, path), ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }), ...tls };
  }
  return {
    host: readHost(host ?? "127.0.0.1", `${where}.host`, context),
    port: readPort(port ?? 8080, `${where}.port`, context),
    ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }),
    ...tls,
  };
}

const MAKERS: {
  readonly [Type in ListenerSettings["type"]]: (
    settings: Extract<ListenerSettings, { type: Type }>,
    made: { readonly place: Place; readonly context: Context },
  ) => Listener;
} = {
  websocket: ({ type: _, host: _host, port: _port, tls: _tls, ...protocol }, { place: { host, port, tls }, context }) =>
    websocket({ ...webSocketOf(protocol, context), ...given({ host, port, tls }) }),
  rawsocket: ({ type: _, host: _host, port: _port, tls: _tls, path: _path, mode: _mode, ...protocol }, { place }) =>
    rawSocket({ ...pinging(protocol), ...place }),
  universal: ({ websocket = {}, rawSocket = {} }, { place, context }) =>
    universal({
      ...place,
      websocket: webSocketOf(websocket, { ...context, path: `${context.path}.websocket` }),
      rawSocket: pinging(rawSocket),
    }),
};

function webSocketOf({ httpBridge: bridge, longPoll: poll, ...protocol }: WebSocketProtocol, context: Context) {
  const http = [...(bridge ? [bridgeOf(bridge, context)] : []), ...(poll ? [longPoll(poll)] : [])];
  return { ...pinging(protocol), ...(http.length > 0 && { http }) };
}

function bridgeOf({ openapi: file, ...settings }: HttpBridgeSettings, { path: where, ...context }: Context): HttpPart {
  const path = `${where}.httpBridge.openapi`;
  const openapi = file === undefined ? undefined : readDocument(file, path, context);
  return httpBridge({ ...settings, ...(openapi && { openapi }) });
}

/** Reads an OpenAPI document. Reports a problem if the file is not one. */
function readDocument(file: string, path: string, context: ReferenceContext): object | undefined {
  const text = readFileText(file, path, context);
  if (text === "") return undefined; // the problem has been reported
  try {
    const document: unknown = JSON.parse(text);
    if (isDict(document) && typeof document.openapi === "string") return document;
  } catch {
    // reported below
  }
  context.problems.add(path, `the file "${file}" holds no OpenAPI document; "wampact docs --openapi" writes one`);
  return undefined;
}

/** Converts false to `Infinity`, which JSON cannot represent. */
function pinging<Protocol extends { readonly pingIntervalMs?: number | false }>({
  pingIntervalMs,
  ...others
}: Protocol) {
  return {
    ...others,
    ...(pingIntervalMs !== undefined && { pingIntervalMs: pingIntervalMs || Number.POSITIVE_INFINITY }),
  };
}

function tlsOf(
  { cert, key, ca, passphrase, ...others }: TlsSettings,
  path: string,
  context: ReferenceContext,
): TlsOptions {
  return {
    ...others,
    cert: readFileText(cert, `${path}.cert`, context),
    key: readFileText(key, `${path}.key`, context),
    ...(ca && { ca: readFileText(ca, `${path}.ca`, context) }),
    ...(passphrase && { passphrase: readText(passphrase, `${path}.passphrase`, context) }),
  };
}
