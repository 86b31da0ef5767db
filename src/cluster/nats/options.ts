import { hostname } from "node:os";
import { isLocalAddress } from "../../router/access/development.js";
import { wrongSetting } from "../../wire/check-settings.js";
import { isDict } from "../../wire/fields.js";
import { checkSettings, type SettingRules } from "../../wire/settings.js";

/** Credentials of a router for NATS: a credentials file, the seed of an nkey, a user with a password, or a token. */
export type NatsCredentials =
  | { readonly file: string }
  | { readonly nkeySeed: string }
  | { readonly user: string; readonly password: string }
  | { readonly token: string };

/** TLS to NATS. Each value is the name of a PEM file. */
export interface NatsTls {
  /** Certificates of the authorities that NATS's own certificate comes from. Default: those of Node. */
  readonly caFile?: string;
  /** The router's certificate, if NATS requires one. */
  readonly certFile?: string;
  /** The key of that certificate. */
  readonly keyFile?: string;
}

/** Options of a cluster on NATS. */
export interface NatsClusterOptions {
  /** URLs of NATS servers, version 2.10.23 or newer with JetStream. Default `nats://127.0.0.1:4222`. */
  readonly servers?: string | readonly string[];
  /**
   * The router's name, 1 to 64 of `A-Z a-z 0-9 _ -`, unique in the cluster. A router that restarts under the same name is back at
   * once. Default: the host's name and a random suffix.
   */
  readonly node?: string;
  /** Separates clusters on one NATS. Same characters as `node`. Default `wampact`. */
  readonly name?: string;
  /** The number of NATS servers that keep the directory: 1, 3 or 5. Default 1. */
  readonly replicas?: number;
  /**
   * The time that a router may show no sign of life before the others expel it, in milliseconds, 1,500 to 600,000. A killed router
   * is expelled after a third of that. A router that closes leaves at once. Must be the same on all routers. Default 6,000.
   */
  readonly leaseMs?: number;
  /**
   * The behavior of a router that has not reached NATS for `leaseMs`. `serve`: it continues with its own clients. `close`: it ends
   * their sessions and accepts none until NATS is back. Default `serve`.
   */
  readonly isolated?: "serve" | "close";
  /**
   * Whether calls prefer callees of this router in a shared registration. A call goes to another router only if no callee here can
   * take it. Calls with `runmode: "partition"` go to the same callee as always. Default `false`.
   */
  readonly preferLocal?: boolean;
  /** The credentials for NATS. Default: none. */
  readonly credentials?: NatsCredentials;
  /** TLS files. Default: TLS as the scheme of `servers` says. */
  readonly tls?: NatsTls;
  /** Whether NATS beyond this machine may be used without TLS or without credentials. Default `false`. */
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

/** Validated options with their defaults. */
export interface NatsSettings extends NatsClusterOptions {
  readonly servers: readonly string[];
  readonly node: string;
  readonly name: string;
  readonly replicas: number;
  readonly leaseMs: number;
  readonly isolated: "serve" | "close";
  readonly preferLocal: boolean;
}

/** Validates options and adds defaults. Throws `TypeError`. `random` returns numbers in [0, 1). */
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

/** Returns the reason why a server may not be used: anyone who can read or write the routers' messages can act as a router. */
function exposure(url: string, { tls, credentials }: NatsClusterOptions): string | undefined {
  const server = readServer(url);
  if (!server || isLocalAddress(server.hostname.replaceAll(/[[\]]/g, ""))) return undefined;
  const lacks = [
    ...(tls || server.protocol === "tls:" || server.protocol === "wss:" ? [] : ["tls"]),
    ...(credentials || server.username !== "" ? [] : ["credentials"]),
  ];
  if (lacks.length === 0) return undefined;
  return `a server on this machine, or ${lacks.join(" and ")} beside it (insecure: true if its network is closed to others)`;
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
