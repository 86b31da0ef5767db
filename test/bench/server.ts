/**
 * The server under load, in a process of its own: `router`, or one of the baselines on bare `ws`. `echo` sends back what it
 * gets; `fanout` sends each message of its first connection to all others, framed once, one write per socket.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createLog, createMetrics } from "wampact/operations";
import { anonymous, createRouter, memoryStore, type Router, type RouterConfig, universal } from "wampact/router";
import { WebSocketServer } from "ws";
import { serverFrame } from "./frames.js";
import type { RouterSettings } from "./servers.js";

/** The load's bare clients answer no pings, and would be cut. */
const NO_PINGS = 600_000;
const [, , kind, realm = "", settings = "{}"] = process.argv;
let router: Router | undefined;
const url = kind === "router" ? await startRouter() : await startBare(kind === "fanout");
process.send?.({ url });
process.on("message", (what) => {
  if (what === "collected") (globalThis as { gc?: () => void }).gc?.();
  const figures = what === "cpu" ? process.cpuUsage() : process.memoryUsage();
  const held = what === "held" ? { stats: router?.stats(realm), totals: router?.totals(realm) } : {};
  process.send?.({ ...figures, ...held }, () => {}); // nobody may be left
});
process.on("disconnect", () => process.exit());

async function startRouter(): Promise<string> {
  const { listen, raw, realm: settled, store, authrole, watched = false } = JSON.parse(settings) as RouterSettings;
  const auth = authrole === undefined ? {} : { auth: [anonymous({ authrole })] };
  const realms = [{ name: realm, store: memoryStore(store), ...auth, ...settled }];
  const watching = watched ? await watch() : {};
  router = createRouter({ realms, maxHandshakesPerSecond: Number.POSITIVE_INFINITY, ...watching });
  const websocket = { pingIntervalMs: NO_PINGS, ...listen };
  return (await router.listen(raw ? universal({ websocket }) : websocket)).url;
}

/** A log that nobody reads, and metrics that are read every second: more often than any scraper does. */
async function watch(): Promise<Partial<RouterConfig>> {
  const log = await createLog({ format: "json", destination: { write() {} } });
  const metrics = createMetrics();
  setInterval(() => router && metrics.text(router), 1_000).unref();
  return { observer: log.observer, onError: log.onError, meter: metrics };
}

function startBare(fanout: boolean): Promise<string> {
  const server = createServer();
  const sockets = new Set<Duplex>();
  const wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on("upgrade", (request, socket, head) =>
    wss.handleUpgrade(request, socket, head, (ws) => {
      const isPublisher = sockets.size === 0;
      sockets.add(socket);
      ws.on("error", () => {});
      ws.on("message", (data: Buffer, binary) => {
        if (!fanout) return ws.send(data, { binary });
        if (!isPublisher) return undefined;
        const frame = serverFrame(data, binary);
        for (const each of sockets) each.write(frame);
        return undefined;
      });
    }),
  );
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`));
  });
}
