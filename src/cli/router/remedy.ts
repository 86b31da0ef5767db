/** Where a router was to listen, for messages. */
export interface ListenPlace {
  /** Such as `listeners[0]`. */
  readonly path: string;
  readonly port: number;
  /** Of a Unix socket. */
  readonly unixPath?: string | undefined;
  /** The configuration that says so, where there is one. */
  readonly file: string | undefined;
}

/** What to do about an address that cannot be listened on; `undefined` where the error says it. */
export function remedyFor(error: unknown, { path, port, unixPath, file }: ListenPlace): string | undefined {
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  if (unixPath !== undefined) return unixRemedyFor(code, `for another path: ${path}.path in ${file}`);
  const set = (name: "port" | "host", flag: string) =>
    file === undefined ? `wampact router ${flag}` : `${path}.${name} in ${file}`;
  const otherPort = `for another port: ${set("port", `--port ${port + 1}`)}`;
  if (code === "EADDRINUSE") return otherPort;
  if (code === "EACCES") return `this user may not listen there, as on ports below 1024; ${otherPort}`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return `this machine has no such address; for another one: ${set("host", "--host 127.0.0.1")}`;
  return undefined;
}

function unixRemedyFor(code: string | undefined, otherPath: string): string | undefined {
  if (code === "EACCES") return `this user may not make a socket there; ${otherPath}`;
  if (code === "ENOENT") return `the directory is missing; make it; ${otherPath}`;
  return undefined;
}
