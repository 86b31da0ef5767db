/**
 * The server under load, in a process of its own: `router`, or one of the baselines on bare `ws`. `echo` sends back what it
 * gets; `fanout` sends each message of its first connection to all others, framed once, one write per socket.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createRouter } from "wampact/router";
import { WebSocketServer } from "ws";
import { createFrameEncoder } from "../../src/transport/websocket-frame.js";

const kind = process.argv[2];
const url = kind === "router" ? await startRouter() : await startBare(kind === "fanout");
process.send?.({ url });
process.on("message", () => process.send?.(process.cpuUsage()));
process.on("disconnect", () => process.exit());

async function startRouter(): Promise<string> {
  const router = createRouter({ realms: [{ name: "com.bench" }] });
  return (await router.listen()).url;
}

function startBare(fanout: boolean): Promise<string> {
  const server = createServer();
  const sockets = new Set<Duplex>();
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const raw = { frame: (data: Uint8Array) => createRawFrame(data) };
  server.on("upgrade", (request, socket, head) =>
    wss.handleUpgrade(request, socket, head, (ws) => {
      const isPublisher = sockets.size === 0;
      sockets.add(socket);
      ws.on("message", (data: Buffer, binary) => {
        if (!fanout) return ws.send(data, { binary });
        if (!isPublisher) return undefined;
        const frame = raw.frame(data);
        for (const each of sockets) each.write(frame);
        return undefined;
      });
    }),
  );
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`));
  });
}

/** The frame of some bytes, by the router's own encoder over a serializer that does nothing. */
function createRawFrame(data: Uint8Array): Uint8Array {
  const encoder = createFrameEncoder({
    id: "json",
    binary: false,
    decode: () => {
      throw new Error("only encodes");
    },
    encode: (_message, headroom = 0) => {
      const bytes = Buffer.allocUnsafe(headroom + data.length);
      bytes.set(data, headroom);
      return bytes;
    },
    decodePayload: () => ({ args: [], kwargs: {} }),
    encodePayload: () => ({ bytes: data, elements: 0 }),
  });
  return encoder.frame({ type: "GOODBYE", details: {}, reason: "" });
}
