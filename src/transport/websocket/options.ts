import { checkSettings, flag, hasMethods, list, positive, type SettingRules } from "../../wire/settings.js";
import type { HttpPart } from "../http/part.js";
import { checkHttpPaths } from "../http/paths.js";
import { messageSize } from "../message-size.js";
import { SOCKET_SERVER_RULES } from "../socket-server-options.js";
import { checkTlsOptions, type TlsOptions } from "../tls-options.js";
import { checkOriginRules } from "./origin.js";

/** Where and how a router listens for WebSocket connections. */
export interface WebSocketOptions {
  /** The address to listen on. Default `127.0.0.1`: this machine only. `0.0.0.0` or `::` for all of its addresses. */
  readonly host?: string;
  /** The TCP port. From 0 to 65,535. Default 0: any free port, which the result names. */
  readonly port?: number;
  /** The path of the WebSocket, or several; clients of others often dial `/`. Default `/ws`. */
  readonly path?: string | readonly string[];
  /**
   * An `http.Server` or `https.Server` of yours to attach to, listening already or later; `host`, `port` and `tls` are then its own.
   * Default: a server of its own.
   */
  readonly server?: unknown;
  /**
   * Origins of the web pages that may connect, such as `https://app.example`. Pages of this machine may always connect to it under a name such
   * as `localhost`; clients that are no browsers send no origin. Default none.
   */
  readonly origins?: readonly string[];
  /** Names under which clients reach the router, beside addresses and names such as `localhost`; a request under another is refused. Default: any. */
  readonly hosts?: readonly string[];
  /** Options of `https.createServer`, such as `key` and `cert`, which are PEM text; the URL becomes `wss:`. Default: none, which is plain TCP. */
  readonly tls?: unknown;
  /** Largest message accepted, in bytes, from 1 to 2^31 - 1; a larger one ends its session. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Unsent bytes beyond which a connection that does not read is cut. Default 64 MiB. */
  readonly maxUnsentBytes?: number;
  /**
   * How often a connection is pinged, in milliseconds; one that stays silent for two of them is cut, and one that owes an answer after 5 s
   * of silence. `Infinity`: never. Default 10,000.
   */
  readonly pingIntervalMs?: number;
  /** Whether connections may compress. Default false: it costs much more CPU than it saves on small messages. */
  readonly perMessageDeflate?: boolean;
  /** What is served over HTTP at the same port, such as `[httpBridge()]` of `wampact/http`. Not for a `server` of yours. Default none. */
  readonly http?: readonly HttpPart[];
}

const RULES: SettingRules<WebSocketOptions> = {
  host: SOCKET_SERVER_RULES.host,
  port: SOCKET_SERVER_RULES.port,
  path: {
    expected: 'a path that starts with "/", such as "/ws", or a list of them',
    quotes: true,
    accepts: (value) => {
      const paths = [value].flat();
      return paths.length > 0 && paths.every((each) => typeof each === "string" && /^\/[^\s?#]*$/.test(each));
    },
  },
  server: {
    expected: "an http.Server or https.Server",
    accepts: (value) => typeof value === "object" && value !== null && "on" in value && "address" in value,
  },
  origins: list,
  hosts: list,
  tls: SOCKET_SERVER_RULES.tls,
  maxMessageBytes: messageSize,
  maxUnsentBytes: positive,
  pingIntervalMs: positive,
  perMessageDeflate: flag,
  http: {
    expected: "a list of HTTP parts, such as [httpBridge()]",
    accepts: (value) => Array.isArray(value) && value.every((each) => hasMethods(each, "serve")),
  },
};

/** Throws `TypeError` for an unknown option and for a value that cannot be. `path` is what the options are called in messages. */
export function checkWebSocketOptions(options: WebSocketOptions, path: string): void {
  checkSettings(options, RULES, path);
  if (options.tls !== undefined) checkTlsOptions(options.tls as TlsOptions, "router"); // `RULES` has seen that it is an object
  checkOriginRules(options, path);
  checkHttpPaths(options.http ?? [], pathsOf(options), path);
  if (options.server !== undefined && options.http !== undefined)
    throw new TypeError(
      `${path}.http: the server that is given answers its requests itself; let the router listen, and leave \`server\` out`,
    );
  for (const name of ["host", "port", "tls"] as const) {
    if (options.server !== undefined && options[name] !== undefined)
      throw new TypeError(`${path}.${name}: the server that is given has its own; leave it out`);
  }
}

/** The paths of WebSockets, the first of which URLs name. */
export function pathsOf({ path = "/ws" }: WebSocketOptions): readonly string[] {
  return [path].flat();
}
