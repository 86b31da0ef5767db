import type { Server } from "node:http";
import type { Socket } from "node:net";

/** The time for pending requests when a server closes, in milliseconds. */
const GRACE_MS = 1_000;

/**
 * Tracks the connections of a server that does not listen yet. Returns a function that closes the server within a second, also if
 * connections have sent only a part of a request or of a TLS handshake. Node alone would wait for them.
 */
export function closerOf(server: Server): () => Promise<void> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const cut = setTimeout(() => {
      server.closeAllConnections();
      for (const socket of open) socket.destroy();
    }, GRACE_MS);
    await closed;
    clearTimeout(cut);
  };
}
