import { isIP } from "node:net";
import { given } from "./given.js";
import type { PreparedAdmin, PreparedListener } from "./listeners.js";
import type { Problems } from "./problems.js";

/** The address of a listener. */
type Place = Pick<PreparedListener, "host" | "port" | "unixPath">;

/** Adds a problem for each two listeners with the same Unix socket, or the same port of the same or of all addresses. */
export function checkPlaces(
  listeners: readonly (PreparedListener | undefined)[],
  admin: PreparedAdmin | undefined,
  problems: Problems,
): void {
  for (const [index, listener] of listeners.entries()) {
    const other = listeners.slice(0, index).findIndex((each) => each && listener && meet(each, listener));
    if (!listener || other < 0) continue;
    const { host, port, unixPath } = listener;
    problems.add(
      `listeners[${index}]`,
      unixPath === undefined
        ? `listeners[${other}] also uses ${host}:${port}; change one port`
        : `listeners[${other}] also uses this Unix socket; change one path`,
    );
  }
  if (!admin) return;
  const { host, port = 0, path } = admin;
  const same = listeners.findIndex((each) => each && meet(each, { port, ...given({ host, unixPath: path }) }));
  if (same < 0) return;
  if (path === undefined) problems.add("admin.port", `listeners[${same}] also uses ${port}; change one port`);
  else problems.add("admin.path", `listeners[${same}] also uses this Unix socket; change one path`);
}

/** Adds a problem if the control socket is also the Unix socket of a listener. `path` is absolute. */
export function checkControl(
  path: string,
  {
    listeners,
    admin,
  }: {
    readonly listeners: readonly (PreparedListener | undefined)[];
    readonly admin: PreparedAdmin | undefined;
  },
  problems: Problems,
): void {
  const same = listeners.findIndex((each) => each?.unixPath === path);
  const other = same < 0 ? admin?.path === path && "admin" : `listeners[${same}]`;
  if (other) problems.add("control", `${other} also uses this Unix socket; change one path`);
}

function meet(one: Place, other: Place): boolean {
  if (one.unixPath !== undefined || other.unixPath !== undefined) return one.unixPath === other.unixPath;
  if (one.port !== other.port || one.port === 0) return false;
  const [first, second] = [addressOf(one.host), addressOf(other.host)];
  return first === second || covers(first, second) || covers(second, first);
}

/** Returns whether an address means all addresses, including `one`. `::` includes IPv4. */
function covers(all: string, one: string): boolean {
  return all === "::" || (all === "0.0.0.0" && isIP(one) !== 6);
}

function addressOf(host: string = ""): string {
  return host.toLowerCase();
}
