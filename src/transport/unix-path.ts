import { type Stats, statSync, unlinkSync } from "node:fs";
import { connect } from "node:net";

/** Returns whether a path is a named pipe, which Windows has instead of Unix sockets. It has no permissions and leaves no file. */
export function isPipe(path: string): boolean {
  return process.platform === "win32" && /^[\\/]{2}[.?][\\/]pipe[\\/]/i.test(path);
}

/** The maximum length of a Unix socket path on all systems, in bytes. */
const MOST_BYTES = 103;

/** Returns why a path cannot be that of a Unix socket, or of a named pipe on Windows; `undefined` if it can. */
export function unixPathFault(path: string): string | undefined {
  const bytes = Buffer.byteLength(path);
  if (bytes === 0 || path.includes("\0")) return "it is not a valid path";
  if (process.platform === "win32")
    return isPipe(path) ? undefined : "Windows has no Unix sockets; choose a named pipe, such as \\\\.\\pipe\\wampact";
  return bytes > MOST_BYTES
    ? `it has ${bytes} bytes, but the path of a Unix socket is limited to ${MOST_BYTES}`
    : undefined;
}

/**
 * Removes a socket left behind by a dead process. Returns why the path cannot be used, if a process listens there or it is not a
 * socket.
 */
export async function clearStaleSocket(path: string): Promise<string | undefined> {
  if (isPipe(path)) return undefined; // one that is taken is refused by the system
  const found: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (!found.isSocket()) return "the path exists and is not a socket; choose another path";
  if (await answers(path)) return "another process listens there; stop it or choose another path";
  unlinkSync(path);
  return undefined;
}

/** Returns whether a process listens on a Unix socket. Returns true if that is unknown, for example without permission. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
}
