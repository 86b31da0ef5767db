import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Limits the connections of a server. A connection beyond the limit ends the one that has been idle for longest, so that idle
 * connections cannot lock out probes. `event` is the server's event for a connection that may send requests.
 */
export function boundConnections(server: Server, most: number, event: "connection" | "secureConnection"): void {
  const open = new Set<Socket>();
  const idle = new Set<Socket>(); // longest idle first
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
