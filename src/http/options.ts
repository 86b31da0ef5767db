import { httpPath } from "../transport/http/paths.js";
import { checkSettings, counting, positive, type SettingRules } from "../wire/settings.js";

/** Where a bridge is, which realms it serves, and its bounds. */
export interface HttpBridgeOptions {
  /** Where it is: calls go to `<path>/<realm>/call/<procedure>`. Default `/api`. */
  readonly path?: string;
  /** The realms that can be reached. Default: all of the router. */
  readonly realms?: readonly string[];
  /** Requests at once, streams included; one more is answered with 503. Default 1,000. */
  readonly maxRequests?: number;
  /** Streams of events at once; one more is answered with 503. Default 1,000. */
  readonly maxStreams?: number;
  /** Bytes that wait for a stream whose client does not read; beyond it the stream is cut. Default 1 MiB. */
  readonly maxStreamBytes?: number;
  /** How often a stream without events sends a sign of life, in milliseconds. Default 15,000. */
  readonly heartbeatMs?: number;
  /** Longest time a call may take, in milliseconds; a `timeout` in its options may be shorter. Default 60,000. */
  readonly callTimeoutMs?: number;
  /** Sessions kept for those who log in, so that their next request need not. Default 1,000. */
  readonly maxSessions?: number;
  /** How long such a session stands without a request, in milliseconds. Default 30,000. */
  readonly idleMs?: number;
  /** How old such a session gets, in milliseconds: the next request logs in anew. Default 300,000. */
  readonly sessionMs?: number;
  /** A document that is given at `<path>/openapi.json`, such as the one of `wampact docs --openapi`. Default: none. */
  readonly openapi?: object;
}

const RULES: SettingRules<HttpBridgeOptions> = {
  path: httpPath,
  realms: {
    expected: 'a list of realms, such as ["com.app"]',
    accepts: (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
  },
  maxRequests: counting,
  maxStreams: counting,
  maxStreamBytes: counting,
  heartbeatMs: positive,
  callTimeoutMs: positive,
  maxSessions: counting,
  idleMs: positive,
  sessionMs: positive,
  openapi: {
    expected: "an OpenAPI document",
    accepts: (value) => typeof value === "object" && value !== null && "openapi" in value,
  },
};

/** The options with their defaults. */
export type BridgeSettings = Required<Omit<HttpBridgeOptions, "realms" | "openapi">> &
  Pick<HttpBridgeOptions, "realms" | "openapi">;

/** Throws `TypeError` for an unknown option and for a value that cannot be. */
export function bridgeSettings(options: HttpBridgeOptions): BridgeSettings {
  checkSettings(options, RULES, "httpBridge");
  return {
    path: "/api",
    maxRequests: 1_000,
    maxStreams: 1_000,
    maxStreamBytes: 1024 * 1024,
    heartbeatMs: 15_000,
    callTimeoutMs: 60_000,
    maxSessions: 1_000,
    idleMs: 30_000,
    sessionMs: 300_000,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
}
