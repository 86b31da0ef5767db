import { Connections } from "../connections.js";
import type { Listener } from "../listener.js";
import { WebSocketListener } from "./http-listener.js";
import { checkWebSocketOptions, type WebSocketOptions } from "./options.js";

/**
 * Creates a listener for WebSocket connections, on its own server or on one of the application. `router.listen({ port: 8080 })`
 * is the short form of `router.listen(websocket({ port: 8080 }))`. Throws `TypeError` for an unknown option or an invalid value.
 */
export function websocket(options: WebSocketOptions = {}): Listener {
  return websocketListener(options, "websocket");
}

/** Creates the listener of `websocket()` or `listen()`; `path` is the function's name in error messages. */
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
