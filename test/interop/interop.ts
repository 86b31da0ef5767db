/**
 * `npm run test:interop`: clients of others against our router, over each transport and serializer and by each login. It sets up what it
 * can below node_modules/.cache and says what it skips, and why. Ends with 1 where anything failed.
 */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cbor } from "wampact/cbor";
import type { SerializerId } from "wampact/peer";
import type { Listener, Router } from "wampact/router";
import * as routerEntry from "wampact/router";
import { CLIENTS, type Client, goThrough, type Run } from "./clients.js";
import { AUTHID, connectHost, LOGINS, REALM, serveSteps, startRouter } from "./host.js";

const SERIALIZERS: readonly SerializerId[] = ["json", "msgpack", "cbor"];
/** How many steps a client takes: see client.py. */
const STEPS = 7;
const FOLDER = fileURLToPath(new URL("../../node_modules/.cache/interop/", import.meta.url));

/** A way to the router. */
interface Way {
  readonly name: string;
  readonly transport: Run["transport"];
  readonly batched: boolean;
  /** The listener's URL; `undefined` where this version of the router has no such listener. */
  listen(router: Router): Promise<string | undefined>;
}

const overWebSocket = async (router: Router) => (await router.listen()).url;
const WAYS: readonly Way[] = [
  { name: "WebSocket", transport: "websocket", batched: false, listen: overWebSocket },
  { name: "batched WebSocket", transport: "websocket", batched: true, listen: overWebSocket },
  {
    name: "RawSocket",
    transport: "rawsocket",
    batched: false,
    async listen(router) {
      const { rawSocket } = routerEntry as { rawSocket?: (options: object) => Listener };
      return rawSocket && (await router.listen(rawSocket({}))).url;
    },
  },
];

let passed = 0;
let failed = 0;
const skipped: string[] = [];

const router = await startRouter();
const { url } = await router.listen();
const peer = await connectHost(url, [cbor()]);
await serveSteps(peer);
const urls = new Map<Way, string | undefined>();
for (const way of WAYS) {
  urls.set(way, await way.listen(router));
  if (!urls.get(way)) skipped.push(`${way.name}: this version of the router has no such listener`);
}
for (const { name, setUp } of CLIENTS) {
  const folder = `${FOLDER}${name.replace(/\W+/g, "-")}`;
  mkdirSync(folder, { recursive: true });
  const client = setUp(folder);
  if ("skipped" in client) skipped.push(`${name}: ${client.skipped}`);
  else await runAll(name, client);
}
await peer.close();
await router.close({ drainMs: 0 });
for (const each of skipped) console.log(`SKIPPED ${each}`);
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exitCode = failed > 0 ? 1 : 0;

async function runAll(name: string, client: Client): Promise<void> {
  for (const way of WAYS) {
    const target = urls.get(way);
    if (!target) continue;
    if (way.batched && !client.batches) {
      skipped.push(`${name} over ${way.name}: it has no batches`);
      continue;
    }
    for (const serializer of SERIALIZERS)
      for (const method of Object.keys(LOGINS)) await runOne({ name, client, way, target, serializer, method });
  }
}

/** One run of the interoperability tests. */
interface Case {
  readonly name: string;
  readonly client: Client;
  readonly way: Way;
  readonly target: string;
  readonly serializer: SerializerId;
  readonly method: string;
}

async function runOne({ name, client, way, target, serializer, method }: Case): Promise<void> {
  const { transport, batched } = way;
  // nexus calls RawSocket over TCP by its scheme
  const url = name.startsWith("nexus") ? target.replace(/^rs:/, "tcp:") : target;
  const secrets = LOGINS[method] as Readonly<Record<string, string>>;
  const told = await goThrough(client, {
    transport,
    batched,
    url,
    realm: REALM,
    serializer,
    method,
    authid: AUTHID,
    secrets,
  });
  const faults = told.filter(([, failure]) => failure !== null);
  if (told.length < STEPS) faults.push(["all steps", `only ${told.length} of ${STEPS} were taken`]);
  passed += told.length - told.filter(([, failure]) => failure !== null).length;
  failed += faults.length;
  console.log(`${faults.length === 0 ? "ok    " : "FAILED"} ${name}, ${way.name}, ${serializer}, ${method}`);
  for (const [step, failure] of faults) console.log(`         ${step}: ${failure}`);
}
