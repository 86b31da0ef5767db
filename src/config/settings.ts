import type { NatsStoreOptions } from "../cluster/nats/nats-store.js";
import type { NatsClusterOptions } from "../cluster/nats/options.js";
import type { HttpBridgeOptions } from "../http/options.js";
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
import type { Router } from "../router/router.js";
import type { CloseOptions } from "../router/shutdown.js";
import type { LmdbStoreOptions } from "../router/store/lmdb.js";
import type { MemoryStoreOptions } from "../router/store/memory.js";
import type { LongPollOptions } from "../transport/longpoll/listener.js";
import type { RawSocketSettings as RawSocketProtocolOptions } from "../transport/rawsocket/options.js";
import type { WebSocketOptions } from "../transport/websocket/options.js";

/** A reference to a value that must not be in a configuration: an environment variable, or a file without its last line break. */
export type Reference = { readonly env: string } | { readonly file: string };

/** Settings of the code generator, in the same file as those of the router. */
export interface CodegenSettings {
  /** The contract files, or directories with contract files. Default: `schemas`. */
  readonly schemas?: string | readonly string[];
  /** The output directory. Default: `generated` next to the contracts. */
  readonly out?: string;
  /**
   * The extension of relative imports. Default: `ts` if the tsconfig allows it, `none` if it has `moduleResolution: "bundler"` and
   * `noEmit`, else `js`.
   */
  readonly importExtension?: "js" | "ts" | "none";
  /** Prints thin clients as well, which do not import the contract. Default: none are printed. */
  readonly thin?: ThinSettings;
}

/** Settings of thin clients. */
export interface ThinSettings {
  /** The contracts with a thin client: files, or directories of them. Default: all. */
  readonly contracts?: string | readonly string[];
  /** Whether topics can read histories, which makes bundles larger. Default: false. */
  readonly history?: boolean;
  /** Whether the structure of events is checked against the contract, which makes bundles larger. Default: false. */
  readonly checkEvents?: boolean;
  /** Whether clients take middleware (`use`), which adds to bundles. Default false. */
  readonly middleware?: boolean;
}

/** A procedure of the application that finds principals or checks tickets. */
export interface ProcedureSource {
  readonly procedure: string;
  /** The realm of the procedure. Default: the realm that the client joins. */
  readonly realm?: string;
}

/** An entry whose secrets may be references. */
export type Referring<Entry, Secrets extends keyof Entry> = Omit<Entry, Secrets> & {
  readonly [Name in Secrets]: Entry[Name] | Reference;
};

/** The principals that may log in, by `authid`, or a procedure that finds them. */
export interface PrincipalSettings<Entry> {
  readonly principals?: Readonly<Record<string, Entry>>;
  readonly findBy?: ProcedureSource;
}

export interface AnonymousSettings {
  readonly method: "anonymous";
  /** Default: `anonymous`. */
  readonly authrole?: string;
}

export interface TicketSettings extends PrincipalSettings<Referring<TicketPrincipal, "ticket">> {
  readonly method: "ticket";
  readonly decoyCost?: NonNullable<TicketOptions["decoyCost"]>;
  /** A procedure that checks tickets. */
  readonly checkBy?: ProcedureSource;
}

export interface ScramSettings extends PrincipalSettings<Referring<ScramPrincipal, "scram">> {
  readonly method: "wamp-scram";
  readonly channelBinding?: ChannelPolicy;
  readonly decoySeed?: Reference;
  readonly decoyCost?: NonNullable<ScramOptions["decoyCost"]>;
}

/** A principal of WAMP-CRA, with its salted key or a reference to its plain secret. */
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
  /** The router's private key. */
  readonly key?: Reference;
  readonly channelBinding?: ChannelPolicy;
}

/** An authentication method. */
export type AuthSettings = AnonymousSettings | TicketSettings | ScramSettings | CraSettings | CryptosignSettings;

export type StoreSettings =
  | ({ readonly type: "memory" } & MemoryStoreOptions)
  | ({ readonly type: "lmdb" } & LmdbStoreOptions)
  | ({ readonly type: "nats" } & NatsStoreOptions);

/** The settings of a realm. */
export interface RealmSettings
  extends Pick<
    RealmConfig,
    "name" | "open" | "limits" | "history" | "retainMs" | "strictUris" | "strictRequestIds" | "policies"
  > {
  readonly auth?: readonly AuthSettings[];
  readonly roles?: RolesConfig;
  /** The URI of a procedure that authorizes requests. In a module also a function. */
  readonly authorize?: string | Authorizer;
  /** Modules whose exports are contracts. Every CALL, RESULT and PUBLISH of their URIs is validated. */
  readonly enforce?: readonly string[];
  readonly disclosure?: Disclosure;
  readonly store?: StoreSettings;
  readonly trustPayloads?: boolean;
}

/** PEM files, with paths relative to the configuration. An environment variable may contain the PEM text itself. */
export interface TlsSettings {
  readonly cert: string | Reference;
  readonly key: string | Reference;
  /** The certificate authorities for client certificates. */
  readonly ca?: string | Reference;
  readonly passphrase?: Reference;
  readonly requestCert?: boolean;
  readonly rejectUnauthorized?: boolean;
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  readonly ciphers?: string;
}

/** The address settings of all listeners. */
export interface AddressSettings {
  /** Default: `127.0.0.1`. */
  readonly host?: string | { readonly env: string };
  /** Default: 8080. */
  readonly port?: number | { readonly env: string };
  readonly tls?: TlsSettings;
}

/** The address settings of listeners that support Unix sockets. */
export interface SocketSettings extends AddressSettings {
  /** The path of a Unix socket, relative to the configuration, instead of host and port. */
  readonly path?: string;
  /** The permissions of the Unix socket, such as "660". Default: according to the umask. */
  readonly mode?: string;
}

/** The HTTP bridge settings. */
export interface HttpBridgeSettings extends Omit<HttpBridgeOptions, "openapi"> {
  /** The file with the document to serve at `openapi.json`, relative to the configuration. Default: none. */
  readonly openapi?: string;
}

/** HTTP services at the port of a WebSocket listener. */
export interface HttpSettings {
  /** Default: none. */
  readonly httpBridge?: HttpBridgeSettings;
  /** Default: none. */
  readonly longPoll?: LongPollOptions;
}

/** The WebSocket settings, with HTTP services at the same port. */
export interface WebSocketProtocol
  extends Omit<WebSocketOptions, "server" | "tls" | "port" | "host" | "pingIntervalMs" | "http">,
    HttpSettings {
  /** The interval between pings, in milliseconds; false for no pings. Default: 10,000. */
  readonly pingIntervalMs?: number | false;
}

/** The RawSocket settings. */
export interface RawSocketProtocol extends Omit<RawSocketProtocolOptions, "pingIntervalMs"> {
  /** The interval between pings, in milliseconds; false for no pings. Default: 10,000, for clients that are known to answer. */
  readonly pingIntervalMs?: number | false;
}

export interface WebSocketSettings extends AddressSettings, WebSocketProtocol {
  readonly type: "websocket";
}

export interface RawSocketSettings extends SocketSettings, RawSocketProtocol {
  readonly type: "rawsocket";
}

/** The settings of a listener for WebSocket and RawSocket connections on one port. */
export interface UniversalSettings extends SocketSettings {
  readonly type: "universal";
  readonly websocket?: WebSocketProtocol;
  readonly rawSocket?: RawSocketProtocol;
}

/** A listener for client connections. */
export type ListenerSettings = WebSocketSettings | RawSocketSettings | UniversalSettings;

/** The log settings. */
export interface LogSettings extends Pick<LogOptions, "level" | "format" | "pino"> {}

/** The settings of the admin listener for health, readiness, metrics and reloads. */
export interface AdminSettings extends Pick<AdminOptions, "hosts"> {
  /** The address to listen on. An address that other machines can reach needs a token. Default: `127.0.0.1`. */
  readonly host?: string | { readonly env: string };
  /** Default: 8081. */
  readonly port?: number | { readonly env: string };
  /** The path of a Unix socket, relative to the configuration, instead of host and port. */
  readonly path?: string;
  /** The permissions of the Unix socket, in octal digits. Default: 600. */
  readonly mode?: string;
  readonly token?: Reference;
  readonly tls?: TlsSettings;
}

/** The NATS credentials. `file` is a credentials file of `nsc`. */
export type NatsCredentialSettings =
  | { readonly file: string }
  | { readonly nkeySeed: Reference }
  | { readonly user: string; readonly password: Reference }
  | { readonly token: Reference };

/** The cluster of routers that share their realms. */
export interface ClusterSettings
  extends Pick<NatsClusterOptions, "name" | "replicas" | "leaseMs" | "isolated" | "preferLocal" | "tls" | "insecure"> {
  readonly type: "nats";
  /** Default: `nats://127.0.0.1:4222`. */
  readonly servers?: string | readonly string[] | { readonly env: string };
  /** Default: the host name and a random suffix. */
  readonly node?: string | { readonly env: string };
  readonly credentials?: NatsCredentialSettings;
}

/** The settings of `wampact router`. */
export interface RouterSettings
  extends Pick<RouterConfig, "agent" | "handshakeTimeoutMs" | "maxTotalUnsentBytes">,
    Pick<CloseOptions, "drainMs" | "retryAfterMs"> {
  readonly realms?: readonly RealmSettings[];
  readonly listeners?: readonly ListenerSettings[];
  /** Default: no cluster. */
  readonly cluster?: ClusterSettings;
  /** In how many processes it runs, which share its ports and are one realm. Default 1. */
  readonly workers?: number;
  readonly serializers?: readonly ("json" | "msgpack" | "cbor")[];
  readonly failedLogins?: Omit<FailedLogins, "foldAuthid">;
  /** The maximum number of handshakes per second; false for no limit. Default: 200. */
  readonly maxHandshakesPerSecond?: number | false;
  readonly logs?: LogSettings;
  /** Default: no admin listener. */
  readonly admin?: AdminSettings;
  /** The metrics of the admin listener. */
  readonly metrics?: MetricsOptions;
  /** The Unix socket for `wampact router reload`; false for none. */
  readonly control?: string | false;
  /** Called once the router listens. It is awaited before the router counts as ready. Only in a module. */
  readonly onListening?: (router: Router) => void | Promise<void>;
}

/** The content of `wampact.config.json`, `.mjs` or `.ts`. */
export interface WampactConfig extends CodegenSettings, RouterSettings {
  readonly $schema?: string;
}

/** One entry for each setting of the router. A missing one is a compile error. */
const KEYS: { readonly [Name in keyof Required<RouterSettings>]: true } = {
  realms: true,
  listeners: true,
  cluster: true,
  workers: true,
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

/** The settings of the router, which the code generator ignores. */
export const ROUTER_KEYS: readonly string[] = Object.keys(KEYS);

/** The file names of a configuration in the working directory. */
export const CONFIG_FILES: readonly string[] = ["wampact.config.json", "wampact.config.mjs", "wampact.config.ts"];
