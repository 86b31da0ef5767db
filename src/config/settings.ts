import type { NatsClusterOptions } from "../cluster/nats/options.js";
import type { AdminOptions } from "../operations/admin/types.js";
import type { LogOptions } from "../operations/log/types.js";
import type { MetricsOptions } from "../operations/metrics/types.js";
import type { RolesConfig } from "../router/access/roles.js";
import type { ChannelPolicy } from "../router/auth/channel.js";
import type { CryptosignPrincipal } from "../router/auth/cryptosign.js";
import type { FailedLogins } from "../router/auth/login-pace.js";
import type { PrincipalEntry } from "../router/auth/principals.js";
import type { ScramOptions, ScramPrincipal } from "../router/auth/scram.js";
import type { TicketOptions, TicketPrincipal } from "../router/auth/ticket.js";
import type { WampCraOptions, WampCraPrincipal } from "../router/auth/wampcra.js";
import type { Authorizer } from "../router/authorizer.js";
import type { RealmConfig, RouterConfig } from "../router/config.js";
import type { Disclosure } from "../router/disclosure.js";
import type { CloseOptions, Router } from "../router/router.js";
import type { LmdbStoreOptions } from "../router/store/lmdb.js";
import type { MemoryStoreOptions } from "../router/store/memory.js";
import type { RawSocketSettings as RawSocketProtocolOptions } from "../transport/rawsocket/options.js";
import type { WebSocketOptions } from "../transport/websocket/options.js";

/** Where a value stands that does not belong in a configuration: an environment variable, or a file, whose last line end is left out. */
export type Reference = { readonly env: string } | { readonly file: string };

/** Settings of the code generator, which share a file with those of the router. */
export interface CodegenSettings {
  /** Contract files, or directories of them. Default `schemas`. */
  readonly schemas?: string | readonly string[];
  /** Where the generated files go. Default: the directory `generated` beside the contracts. */
  readonly out?: string;
  /** How relative imports end. Default: `ts` where the tsconfig allows it, else `js`. */
  readonly importExtension?: "js" | "ts";
  /** Prints thin clients as well, which do not import the contract. Default: none are printed. */
  readonly thin?: ThinSettings;
}

/** Settings of thin clients. */
export interface ThinSettings {
  /** The contracts that have one: files, or directories of them. Default: all. */
  readonly contracts?: string | readonly string[];
  /** Whether topics can read the events of the past, which adds to bundles. Default false. */
  readonly history?: boolean;
  /** Whether events are checked against what the contract says of their structure, which adds to bundles. Default false. */
  readonly checkEvents?: boolean;
}

/** A procedure of the application that finds principals, or checks tickets. */
export interface ProcedureSource {
  readonly procedure: string;
  /** The realm where it is. Default: the one that the client wants to join. */
  readonly realm?: string;
}

/** An entry whose secrets may stand elsewhere. */
export type Referring<Entry, Secrets extends keyof Entry> = Omit<Entry, Secrets> & {
  readonly [Name in Secrets]: Entry[Name] | Reference;
};

/** Everybody who may log in, by `authid`; or a procedure that finds them. */
export interface PrincipalSettings<Entry> {
  readonly principals?: Readonly<Record<string, Entry>>;
  readonly findBy?: ProcedureSource;
}

export interface AnonymousSettings {
  readonly method: "anonymous";
  /** Default `anonymous`. */
  readonly authrole?: string;
}

export interface TicketSettings extends PrincipalSettings<Referring<TicketPrincipal, "ticket">> {
  readonly method: "ticket";
  readonly decoyCost?: NonNullable<TicketOptions["decoyCost"]>;
  /** A procedure that says whose ticket it is. */
  readonly checkBy?: ProcedureSource;
}

export interface ScramSettings extends PrincipalSettings<Referring<ScramPrincipal, "scram">> {
  readonly method: "wamp-scram";
  readonly channelBinding?: ChannelPolicy;
  readonly decoySeed?: Reference;
  readonly decoyCost?: NonNullable<ScramOptions["decoyCost"]>;
}

/** A principal of WAMP-CRA: with the salted key, or with the place of the plain secret. */
export interface CraPrincipalSettings extends PrincipalEntry {
  readonly key?: NonNullable<WampCraPrincipal["key"]> | Reference;
  readonly secret?: Reference;
}

export interface CraSettings extends PrincipalSettings<CraPrincipalSettings> {
  readonly method: "wampcra";
  readonly decoySeed?: Reference;
  readonly decoyCost?: NonNullable<WampCraOptions["decoyCost"]>;
}

export interface CryptosignSettings extends PrincipalSettings<CryptosignPrincipal> {
  readonly method: "cryptosign";
  /** The router's own private key. */
  readonly key?: Reference;
  readonly channelBinding?: ChannelPolicy;
}

/** One way for clients to say who they are. */
export type AuthSettings = AnonymousSettings | TicketSettings | ScramSettings | CraSettings | CryptosignSettings;

export type StoreSettings =
  | ({ readonly type: "memory" } & MemoryStoreOptions)
  | ({ readonly type: "lmdb" } & LmdbStoreOptions);

/** A realm as a configuration file has it. */
export interface RealmSettings
  extends Pick<
    RealmConfig,
    "name" | "open" | "limits" | "history" | "retainMs" | "strictUris" | "strictRequestIds" | "policies"
  > {
  readonly auth?: readonly AuthSettings[];
  readonly roles?: RolesConfig;
  /** The URI of a procedure that decides; in a module also a function. */
  readonly authorize?: string | Authorizer;
  /** Modules, each of whose exports are a contract that every CALL, RESULT and PUBLISH of its URIs is held to. */
  readonly enforce?: readonly string[];
  readonly disclosure?: Disclosure;
  readonly store?: StoreSettings;
  readonly trustPayloads?: boolean;
}

/** Files with PEM text, relative to the configuration; an environment variable may hold the text itself. */
export interface TlsSettings {
  readonly cert: string | Reference;
  readonly key: string | Reference;
  /** Authorities that certificates of clients are held to. */
  readonly ca?: string | Reference;
  readonly passphrase?: Reference;
  readonly requestCert?: boolean;
  readonly rejectUnauthorized?: boolean;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  readonly ciphers?: string;
}

/** What all listeners have: an address and a port, with or without TLS. */
export interface AddressSettings {
  /** Default 127.0.0.1. */
  readonly host?: string | { readonly env: string };
  /** Default 8080. */
  readonly port?: number | { readonly env: string };
  readonly tls?: TlsSettings;
}

/** What those have that listen on a Unix socket, too. */
export interface SocketSettings extends AddressSettings {
  /** Instead of host and port: a Unix socket, relative to the configuration. */
  readonly path?: string;
  /** Its permissions, such as "660". Default: as the process's umask says. */
  readonly mode?: string;
}

/** How WebSocket is spoken. */
export interface WebSocketProtocol
  extends Omit<WebSocketOptions, "server" | "tls" | "port" | "host" | "pingIntervalMs"> {
  /** False: never. Default 10,000. */
  readonly pingIntervalMs?: number | false;
}

/** How RawSocket is spoken. */
export interface RawSocketProtocol extends Omit<RawSocketProtocolOptions, "pingIntervalMs"> {
  /** False: never. Default 10,000, for clients that are known to answer. */
  readonly pingIntervalMs?: number | false;
}

export interface WebSocketSettings extends AddressSettings, WebSocketProtocol {
  readonly type: "websocket";
}

export interface RawSocketSettings extends SocketSettings, RawSocketProtocol {
  readonly type: "rawsocket";
}

/** Both on one port. */
export interface UniversalSettings extends SocketSettings {
  readonly type: "universal";
  readonly websocket?: WebSocketProtocol;
  readonly rawSocket?: RawSocketProtocol;
}

/** A way for clients to reach the router. */
export type ListenerSettings = WebSocketSettings | RawSocketSettings | UniversalSettings;

/** What is logged, and how. */
export interface LogSettings extends Pick<LogOptions, "level" | "format" | "pino"> {}

/** A listener for operators: health, readiness, metrics, reloading. */
export interface AdminSettings extends Pick<AdminOptions, "hosts"> {
  /** Default 127.0.0.1. Another one needs a token. */
  readonly host?: string | { readonly env: string };
  /** Default 8081. */
  readonly port?: number | { readonly env: string };
  /** Instead of host and port: a Unix socket, relative to the configuration. */
  readonly path?: string;
  /** The permissions of the Unix socket, in octal digits. Default 600. */
  readonly mode?: string;
  readonly token?: Reference;
  readonly tls?: TlsSettings;
}

/** How a router logs in to NATS; `file` has credentials as `nsc` writes them. */
export type NatsCredentialSettings =
  | { readonly file: string }
  | { readonly nkeySeed: Reference }
  | { readonly user: string; readonly password: Reference }
  | { readonly token: Reference };

/** Other routers with which one makes its realms one. */
export interface ClusterSettings
  extends Pick<NatsClusterOptions, "name" | "replicas" | "leaseMs" | "isolated" | "tls" | "insecure"> {
  readonly type: "nats";
  /** Default `nats://127.0.0.1:4222`. */
  readonly servers?: string | readonly string[] | { readonly env: string };
  /** Default: the host's name and a random suffix. */
  readonly node?: string | { readonly env: string };
  readonly credentials?: NatsCredentialSettings;
}

/** Settings of `wampact router`. */
export interface RouterSettings
  extends Pick<RouterConfig, "agent" | "handshakeTimeoutMs" | "maxTotalUnsentBytes">,
    Pick<CloseOptions, "drainMs" | "retryAfterMs"> {
  readonly realms?: readonly RealmSettings[];
  readonly listeners?: readonly ListenerSettings[];
  /** Default: the router is alone. */
  readonly cluster?: ClusterSettings;
  readonly serializers?: readonly ("json" | "msgpack" | "cbor")[];
  readonly failedLogins?: Omit<FailedLogins, "foldAuthid">;
  /** False: no bound. Default 200. */
  readonly maxHandshakesPerSecond?: number | false;
  readonly logs?: LogSettings;
  /** Default: no such listener. */
  readonly admin?: AdminSettings;
  /** What is measured, where there is an admin listener that gives it. */
  readonly metrics?: MetricsOptions;
  /** The Unix socket for `wampact router reload`; false for none. */
  readonly control?: string | false;
  /** In a module: called once the router listens, and waited for before it counts as ready. */
  readonly onListening?: (router: Router) => void | Promise<void>;
}

/** Everything that `wampact.config.json`, `.mjs` or `.ts` may say. */
export interface WampactConfig extends CodegenSettings, RouterSettings {
  readonly $schema?: string;
}

/** One entry for each setting of the router: a missing one does not compile. */
const KEYS: { readonly [Name in keyof Required<RouterSettings>]: true } = {
  realms: true,
  listeners: true,
  cluster: true,
  serializers: true,
  agent: true,
  handshakeTimeoutMs: true,
  failedLogins: true,
  maxHandshakesPerSecond: true,
  maxTotalUnsentBytes: true,
  drainMs: true,
  retryAfterMs: true,
  logs: true,
  admin: true,
  metrics: true,
  control: true,
  onListening: true,
};

/** The settings of the router, which the code generator leaves alone. */
export const ROUTER_KEYS: readonly string[] = Object.keys(KEYS);

/** The names under which a configuration is found in the working directory. */
export const CONFIG_FILES: readonly string[] = ["wampact.config.json", "wampact.config.mjs", "wampact.config.ts"];
