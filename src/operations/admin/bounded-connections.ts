import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Bounds the connections of a server. One too many ends the one that has been without a request for longest, so that those who open connections and
 * ask for nothing keep no probe out. `event` is the server's own for a connection that may send requests.
 */
export function boundConnections(server: Server, most: number, event: "connection" | "secureConnection"): void {
  const open = new Set<Socket>();
  const idle = new Set<Socket>(); // those that wait longest first
  server.on(event, (socket: Socket) => {
    open.add(socket);
    idle.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      idle.delete(socket);
    });
    if (open.size <= most) return;
    const [longest = socket] = idle;
    longest.destroy();
  });
  server.on("request", ({ socket }, response) => {
    idle.delete(socket);
    response.once("close", () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
}
