import type { RouterObserver } from "../../router/observer.js";
import type { Router } from "../../router/router.js";
import type { Metrics } from "../metrics/types.js";

/** Options of the admin listener, through which operators reach a router. */
export interface AdminOptions {
  /** The router to be reached. */
  readonly router: Router;
  /** The metrics at `/metrics`. Default: none, and no such path. */
  readonly metrics?: Metrics;
  /** The address to listen on. An address that other machines can reach needs a `token`. Default: `127.0.0.1`. */
  readonly host?: string;
  /** The port. Default: 0, any free port; the result tells which. */
  readonly port?: number;
  /**
   * The path of a Unix socket, instead of host and port, to exclude other users on this machine. Requests still need a Host
   * header, such as `localhost`. Default: none.
   */
  readonly path?: string;
  /** The permissions of the Unix socket. Default: 0o600, only its user. */
  readonly mode?: number;
  /**
   * The token that requests send as `Authorization: Bearer …`, at least 16 characters. `/healthz` and `/readyz` need none.
   * Default: none.
   */
  readonly token?: string;
  /**
   * The host names of the listener, besides IP addresses and `localhost`. Requests for other names are refused. Default:
   * none.
   */
  readonly hosts?: readonly string[];
  /** Options of `https.createServer`, such as `key` and `cert` as PEM text. Default: none, plain HTTP. */
  readonly tls?: unknown;
  /** Returns an additional reason why the router is not ready; `undefined` if there is none. Default: none. */
  readonly notReady?: () => string | undefined;
  /**
   * The actions that POST requests run, by path, such as `{ "/reload": () => reload() }`. The result of a function is answered as
   * JSON, an exception as status 500 with its message. Default: none.
   */
  readonly actions?: Readonly<Record<string, () => unknown>>;
  /**
   * Receives an event `refused` for each request that is refused because of its token, host name or origin, with the `reason`
   * `admin_http_401` or `admin_http_403`. Use `createLog().observer`, for example. `metrics` counts these requests as well. Default: none.
   */
  readonly observer?: RouterObserver;
  /** Called with internal errors of the listener. Default: prints them to standard error. */
  readonly onError?: (error: unknown) => void;
}

/** Where and how an admin listener is reached. */
export type AdminPlace = Omit<AdminOptions, "router" | "metrics" | "notReady" | "actions" | "observer">;

/** The source of an admin listener: one router, or several processes that form one. */
export interface AdminSource {
  /** Why it takes no clients now, in words; `undefined` where it does. */
  notReady(): string | undefined;
  /** Text for `/metrics`; without it there is no such path. */
  readonly metrics?: (() => string | Promise<string>) | undefined;
  readonly actions: NonNullable<AdminOptions["actions"]>;
  /** Told of each request that is refused. */
  readonly observe: RouterObserver;
}

/** A running admin listener. */
export interface Admin {
  /** The URL, such as `http://127.0.0.1:8081` or `unix:/run/wampact/admin.sock`. */
  readonly url: string;
  /** The port; 0 for a Unix socket. */
  readonly port: number;
  /**
   * Closes the listener within seconds. Call it after the router is closed: until then `/readyz` reports that the router is
   * draining.
   */
  close(): Promise<void>;
}
