import { type Stats, statSync, unlinkSync } from "node:fs";
import { connect } from "node:net";

/** Whether a path is that of a named pipe, which Windows has in place of Unix sockets: it has no permissions and leaves nothing behind. */
export function isPipe(path: string): boolean {
  return process.platform === "win32" && /^[\\/]{2}[.?][\\/]pipe[\\/]/i.test(path);
}

/** The longest path of a Unix socket that all systems take, in bytes. */
const MOST_BYTES = 103;

/** Why a path cannot be that of a Unix socket, in words; `undefined` where it can. */
export function unixPathFault(path: string): string | undefined {
  const bytes = Buffer.byteLength(path);
  if (bytes === 0 || path.includes("\0")) return "it is no path";
  return bytes > MOST_BYTES ? `it has ${bytes} bytes, and a Unix socket's path at most ${MOST_BYTES}` : undefined;
}

/**
 * Removes the socket that a process left behind which is gone. Returns why the path cannot be listened on, in words, where somebody listens
 * there or it is no socket.
 */
export async function clearStaleSocket(path: string): Promise<string | undefined> {
  if (isPipe(path)) return undefined; // one that is taken is refused by the system
  const found: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (!found.isSocket()) return "there is something else than a socket; choose another path";
  if (await answers(path)) return "somebody listens there; stop it or choose another path";
  unlinkSync(path);
  return undefined;
}

/** Whether somebody listens on a Unix socket. Where that cannot be known, such as for lack of permission, somebody does. */
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
