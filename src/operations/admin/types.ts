import type { RouterObserver } from "../../router/observer.js";
import type { Router } from "../../router/router.js";
import type { Metrics } from "../metrics/types.js";

/** Where and how operators reach a router, apart from its clients. */
export interface AdminOptions {
  /** The router to be reached. */
  readonly router: Router;
  /** Given at `/metrics`; without them there is no such path. Default: none. */
  readonly metrics?: Metrics;
  /** The address to listen on. Default `127.0.0.1`: this machine only. Another address needs a `token`. */
  readonly host?: string;
  /** The TCP port. Default 0: any free port, which the result names. */
  readonly port?: number;
  /**
   * Instead of host and port: a Unix socket, which keeps others of this machine out. Requests still name a host, such as `localhost`.
   * Default: none.
   */
  readonly path?: string;
  /** The permissions of the Unix socket. Default 0o600: its user only. */
  readonly mode?: number;
  /**
   * What requests have to carry: `Authorization: Bearer …`, all but those to `/healthz` and `/readyz`. At least 16 characters.
   * Default: none, which `host` of another machine refuses.
   */
  readonly token?: string;
  /** Names under which the listener is reached, beside addresses and names such as `localhost`; a request under another is refused. Default none. */
  readonly hosts?: readonly string[];
  /** Options of `https.createServer`, such as `key` and `cert`, which are PEM text. Default: none, which is plain HTTP. */
  readonly tls?: unknown;
  /** Why the router is not ready beside its own reasons, in words; `undefined` where it is. Default: the router's own reasons alone. */
  readonly notReady?: () => string | undefined;
  /**
   * What can be done by POST, by path, such as `{ "/reload": () => reload() }`. What a function returns or resolves with is answered as JSON,
   * what it throws as 500 with its message. Default: none.
   */
  readonly actions?: Readonly<Record<string, () => unknown>>;
  /**
   * Told of each request that is refused for its token, its name or its page, by the event `refused`, whose `reason` is `admin_http_401` or
   * `admin_http_403`: `createLog().observer`, for example. `metrics` counts it, too. Default: nobody.
   */
  readonly observer?: RouterObserver;
  /** Told of faults of the listener. Default: printed on standard error. */
  readonly onError?: (error: unknown) => void;
}

/** An admin listener. */
export interface Admin {
  /** Such as `http://127.0.0.1:8081`, or `unix:/run/wampact/admin.sock`. */
  readonly url: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  /** Ends it, within seconds. To be called last: until then `/readyz` says that the router is draining. */
  close(): Promise<void>;
}
