import { httpPath } from "../transport/http/paths.js";
import { checkSettings, counting, positive, type SettingRules } from "../wire/settings.js";

/** The path, realms and limits of a bridge. */
export interface HttpBridgeOptions {
  /** Base path: calls go to `<path>/<realm>/call/<procedure>`. Default `/api`. */
  readonly path?: string;
  /** The realms that clients can reach. Default: all realms of the router. */
  readonly realms?: readonly string[];
  /** The maximum number of requests at once, without event streams. Beyond it, requests are answered with 503. Default 1,000. */
  readonly maxRequests?: number;
  /** The maximum number of event streams at once. Beyond it, requests are answered with 503. Default 1,000. */
  readonly maxStreams?: number;
  /**
   * The number of bytes queued for a stream whose client does not read, beyond which the next event cuts the stream. Default
   * 64 MiB, as `maxUnsentBytes` of WebSockets.
   */
  readonly maxStreamBytes?: number;
  /** The interval at which a stream without events sends a sign of life, in milliseconds. Default 15,000. */
  readonly heartbeatMs?: number;
  /** The maximum time of a call, in milliseconds. A `timeout` in its options may be shorter. Default 60,000. */
  readonly callTimeoutMs?: number;
  /** The maximum number of sessions kept for authenticated clients, which need no login for their next request. Default 1,000. */
  readonly maxSessions?: number;
  /** The time for which such a session is kept without a request, in milliseconds. Default 30,000. */
  readonly idleMs?: number;
  /** The maximum age of such a session, in milliseconds. The next request logs in again. Default 300,000. */
  readonly sessionMs?: number;
  /** A document to serve at `<path>/openapi.json`, such as the one of `wampact docs --openapi`. Default: none. */
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

/** Validates options and adds defaults. Throws `TypeError` for an unknown option and for an invalid value. */
export function bridgeSettings(options: HttpBridgeOptions): BridgeSettings {
  checkSettings(options, RULES, "httpBridge");
  return {
    path: "/api",
    maxRequests: 1_000,
    maxStreams: 1_000,
    maxStreamBytes: 64 * 1024 * 1024,
    heartbeatMs: 15_000,
    callTimeoutMs: 60_000,
    maxSessions: 1_000,
    idleMs: 30_000,
    sessionMs: 300_000,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
}
