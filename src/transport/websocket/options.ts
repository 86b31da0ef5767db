import { checkSettings, flag, hasMethods, list, positive, type SettingRules } from "../../wire/settings.js";
import type { HttpPart } from "../http/part.js";
import { checkHttpPaths } from "../http/paths.js";
import { messageSize } from "../message-size.js";
import { SOCKET_SERVER_RULES } from "../socket-server-options.js";
import { checkTlsOptions, type TlsOptions } from "../tls-options.js";
import { checkOriginRules } from "./origin.js";

/** Options of a WebSocket listener. */
export interface WebSocketOptions {
  /** The address to listen on; `0.0.0.0` or `::` for all addresses. Default: `127.0.0.1`, this machine only. */
  readonly host?: string;
  /** The port, from 0 to 65,535. Default: 0, any free port; the result of `listen` tells which. */
  readonly port?: number;
  /** The path or paths of the WebSocket. Other clients often use `/`. Default: `/ws`. */
  readonly path?: string | readonly string[];
  /**
   * An `http.Server` or `https.Server` to attach to, listening or not. Excludes `host`, `port` and `tls`. Default: a server
   * of its own.
   */
  readonly server?: unknown;
  /**
   * The origins of web pages that may connect, such as `https://app.example`. Pages on this machine may always connect through
   * names such as `localhost`. Clients that are not browsers send no origin. Default: none.
   */
  readonly origins?: readonly string[];
  /**
   * The host names that clients may use to reach the router, besides IP addresses and `localhost`. Others are refused.
   * Default: any name.
   */
  readonly hosts?: readonly string[];
  /**
   * Options of `https.createServer`, such as `key` and `cert` as PEM text. With them, the URL starts with `wss:`. Default:
   * none, plain TCP.
   */
  readonly tls?: unknown;
  /** The maximum size of a received message, in bytes, from 1 to 2^31 - 1. A larger message ends its session. Default: 16 MiB. */
  readonly maxMessageBytes?: number;
  /** The maximum number of unsent bytes of a connection. Beyond it, the connection is cut. Default: 64 MiB. */
  readonly maxUnsentBytes?: number;
  /**
   * The interval between pings, in milliseconds; `Infinity` for no pings. A connection that is silent for two intervals is cut;
   * if it owes an answer, after 5 s of silence. Default: 10,000.
   */
  readonly pingIntervalMs?: number;
  /** Whether connections may use compression. For small messages it costs far more CPU time than it saves. Default: false. */
  readonly perMessageDeflate?: boolean;
  /** HTTP services at the same port, such as `[httpBridge()]` of `wampact/http`. Excludes `server`. Default: none. */
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

/** Throws `TypeError` for an unknown option or an invalid value. `path` is the name of the options in messages. */
export function checkWebSocketOptions(options: WebSocketOptions, path: string): void {
  checkSettings(options, RULES, path);
  if (options.tls !== undefined) checkTlsOptions(options.tls as TlsOptions, "router"); // `RULES` has checked that it is an object
  checkOriginRules(options, path);
  checkHttpPaths(options.http ?? [], pathsOf(options), path);
  if (options.server !== undefined && options.http !== undefined)
    throw new TypeError(
      `${path}.http: the server that is given answers its requests itself; let the router listen, and leave \`server\` out`,
    );
  for (const name of ["host", "port", "tls"] as const) {
    if (options.server !== undefined && options[name] !== undefined)
      throw new TypeError(`${path}.${name}: does not apply together with server; remove it`);
  }
}

/** Returns the paths of the WebSockets. URLs use the first one. */
export function pathsOf({ path = "/ws" }: WebSocketOptions): readonly string[] {
  return [path].flat();
}
