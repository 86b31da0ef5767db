/**
 * The router under attack, in a process of its own: the built package through its public API, with a listener of each kind
 * and with policies, a store and schemas that throw where they are told to. It ends by itself once the router is closed.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { procedure, topic } from "wampact";
import { cbor } from "wampact/cbor";
import { msgpack } from "wampact/msgpack";
import { json } from "wampact/peer";
import {
  createRouter,
  type EventStore,
  type ListenOptions,
  memoryStore,
  type PermissionRule,
  type RealmConfig,
  type Router,
  type Serializer,
} from "wampact/router";
import * as z from "zod";
import { cert, key } from "../../support/tls.js";
import {
  FAULT,
  type FromRouter,
  KEPT,
  PATH,
  PLANNED,
  type Ports,
  REALMS,
  type Report,
  type ToRouter,
} from "./places.js";
import { plant } from "./plants.js";

const read: Record<string, number> = {};

function tell(message: FromRouter): void {
  process.send?.(message);
}

function planned(where: string): never {
  throw new Error(`${where}: ${PLANNED}`);
}

/** Counts what the router reads, by type. */
function counted(serializer: Serializer): Serializer {
  const count = (type: string) => {
    read[type] = (read[type] ?? 0) + 1;
  };
  return {
    ...serializer,
    decode(data, trusted) {
      try {
        const message = serializer.decode(data, trusted);
        count(message.type);
        return message;
      } catch (error) {
        count("violation");
        throw error;
      }
    },
  };
}

/** A store in memory, each of whose methods throws for the topics that it is to fail for. */
function failingStore(): EventStore {
  const fails = (given: unknown): boolean =>
    given === FAULT.store ||
    given === FAULT.history ||
    (given instanceof Object && fails((given as { topic?: unknown }).topic));
  return new Proxy(memoryStore(), {
    get(store, name) {
      const method: unknown = Reflect.get(store, name);
      if (typeof method !== "function") return method;
      return (...given: unknown[]) => {
        if (given.some(fails)) planned(`store.${String(name)}`);
        return Reflect.apply(method, store, given);
      };
    },
  });
}

const throwing = z.unknown().refine(() => planned("schema"));
const contract = {
  call: procedure(FAULT.schema, { input: throwing, output: z.unknown() }),
  event: topic(FAULT.schema, { event: throwing }),
};

/** Longer URIs than the default allows: what they meet behind that bound is to be met, too. */
const GENEROUS = { realm: { maxUriBytes: 16 * 1024 * 1024, maxUriComponents: 200_000 } };

const EVERYTHING: readonly PermissionRule[] = [
  { uri: "", match: "prefix", allow: ["call", "register", "publish", "subscribe"] },
];

const POLICIES: Omit<RealmConfig, "name"> = {
  store: failingStore,
  history: [
    { topic: KEPT, match: "prefix", limit: 50 },
    { topic: FAULT.history, limit: 10 },
  ],
  retainMs: 60_000,
  enforce: [contract],
  trustLevel: (_who, uri) => (uri === FAULT.trust ? planned("trustLevel") : uri.length % 5),
  disclosure: (_who, uri) => (uri === FAULT.disclosure ? planned("disclosure") : "requested"),
};

function createTarget(): Router {
  return createRouter({
    realms: [
      { ...POLICIES, name: REALMS.calm, open: true, limits: GENEROUS },
      {
        ...POLICIES,
        name: REALMS.wild,
        roles: { anonymous: { permissions: EVERYTHING } },
        limits: GENEROUS,
        trustPayloads: ({ session }) => session % 2 === 0,
      },
      { ...POLICIES, name: REALMS.strict, open: true, strictUris: true, strictRequestIds: true, disclosure: "never" },
      { name: REALMS.broken, open: true, trustPayloads: () => planned("trustPayloads") },
    ],
    serializers: [counted(json()), counted(msgpack()), counted(cbor())],
    handshakeTimeoutMs: 2_000,
    maxHandshakesPerSecond: Number.POSITIVE_INFINITY,
    onError(error) {
      const text = inspect(error);
      if (!text.includes(PLANNED)) tell({ type: "fault", text });
    },
  });
}

/** An HTTP server of the application's; one that shares its port answers upgrades that are not the router's itself. */
async function applicationServer(shares: boolean): Promise<Server> {
  const server = createServer((_request, response) => response.end("the application's own\n"));
  if (shares) {
    server.on("upgrade", ({ url }, socket) => {
      const isAlone = server.listenerCount("upgrade") === 1; // the router does not listen here any more
      if (!isAlone && (url === PATH || url?.startsWith(`${PATH}?`))) return;
      socket.on("error", () => socket.destroy());
      socket.end("HTTP/1.1 418 I'm a teapot\r\nConnection: close\r\n\r\n", () => socket.destroy());
    });
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Closes a listener and opens it again on the same port, until the router is closed. */
async function flap(router: Router, options: ListenOptions): Promise<{ readonly port: number; stop(): void }> {
  let listening = await router.listen(options);
  const { port } = listening;
  let stopped = false;
  const again = async () => {
    if (stopped) return;
    await listening.close();
    if (stopped) return;
    listening = await router.listen({ ...options, port });
    setTimeout(again, 300);
  };
  setTimeout(again, 300);
  return {
    port,
    stop() {
      stopped = true;
    },
  };
}

await plant(process.argv[2], () => tell({ type: "planted" }));
const router = createTarget();
const servers = [await applicationServer(true), await applicationServer(false)] as const;
const flapping = await flap(router, {});
const portOf = async (options: ListenOptions) => (await router.listen(options)).port;
for (const server of servers) await router.listen({ server });
const ports: Ports = {
  plain: await portOf({}),
  tls: await portOf({ tls: { key, cert } }),
  deflate: await portOf({ perMessageDeflate: true, maxMessageBytes: 1024 * 1024 }),
  shared: (servers[0].address() as AddressInfo).port,
  alone: (servers[1].address() as AddressInfo).port,
  tight: await portOf({ maxMessageBytes: 32 * 1024, maxUnsentBytes: 128 * 1024, pingIntervalMs: 400 }),
  flapping: flapping.port,
};
tell({ type: "listening", ports });

function report(): Report {
  const stats = Object.fromEntries(Object.values(REALMS).map((name) => [name, { ...router.stats(name) }]));
  const sockets = process.getActiveResourcesInfo().filter((name) => /^(TCPSocket|TLS)Wrap$/.test(name)).length;
  return { read, stats, sockets, residentBytes: process.memoryUsage.rss() };
}

async function close(): Promise<void> {
  flapping.stop();
  await router.close({ drainMs: 500 });
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  process.off("disconnect", abandoned);
  process.disconnect();
}

/** Ends the process when the fuzzer is gone. */
function abandoned(): void {
  process.exit(1);
}
process.on("disconnect", abandoned);

process.on("message", (message: ToRouter) => {
  if (message.type === "report") tell({ type: "report", report: report() });
  else void close();
});
