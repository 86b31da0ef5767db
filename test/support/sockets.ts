import type { Socket } from "node:net";

/** Resolves when a socket is closed, reset or not. `once` of `node:events` rejects if it is reset, which depends on the platform and on Node. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}
