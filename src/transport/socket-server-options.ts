import { object, type SettingRules, text } from "../wire/settings.js";
import { checkTlsOptions, type TlsOptions } from "./tls-options.js";
import { unixPathFault } from "./unix-path.js";

/** The address options of a socket server. */
export interface SocketServerOptions {
  /** The address to listen on; `0.0.0.0` or `::` for all addresses. Default: `127.0.0.1`, this machine only. */
  readonly host?: string;
  /** The port, from 0 to 65,535. Default: 0, any free port; the result of `listen` tells which. */
  readonly port?: number;
  /**
   * The path of a Unix socket, at most 103 bytes, or on Windows of a named pipe, instead of host and port. A socket left behind by a dead process is replaced.
   * A socket that is in use is refused. The socket is removed when the listener closes. Default: none.
   */
  readonly path?: string;
  /** The permissions of the Unix socket, such as `0o660`. Default: according to the process's umask. */
  readonly mode?: number;
  /** Options of `tls.createServer`, such as `key` and `cert` as PEM text. Not for Unix sockets. Default: none, plain TCP. */
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

/** Throws `TypeError` for settings that contradict each other. `where` is the name of the options in messages. */
export function checkSocketServer({ host, port, path, mode, tls }: SocketServerOptions, where: string): void {
  if (tls !== undefined) checkTlsOptions(tls as TlsOptions, "router"); // the rules have checked that it is an object
  if (path === undefined) {
    if (mode !== undefined) throw new TypeError(`${where}.mode: applies to Unix sockets only; set path, or remove it`);
    return;
  }
  for (const [name, value] of Object.entries({ host, port, tls }))
    if (value !== undefined) throw new TypeError(`${where}.${name}: does not apply to a Unix socket (path); remove it`);
  const fault = unixPathFault(path);
  if (fault) throw new TypeError(`${where}.path: ${fault}`);
}
