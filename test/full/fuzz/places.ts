/** Names that the router under attack and its attackers share. */

export const REALMS = {
  /** The realm of the bystanders. An attacker may do everything there except end or revoke sessions of others. */
  calm: "com.fuzz.calm",
  /** The realm of the attackers only. They end and revoke each other's sessions, and the payloads of half of them are trusted. */
  wild: "com.fuzz.wild",
  /** Strict URIs and request IDs; identities are disclosed to nobody. */
  strict: "com.fuzz.strict",
  /** Whose policy throws for everybody who joins. */
  broken: "com.fuzz.broken",
} as const;

/** The message of exceptions that the router's policies, stores and schemas throw on purpose, so that no report of them counts as a fault. */
export const PLANNED = "thrown on purpose by the fuzzer";

/** URIs for which a policy, the store or a schema throws. */
export const FAULT = {
  trust: "com.fuzz.fault.trust",
  disclosure: "com.fuzz.fault.disclosure",
  store: "com.fuzz.fault.store",
  history: "com.fuzz.fault.history",
  schema: "com.fuzz.fault.schema",
} as const;

/** Whose events are kept. */
export const KEPT = "com.fuzz.kept.";

/** A bystander that speaks JSON subscribes here: each event is a binary of so many bytes. */
export const LARGE_TOPIC = "com.bystander.large";
/** Its Base64 is longer than what a regular expression that recurses can match. */
export const LARGE_BYTES = 3_400_000;

/** The listeners of the router under attack. */
export const LISTENERS = [
  "plain",
  "tls",
  "deflate",
  /** On a server of the application's, which answers upgrades to every other path itself. */
  "shared",
  /** On a server of the application's that has no other listener of upgrades. */
  "alone",
  /** With small limits of everything. */
  "tight",
  /** It is closed and opened again all the time. */
  "flapping",
] as const;
export type ListenerName = (typeof LISTENERS)[number];

export const PATH = "/ws";

/** The ports on which the attacked router listens. */
export type Ports = Readonly<Record<ListenerName, number>>;

/** The answer of the router's process to a request for a report. */
export interface Report {
  /** Messages that the router has read, by type; `violation` for what was none. */
  readonly read: Readonly<Record<string, number>>;
  /** The contents of each realm, by name. */
  readonly stats: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Sockets that its process holds. */
  readonly sockets: number;
  readonly residentBytes: number;
}

/** From the router's process. */
export type FromRouter =
  | { readonly type: "listening"; readonly ports: Ports }
  | { readonly type: "report"; readonly report: Report }
  /** The router reported a fault that nobody planned. */
  | { readonly type: "fault"; readonly text: string }
  /** A planted fault was reached. */
  | { readonly type: "planted" };

/** To the router's process. `close` closes the router, and the process ends by itself. */
export type ToRouter = { readonly type: "report" } | { readonly type: "close" };
