/** The client in Chromium: a page with generated clients against a router of ours. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, type TestContext, test, vi } from "vitest";
import { connect } from "wampact";
import { json } from "wampact/peer";
import {
  type Authenticator,
  createRouter,
  cryptosign,
  hashCraSecret,
  hashScramPassword,
  hashTicket,
  scram,
  ticket,
  wampcra,
} from "wampact/router";
import { WebSocketServer } from "ws";
import { calculatorHandlers } from "../../examples/handlers.js";
import { createCalculatorClient, serveCalculator } from "../../schemas/generated/calculator.gen.js";
import { createChatClient } from "../../schemas/generated/chat.gen.js";
import { FrameClient } from "../support/frames.js";
import { buildPage, CHROMIUM, servePage } from "../support/page-server.js";
import { connectPeer, startServer } from "../support/peers.js";
import { REALM } from "../support/raw.js";
import type { LoginMethod, Scenarios } from "./browser/page.js";

declare const scenarios: Scenarios; // in the page, where what `evaluate` is given runs

if (!CHROMIUM) console.log("No Chromium on the PATH: the browser tests are skipped. CHROMIUM may name one.");
const EVENT = '[36,7,9007199254740991,{},[],{"value":42}]';
const inBrowser = test.skipIf(!CHROMIUM);

let script: string;
let browser: Browser | undefined;

beforeAll(async () => {
  script = await buildPage();
  if (CHROMIUM) browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-quic"] });
});
afterAll(async () => browser?.close());

test("there is a Chromium where one is required", () => {
  if (process.env.CI) expect(CHROMIUM, "a browser on the PATH").toBeDefined();
});

inBrowser.for(["json", "msgpack", "cbor"] as const)("a page calls over %s", async (serializer, t) => {
  const { url } = await startServer(t);
  await serveCalculator(await connectPeer(t, { url }), calculatorHandlers());
  const page = await openPage(t);
  const outcome = await page.evaluate(([target, name]) => scenarios.call(target, name), [
    { url, realm: REALM },
    serializer,
  ] as const);
  expect(outcome).toEqual({
    sum: 42,
    left: [3, 2, 1, 0],
    divided: { numerator: 1 },
    refused: "wamp.error.invalid_argument",
  });
});

inBrowser("a page answers calls, and those it leaves behind are settled", async (t) => {
  const { url } = await startServer(t);
  const page = await openPage(t);
  await page.evaluate((target) => scenarios.serve(target), { url, realm: REALM });
  const calculator = createCalculatorClient(await connectPeer(t, { url }));
  expect(await calculator.add2({ a: 2, b: 40 })).toBe(42);
  expect(await calculator.divide({ a: 1, b: 0 }).safe()).toMatchObject({ error: { data: { numerator: 1 } } });
  await page.close();
  await expect(calculator.add2({ a: 2, b: 40 })).rejects.toThrow(/the callee has left|no callee is registered/);
});

inBrowser("a page's subscriptions come back with the router", async (t) => {
  const server = await startServer(t);
  const page = await openPage(t);
  await page.evaluate((target) => scenarios.listen(target), { url: server.url, realm: REALM });
  const say = async (text: string) => {
    const peer = await connect({ url: server.url, realm: REALM });
    await createChatClient(peer).said.publish({ room: "tea" as never }, { from: 1, text }, { acknowledge: true });
    await peer.close();
  };
  await say("before");
  await vi.waitFor(async () => expect(await page.evaluate(() => scenarios.heard())).toEqual(["tea: before"]));
  await server.kill();
  await server.restart();
  await vi.waitFor(() => expect(server.router.stats(REALM).subscribers).toBe(1), 5_000);
  await say("after");
  await vi.waitFor(async () => {
    expect(await page.evaluate(() => scenarios.heard())).toEqual(["tea: before", "tea: after"]);
  });
});

const PASSWORD = "correct horse";
const SEED = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
const PUBKEY = "1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d";
const role = "user";
const LOGINS: readonly (readonly [LoginMethod, string, string, () => Promise<Authenticator>])[] = [
  [
    "ticket",
    "ticket",
    PASSWORD,
    async () => ticket({ principals: { ada: { role, ticket: await hashTicket(PASSWORD) } } }),
  ],
  [
    "wampcra",
    "wampcra",
    PASSWORD,
    async () => wampcra({ principals: { ada: { role, key: await hashCraSecret(PASSWORD) } } }),
  ],
  [
    "scram",
    "wamp-scram",
    PASSWORD,
    async () => scram({ principals: { ada: { role, scram: await hashScramPassword(PASSWORD, { kdf: "pbkdf2" }) } } }),
  ],
  ["cryptosign", "cryptosign", SEED, async () => cryptosign({ principals: { ada: { role, pubkey: PUBKEY } } })],
];

inBrowser.for(LOGINS)("a page logs in by %s", async ([method, authmethod, secret, create], t) => {
  const router = createRouter({ realms: [{ name: REALM, auth: [await create()] }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen();
  const page = await openPage(t);
  const login = (shown: string) =>
    page.evaluate(([target, how]) => scenarios.login(target, how), [
      { url, realm: REALM },
      { method, secret: shown },
    ] as const);
  expect(await login(secret)).toEqual(["ada", authmethod]);
  await expect(login(`${secret.slice(0, -1)}1`)).rejects.toThrow("wamp.error.authentication_failed");
});

inBrowser.for(["json", "msgpack", "cbor"] as const)(
  "a page gets the events of a turn in one frame, over %s",
  async (serializer, t) => {
    const { url } = await startServer(t);
    const page = await openPage(t);
    const opened = page.waitForEvent("websocket");
    const events = page.evaluate(([target, options]) => scenarios.timeEvents(target, options), [
      { url, realm: REALM },
      { kind: "untyped", count: 1_000, serializer },
    ] as const);
    let frames = 0;
    const socket = await opened;
    await vi.waitFor(async () => expect(await page.evaluate(() => scenarios.subscribed())).toBe(true));
    socket.on("framereceived", () => frames++);
    const peer = await connectPeer(t, { url });
    for (let event = 0; event < 1_000; event++) void peer.publish("com.bench.ticked", [], { value: 42 });
    await events;
    expect(frames).toBeGreaterThan(0);
    expect(frames).toBeLessThan(100);
  },
);

inBrowser("what a page sends in one turn is one frame", async (t) => {
  const { url } = await startServer(t);
  await serveCalculator(await connectPeer(t, { url }), calculatorHandlers());
  const page = await openPage(t);
  const opened = page.waitForEvent("websocket");
  const sums = page.evaluate(([target, count]) => scenarios.callAtOnce(target, count), [
    { url, realm: REALM },
    500,
  ] as const);
  const frames: string[] = [];
  (await opened).on("framesent", ({ payload }) => frames.push(String(payload)));
  expect(await sums).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  const calls = frames.filter((frame) => frame.startsWith("[48,"));
  expect(calls).toHaveLength(1);
  expect(calls[0]?.split("\x1e")).toHaveLength(501); // and nothing behind the last
});

inBrowser("events per second, printed", { timeout: 120_000 }, async (t) => {
  const count = 100_000;
  const perSecond = (ms: number) => `${(count / ms).toFixed(0)},000 per second`;
  const page = await openPage(t);
  for (const batch of [1, 500]) {
    for (const kind of ["bare", "untyped", "typed"] as const) {
      const target = { url: await startFlood(t, { count, batch }), realm: REALM };
      const ms = await page.evaluate(([target, options]) => scenarios.timeEvents(target, options), [
        target,
        { kind, count, protocol: protocolOf(batch) },
      ] as const);
      console.log(`events through the WebSocket of Chromium, ${batch} to a frame, ${kind}: ${perSecond(ms)}`);
    }
  }
  for (const kind of ["untyped", "typed"] as const) {
    const target = { url: await startFlood(t, { count: 0, batch: 1 }), realm: REALM };
    const ms = await page.evaluate(([target, options]) => scenarios.timeDispatch(target, options), [
      target,
      { kind, count, event: EVENT },
    ] as const);
    console.log(`events parsed and dispatched in the page, ${kind}: ${perSecond(ms)}`);
    expect(ms).toBeGreaterThan(0);
  }
  const { url } = await startServer(t);
  const timed = page.evaluate(([target, options]) => scenarios.timeEvents(target, options), [
    { url, realm: REALM },
    { kind: "typed", count },
  ] as const);
  await vi.waitFor(async () => expect(await page.evaluate(() => scenarios.subscribed())).toBe(true));
  const publisher = await FrameClient.join(t, url, json());
  const publications = Array.from({ length: count }, (_, index) =>
    JSON.stringify([16, index + 1, {}, "com.bench.ticked", [], { value: 42 }]),
  );
  for (const publication of publications) publisher.sendBytes(Buffer.from(publication));
  console.log(`events through a router and the WebSocket of Chromium, typed: ${perSecond(await timed)}`);
});

/** A page that has loaded the script, under a policy without `unsafe-eval`. A fault of the page fails the test. */
async function openPage(t: TestContext): Promise<Page> {
  const url = await servePage(t, script);
  const page = (await browser?.newPage()) as Page; // there is a browser where a test runs
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  t.onTestFinished(async () => {
    await page.close();
    expect(faults).toEqual([]);
  });
  await page.goto(url);
  await page.waitForFunction(() => "scenarios" in globalThis);
  return page;
}

const protocolOf = (batch: number) => (batch === 1 ? "wamp.2.json" : "wamp.2.json.batched");

/** A server that answers a subscription with so many events, `batch` to a frame, as fast as they are taken: what is measured is the page. */
async function startFlood(
  t: TestContext,
  { count, batch }: { readonly count: number; readonly batch: number },
): Promise<string> {
  const ending = batch === 1 ? "" : "\x1e";
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => protocolOf(batch) });
  server.on("connection", (socket, request) => {
    const frames = frameOf(Buffer.from(`${EVENT}${ending}`.repeat(batch)), 1_000 / batch);
    socket.on("message", async (data) => {
      const [type, id] = JSON.parse(String(data).replace(ending, ""));
      if (type === 1) socket.send(`[2,1,{"roles":{"broker":{}}}]${ending}`);
      if (type !== 32) return;
      socket.send(`[33,${id},7]${ending}`);
      for (let sent = 0; sent < count; sent += 1_000) {
        if (!request.socket.write(frames)) await once(request.socket, "drain");
      }
    });
  });
  await once(server, "listening");
  t.onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Returns `count` unmasked text frames with a text of up to 64 KiB. */
function frameOf(text: Buffer, count: number): Buffer {
  const header =
    text.length < 126 ? Buffer.of(0x81, text.length) : Buffer.of(0x81, 126, text.length >>> 8, text.length);
  return Buffer.concat(Array.from({ length: count }, () => [header, text]).flat());
}
