import { lacksDirectory } from "../../transport/listen-on.js";

/** The address of a listener, for error messages. */
export interface ListenPlace {
  /** The path of the setting, such as `listeners[0]`. */
  readonly path: string;
  readonly port: number;
  /** The path of a Unix socket. */
  readonly unixPath?: string | undefined;
  /** The configuration file, if there is one. */
  readonly file: string | undefined;
}

/** Returns what to do about an address that cannot be listened on; `undefined` if the error already says so. */
export function remedyFor(error: unknown, { path, port, unixPath, file }: ListenPlace): string | undefined {
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  if (unixPath !== undefined)
    return unixRemedyFor(code, { unixPath, other: `to use another path, set ${path}.path in ${file}` });
  const set = (name: "port" | "host", flag: string) =>
    file === undefined ? `wampact router ${flag}` : `${path}.${name} in ${file}`;
  const otherPort = `to use another port, ${file === undefined ? "run" : "set"} ${set("port", `--port ${port + 1}`)}`;
  if (code === "EADDRINUSE") return otherPort;
  if (code === "EACCES") return `no permission to listen on this port, as for ports below 1024; ${otherPort}`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return `this machine does not have this address; to use another one, ${file === undefined ? "run" : "set"} ${set("host", "--host 127.0.0.1")}`;
  return undefined;
}

function unixRemedyFor(
  code: string | undefined,
  { unixPath, other }: { readonly unixPath: string; readonly other: string },
): string | undefined {
  if (lacksDirectory(unixPath)) return other;
  if (code === "EACCES") return `no permission to create a socket there; ${other}`;
  return undefined;
}
