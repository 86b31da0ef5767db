/** The client in Chromium: a page with generated clients against a router of ours. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, type TestContext, test, vi } from "vitest";
import { connect } from "wampact";
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
  await expect(calculator.add2({ a: 2, b: 40 })).rejects.toThrow(/the callee is gone|no callee has registered/);
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

inBrowser("events per second, printed", { timeout: 120_000 }, async (t) => {
  const count = 100_000;
  const perSecond = (ms: number) => `${(count / ms).toFixed(0)},000 per second`;
  const page = await openPage(t);
  for (const kind of ["bare", "untyped", "typed"] as const) {
    const target = { url: await startFlood(t, count), realm: REALM };
    const ms = await page.evaluate(([target, options]) => scenarios.timeEvents(target, options), [
      target,
      { kind, count },
    ] as const);
    console.log(`events through the WebSocket of Chromium, ${kind}: ${perSecond(ms)}`);
  }
  for (const kind of ["untyped", "typed"] as const) {
    const target = { url: await startFlood(t, 0), realm: REALM };
    const ms = await page.evaluate(([target, options]) => scenarios.timeDispatch(target, options), [
      target,
      { kind, count, event: EVENT },
    ] as const);
    console.log(`events parsed and dispatched in the page, ${kind}: ${perSecond(ms)}`);
    expect(ms).toBeGreaterThan(0);
  }
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

/** A server that answers a subscription with so many events, as fast as they are taken: what is measured is the page. */
async function startFlood(t: TestContext, count: number): Promise<string> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => "wamp.2.json" });
  server.on("connection", (socket, request) => {
    socket.on("message", async (data) => {
      const [type, id] = JSON.parse(String(data));
      if (type === 1) socket.send('[2,1,{"roles":{"broker":{}}}]');
      if (type !== 32) return;
      socket.send(`[33,${id},7]`);
      const event = Buffer.from(EVENT);
      const frames = Buffer.concat(Array.from({ length: 1_000 }, () => [Buffer.of(0x81, event.length), event]).flat());
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
