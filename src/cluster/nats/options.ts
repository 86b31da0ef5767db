import { hostname } from "node:os";
import { isLocalAddress } from "../../router/access/development.js";
import { isDict } from "../../wire/fields.js";
import { checkSettings, type SettingRules, wrongSetting } from "../../wire/settings.js";

/** How a router logs in to NATS: by a file of credentials, the seed of an nkey, a user with a password, or a token. */
export type NatsCredentials =
  | { readonly file: string }
  | { readonly nkeySeed: string }
  | { readonly user: string; readonly password: string }
  | { readonly token: string };

/** TLS to NATS. Each is the name of a file in PEM. */
export interface NatsTls {
  /** Certificates of the authorities that NATS's own certificate comes from. Default: those of Node. */
  readonly caFile?: string;
  /** The router's certificate, where NATS asks for one. */
  readonly certFile?: string;
  /** The key of that certificate. */
  readonly keyFile?: string;
}

/** How routers find each other on NATS. */
export interface NatsClusterOptions {
  /** URLs of NATS servers, version 2.10.23 or newer with JetStream. Default `nats://127.0.0.1:4222`. */
  readonly servers?: string | readonly string[];
  /**
   * The router's name, 1 to 64 of `A-Z a-z 0-9 _ -`, which no other router of the cluster has. One that is restarted under its own name is
   * back at once. Default: the host's name and a random suffix.
   */
  readonly node?: string;
  /** Keeps clusters on one NATS apart; of the same characters. Default `wampact`. */
  readonly name?: string;
  /** On how many NATS servers the directory is kept: 1, 3 or 5. Default 1. */
  readonly replicas?: number;
  /**
   * How long a router may show no sign of life before the others expel it, in milliseconds, 1,500 to 600,000. One that is killed is gone after a
   * third of that, one that closes at once. All routers must have the same. Default 6,000.
   */
  readonly leaseMs?: number;
  /**
   * What a router does that has not reached NATS for `leaseMs`: `serve` goes on with its own clients, `close` ends their sessions and takes none
   * until it is back. Default `serve`.
   */
  readonly isolated?: "serve" | "close";
  /**
   * Whether a shared registration's callees at this router are called before those at others, as long as one of them can be: a call then does not
   * cross routers. Calls with `runmode: "partition"` go where they always do. Default `false`.
   */
  readonly preferLocal?: boolean;
  /** How the router logs in to NATS. Default: it does not log in. */
  readonly credentials?: NatsCredentials;
  /** TLS to NATS, by files. Default: as the scheme of `servers` says. */
  readonly tls?: NatsTls;
  /** Whether NATS may be reached beyond this machine without TLS or without credentials. Default `false`. */
  readonly insecure?: boolean;
}

const NAME = /^[\w-]{1,64}$/;
const NAME_RULE = {
  expected: "1 to 64 of the characters A-Z a-z 0-9 _ -",
  quotes: true,
  accepts: (value: unknown) => typeof value === "string" && NAME.test(value),
} as const;

/** The token that stands for all nodes in subjects. */
export const ALL = "all";

const RULES: SettingRules<NatsClusterOptions> = {
  servers: {
    expected: "one URL such as nats://127.0.0.1:4222, or a list of them",
    accepts: (value) => {
      const urls = Array.isArray(value) ? value : [value];
      return urls.length > 0 && urls.every((url) => typeof url === "string" && readServer(url) !== undefined);
    },
  },
  node: {
    ...NAME_RULE,
    expected: `${NAME_RULE.expected}, other than "${ALL}"`,
    accepts: (value) => NAME_RULE.accepts(value) && value !== ALL,
  },
  name: NAME_RULE,
  replicas: { expected: "1, 3 or 5", accepts: (value) => value === 1 || value === 3 || value === 5 },
  leaseMs: {
    expected: "an integer from 1500 to 600000",
    accepts: (value) => Number.isInteger(value) && Number(value) >= 1_500 && Number(value) <= 600_000,
  },
  isolated: {
    expected: '"serve" or "close"',
    quotes: true,
    accepts: (value) => value === "serve" || value === "close",
  },
  preferLocal: { expected: "a boolean", accepts: (value) => typeof value === "boolean" },
  credentials: {
    expected: "{ file }, { nkeySeed }, { user, password } or { token }",
    accepts: (value) => isDict(value) && CREDENTIALS.some((names) => hasTexts(value, names)),
  },
  tls: {
    expected: "an object with caFile, certFile or keyFile",
    accepts: (value) =>
      isDict(value) &&
      Object.keys(value).every((name) => TLS_FILES.includes(name)) &&
      hasTexts(value, Object.keys(value)),
  },
  insecure: { expected: "a boolean", accepts: (value) => typeof value === "boolean" },
};

const CREDENTIALS = [["file"], ["nkeySeed"], ["user", "password"], ["token"]];
const TLS_FILES: readonly string[] = ["caFile", "certFile", "keyFile"];

function hasTexts(value: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return Object.keys(value).length === names.length && names.every((name) => typeof value[name] === "string");
}

/** Options that have been checked, with their defaults. */
export interface NatsSettings extends NatsClusterOptions {
  readonly servers: readonly string[];
  readonly node: string;
  readonly name: string;
  readonly replicas: number;
  readonly leaseMs: number;
  readonly isolated: "serve" | "close";
  readonly preferLocal: boolean;
}

/** Checks options and completes them. Throws `TypeError`. `random` gives numbers in [0, 1). */
export function natsSettings(options: NatsClusterOptions, random: () => number = Math.random): NatsSettings {
  checkSettings(options, RULES, "natsCluster");
  const { servers: given = "nats://127.0.0.1:4222", insecure = false } = options;
  const servers = typeof given === "string" ? [given] : given;
  for (const [index, url] of servers.entries()) {
    const refusal = insecure ? undefined : exposure(url, options);
    if (!refusal) continue;
    const rule = { expected: refusal, quotes: true, accepts: () => false } as const;
    throw wrongSetting("natsCluster", Array.isArray(given) ? `servers[${index}]` : "servers", {
      rule,
      value: url,
    });
  }
  return {
    ...options,
    servers,
    node: options.node ?? defaultNode(random),
    name: options.name ?? "wampact",
    replicas: options.replicas ?? 1,
    leaseMs: options.leaseMs ?? 6_000,
    isolated: options.isolated ?? "serve",
    preferLocal: options.preferLocal ?? false,
  };
}

/** Why a server may not be used: whoever can read or write what routers send each other is a router. */
function exposure(url: string, { tls, credentials }: NatsClusterOptions): string | undefined {
  const server = readServer(url);
  if (!server || isLocalAddress(server.hostname.replaceAll(/[[\]]/g, ""))) return undefined;
  const lacks = [
    ...(tls || server.protocol === "tls:" || server.protocol === "wss:" ? [] : ["tls"]),
    ...(credentials || server.username !== "" ? [] : ["credentials"]),
  ];
  if (lacks.length === 0) return undefined;
  return `a server on this machine, or ${lacks.join(" and ")} beside it (insecure: true where its network is closed to others)`;
}

function readServer(url: string): URL | undefined {
  const full = /^\w+:\/\//.test(url) ? url : `nats://${url}`;
  return URL.canParse(full) && /^(?:nats|tls|ws|wss):$/.test(new URL(full).protocol) ? new URL(full) : undefined;
}

function defaultNode(random: () => number): string {
  const host =
    hostname()
      .replaceAll(/[^\w-]/g, "-")
      .slice(0, 48) || "router";
  return `${host}-${Math.floor(random() * 36 ** 6)
    .toString(36)
    .padStart(6, "0")}`;
}
