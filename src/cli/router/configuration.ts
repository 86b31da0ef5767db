import { findConfig, type LoadedConfig, readConfig } from "../../config/load.js";
import { type Prepared, prepareConfig } from "../../config/prepare.js";
import { ConfigError } from "../../config/problems.js";
import type { LogSettings } from "../../config/settings.js";
import { isDict } from "../../wire/fields.js";

/** Flags of `wampact router`. */
export interface RouterFlags {
  readonly config?: string;
  readonly realm?: string;
  readonly host?: string;
  readonly port?: number;
  readonly cluster?: string;
  readonly node?: string;
  readonly workers?: number;
  readonly logLevel?: LogSettings["level"];
  readonly logFormat?: LogSettings["format"];
}

/** The configuration of a router, and where it comes from. */
export interface Source {
  readonly prepared: Prepared;
  /** Whether the router is a development router, because no file has realms. */
  readonly isDevelopment: boolean;
  /** Whether there is a file, which can be reloaded. */
  readonly hasFile: boolean;
}

/** Reads and checks the configuration of a command. `node` overrides the name in the cluster, for workers. Throws `ConfigError`. */
export async function readSource(flags: RouterFlags, node?: string): Promise<Source> {
  const place = findConfig(process.cwd(), flags.config);
  const loaded = place ? await readConfig(place) : { path: "", name: "", dir: process.cwd(), value: {} };
  const isDevelopment = isDict(loaded.value) && loaded.value.realms === undefined;
  const config = withFlags(loaded, flags, isDevelopment);
  const prepared = await prepareConfig(node === undefined ? config : named(config, node));
  return { prepared, isDevelopment, hasFile: place !== undefined };
}

/** Adds flags to what a file leaves open. Throws `ConfigError` for a flag that contradicts the file. */
function withFlags(
  config: LoadedConfig,
  { realm, host, port, cluster, node, workers, logLevel, logFormat }: RouterFlags,
  isDevelopment: boolean,
): LoadedConfig {
  const { value, name } = config;
  if (!isDict(value)) return config; // reported by the check
  if (realm !== undefined && !isDevelopment) throw contradicted(name, "--realm", "realms");
  const listener = { ...(host !== undefined && { host }), ...(port !== undefined && { port }) };
  const [flag] = Object.keys(listener);
  if (flag !== undefined && value.listeners !== undefined) throw contradicted(name, `--${flag}`, "listeners");
  if (workers !== undefined && value.workers !== undefined) throw contradicted(name, "--workers", "workers");
  const joined = clusterBy(value.cluster, { cluster, node }, name);
  return {
    ...config,
    value: {
      ...value,
      ...((logLevel || logFormat) && { logs: withLogs(value.logs, { level: logLevel, format: logFormat }) }),
      ...(isDevelopment && { realms: [{ name: realm ?? "realm1" }] }),
      ...(workers !== undefined && { workers }),
      ...(joined !== undefined && { cluster: joined }),
      ...(flag !== undefined && { listeners: [{ type: "websocket", ...listener }] }),
    },
  };
}

/** Gives a router another name in its cluster. */
function named(config: LoadedConfig, node: string): LoadedConfig {
  const { value } = config;
  return isDict(value) && isDict(value.cluster)
    ? { ...config, value: { ...value, cluster: { ...value.cluster, node } } }
    : config;
}

interface FlagsOfCluster {
  readonly cluster: string | undefined;
  readonly node: string | undefined;
}

/** Returns the cluster from the file or from flags. */
function clusterBy(given: unknown, { cluster, node }: FlagsOfCluster, file: string): unknown {
  if (cluster !== undefined && given !== undefined) throw contradicted(file, "--cluster", "cluster");
  if (node === undefined) return cluster === undefined ? given : { type: "nats", servers: cluster };
  if (cluster !== undefined) return { type: "nats", servers: cluster, node };
  if (given === undefined)
    throw new ConfigError(file, [
      { path: "--node", words: "needs a cluster; set one with --cluster nats://127.0.0.1:4222" },
    ]);
  if (!isDict(given)) return given; // reported by the check
  if (given.node !== undefined) throw contradicted(file, "--node", "cluster.node");
  return { ...given, node };
}

/** Flags for logs override the file. */
function withLogs(logs: unknown, flags: Readonly<Record<string, string | undefined>>): unknown {
  if (logs !== undefined && !isDict(logs)) return logs; // reported by the check
  return { ...logs, ...Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) };
}

function contradicted(file: string, flag: string, key: string): ConfigError {
  return new ConfigError(file, [{ path: key, words: `already set in the file; remove ${flag}, or change the file` }]);
}

/**
 * Prints an error that the user can fix. Any other error is an internal one and is printed with its stack. `code` is the
 * exit code.
 */
export function failWith(error: unknown, code: number): void {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = code;
}
