import { Connections } from "../connections.js";
import type { Listener } from "../listener.js";
import { WebSocketListener } from "./http-listener.js";
import { checkWebSocketOptions, type WebSocketOptions } from "./options.js";

/**
 * Listens for WebSocket connections: on a server of its own, or on one of the application's. `router.listen({ port: 8080 })` is the short
 * form of `router.listen(websocket({ port: 8080 }))`. Throws `TypeError` for an unknown option and for a value that cannot be.
 */
export function websocket(options: WebSocketOptions = {}): Listener {
  return websocketListener(options, "websocket");
}

/** As `websocket`, for the function that the application has given the options to: messages name it. */
export function websocketListener(options: WebSocketOptions, path: "listen" | "websocket"): Listener {
  checkWebSocketOptions(options, path);
  return {
    async listen(host) {
      const listener = new WebSocketListener(options, { host, connections: new Connections("websocket", host) });
      await listener.start();
      return listener;
    },
  };
}
