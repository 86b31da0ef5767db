import { object, type SettingRules, text } from "../wire/settings.js";
import { checkTlsOptions, type TlsOptions } from "./tls-options.js";
import { unixPathFault } from "./unix-path.js";

/** Where a server of sockets listens. */
export interface SocketServerOptions {
  /** The address to listen on. Default `127.0.0.1`: this machine only. `0.0.0.0` or `::` for all of its addresses. */
  readonly host?: string;
  /** The TCP port. From 0 to 65,535. Default 0: any free port, which the result names. */
  readonly port?: number;
  /**
   * Instead of a host and a port: the path of a Unix socket, of at most 103 bytes. A socket that a process left behind which is gone is
   * replaced; one where somebody listens is refused. It is removed when the listener closes. Default: none.
   */
  readonly path?: string;
  /** The permissions of the Unix socket, such as `0o660`. Default: as the process's umask says. */
  readonly mode?: number;
  /** Options of `tls.createServer`, such as `key` and `cert`, which are PEM text. Not for Unix sockets. Default: none, which is plain TCP. */
  readonly tls?: unknown;
}

export const SOCKET_SERVER_RULES: SettingRules<SocketServerOptions> = {
  host: text,
  port: {
    expected: "an integer from 0 to 65535",
    accepts: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
  },
  path: text,
  mode: {
    expected: "permissions from 0 to 0o777",
    accepts: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0o777,
  },
  tls: object,
};

/** Throws `TypeError` for settings that do not go together, past their rules. `where` is what they are called in messages. */
export function checkSocketServer({ host, port, path, mode, tls }: SocketServerOptions, where: string): void {
  if (tls !== undefined) checkTlsOptions(tls as TlsOptions, "router"); // the rules have seen that it is an object
  if (path === undefined) {
    if (mode !== undefined) throw new TypeError(`${where}.mode: it is for a Unix socket; give a path, or leave it out`);
    return;
  }
  for (const [name, value] of Object.entries({ host, port, tls }))
    if (value !== undefined) throw new TypeError(`${where}.${name}: a Unix socket (path) has none; leave it out`);
  const fault = unixPathFault(path);
  if (fault) throw new TypeError(`${where}.path: ${fault}`);
}
