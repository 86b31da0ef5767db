/** A page in Chromium without WebSockets: calls with `fetch`, events with `EventSource` of another origin, and long-poll. */
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, type TestContext, test, vi } from "vitest";
import { httpBridge, longPoll } from "wampact/http";
import type { Peer } from "wampact/peer";
import { anonymous, createRouter, hashTicket, type Router, ticket } from "wampact/router";
import { calculatorHandlers } from "../../examples/handlers.js";
import { serveCalculator } from "../../schemas/generated/calculator.gen.js";
import { createChatClient } from "../../schemas/generated/chat.gen.js";
import { buildPage, CHROMIUM, servePage } from "../support/page-server.js";
import { join } from "../support/peers.js";
import { REALM } from "../support/raw.js";
import type { Scenarios } from "./browser/page.js";

declare const scenarios: Scenarios; // in the page

const inBrowser = test.skipIf(!CHROMIUM);
const SOON = { timeout: 30_000 }; // Chromium waits some seconds before it asks again

let script: string;
let browser: Browser | undefined;

beforeAll(async () => {
  script = await buildPage();
  const args = ["--no-sandbox", "--disable-quic", "--host-resolver-rules=MAP *.example 127.0.0.1"];
  if (CHROMIUM) browser = await chromium.launch({ executablePath: CHROMIUM, args });
});
afterAll(async () => browser?.close());

/** A page of another origin than the router's, which has a name of its own. Lists `origin` at the router. */
async function openPage(t: TestContext, name: string): Promise<{ readonly page: Page; readonly origin: string }> {
  const { port } = new URL(await servePage(t, script));
  const origin = `http://${name}:${port}`;
  const page = (await browser?.newPage()) as Page; // there is a browser where a test runs
  t.onTestFinished(() => page.close());
  await page.goto(origin);
  await page.waitForFunction(() => "scenarios" in globalThis);
  return { page, origin };
}

/** A router with a bridge and long-poll. `restart` kills it, and starts another one at its port. */
async function startRouter(t: TestContext, origins: readonly string[]) {
  const principals = { ada: { role: "user", ticket: await hashTicket("lovelace", { logN: 4, r: 1, p: 1 }) } };
  const auth = [anonymous(), ticket({ principals })];
  const start = async (port: number) => {
    const router = createRouter({ realms: [{ name: REALM, auth }] });
    const listening = await router.listen({
      port,
      origins,
      hosts: ["router.example"],
      http: [httpBridge(), longPoll({ pollMs: 500 })],
    });
    return { router, port: listening.port };
  };
  let { router, port } = await start(0);
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  return {
    base: `http://router.example:${port}/api/${REALM}`,
    url: `http://router.example:${port}/lp`,
    get router(): Router {
      return router;
    },
    peer: (): Promise<Peer> => join(t, router, { onError: () => {} }), // it is told that the router was killed
    async restart() {
      await router.close({ drainMs: 0 });
      ({ router, port } = await start(port));
    },
  };
}

inBrowser("a page of a listed origin calls by fetch, logs in by ticket, and can read why it failed", async (t) => {
  const { page, origin } = await openPage(t, "app.example");
  const { base, peer } = await startRouter(t, [origin]);
  await (await peer()).register("com.example.who", ({ caller }) => caller?.authid, { discloseCaller: true });
  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    page.evaluate(
      async ([url, given]) => {
        const init = { method: "POST", headers: { "content-type": "application/json", ...given }, body: "{}" };
        const response = await fetch(url, { ...init, credentials: "include" });
        return [response.status, await response.json(), response.headers.get("www-authenticate")];
      },
      [`${base}${path}`, headers] as const,
    );
  const bearer = (token: string) => ({ authorization: `Bearer ${token}`, "wamp-authid": "ada", "x-trace": "1" });
  expect(await ask("/call/com.example.who", bearer("lovelace"))).toEqual([200, { args: ["ada"], kwargs: {} }, null]);
  expect(await ask("/call/com.example.none")).toMatchObject([404, { error: "wamp.error.no_such_procedure" }, null]);
  expect(await ask("/call/com.example.who", bearer("wrong"))).toMatchObject([
    401,
    { error: "wamp.error.authentication_failed" },
    "Bearer",
  ]);
});

inBrowser("a page of another origin neither reads anything nor causes a call", async (t) => {
  const { page } = await openPage(t, "evil.example");
  const { base, url, peer, router } = await startRouter(t, ["http://app.example"]);
  const local = await peer();
  let calls = 0;
  await local.register("com.example.act", () => ++calls);
  const outcomes = await page.evaluate(
    async ([base, url]) => {
      const outcome = (promise: Promise<Response>) =>
        promise.then(
          ({ type }) => type,
          (error: Error) => error.name,
        );
      const stream = new EventSource(`${base}/subscribe/com.example.topic`);
      const isClosed = await new Promise((resolve) => {
        stream.onerror = () => resolve(stream.readyState === EventSource.CLOSED);
        stream.onopen = () => resolve("opened");
      });
      const json = { "content-type": "application/json" };
      const act = `${base}/call/com.example.act`;
      const open = JSON.stringify({ protocols: ["wamp.2.json"] });
      return [
        isClosed,
        await outcome(fetch(act, { method: "POST", headers: json, body: "{}" })),
        await outcome(fetch(act, { method: "POST", mode: "no-cors", body: "{}" })),
        await outcome(fetch(`${url}/open`, { method: "POST", mode: "no-cors", body: open })),
      ];
    },
    [base, url] as const,
  );
  expect(outcomes).toEqual([true, "TypeError", "opaque", "opaque"]);
  expect([calls, router.totals(REALM).joined]).toEqual([0, 1]); // the peer of this test
});

inBrowser("an EventSource hears again once its router is back", async (t) => {
  const { page, origin } = await openPage(t, "app.example");
  const server = await startRouter(t, [origin]);
  await page.evaluate((url) => {
    const heard: unknown[] = [];
    Object.assign(globalThis, { heard });
    const stream = new EventSource(url);
    stream.onopen = () => heard.push("opened");
    stream.onmessage = ({ data }) => heard.push(JSON.parse(data).args[0]);
  }, `${server.base}/subscribe/com.example.topic`);
  const heard = () => page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard);
  const text = "one\ntwo\u2028three\r\n: four";
  await vi.waitFor(async () => expect(await heard()).toEqual(["opened"]), SOON);
  await (await server.peer()).publish("com.example.topic", [text], {}, { acknowledge: true });
  await vi.waitFor(async () => expect(await heard()).toEqual(["opened", text]), SOON);
  await server.restart();
  await vi.waitFor(async () => expect(await heard()).toEqual(["opened", text, "opened"]), SOON);
  await (await server.peer()).publish("com.example.topic", ["again"], {}, { acknowledge: true });
  await vi.waitFor(async () => expect(await heard()).toEqual(["opened", text, "opened", "again"]), SOON);
});

inBrowser("a page that leaves ends its stream, and a page that cancels a fetch its call", async (t) => {
  const { page, origin } = await openPage(t, "app.example");
  const { base, peer, router } = await startRouter(t, [origin]);
  const cancelled = vi.fn();
  const called = vi.fn();
  await (await peer()).register("com.example.slow", ({ signal }) => {
    called();
    return new Promise(() => signal.addEventListener("abort", cancelled));
  });
  await page.evaluate((base) => {
    const controller = new AbortController();
    Object.assign(globalThis, { controller, stream: new EventSource(`${base}/subscribe/com.example.topic`) });
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: "{}", signal: controller.signal };
    fetch(`${base}/call/com.example.slow`, init).catch(() => {}); // it is cancelled below
  }, base);
  await vi.waitFor(() => expect([called.mock.calls.length, router.stats(REALM).subscribers]).toEqual([1, 1]), SOON);
  await page.evaluate(() => (globalThis as unknown as { controller: AbortController }).controller.abort());
  await vi.waitFor(() => expect(cancelled).toHaveBeenCalled(), SOON);
  await page.goto("about:blank");
  await vi.waitFor(() => expect(router.sessions(REALM)).toHaveLength(1), SOON);
});

inBrowser.for(["json", "msgpack", "cbor"] as const)("a page calls by long-poll over %s", async (serializer, t) => {
  const { page, origin } = await openPage(t, "app.example");
  const { url, peer } = await startRouter(t, [origin]);
  await serveCalculator(await peer(), calculatorHandlers());
  const outcome = await page.evaluate(([target, name]) => scenarios.call(target, name), [
    { url, realm: REALM },
    serializer,
  ] as const);
  expect(outcome).toMatchObject({ sum: 42, left: [3, 2, 1, 0], divided: { numerator: 1 } });
});

inBrowser("a page's subscriptions by long-poll come back with the router", async (t) => {
  const { page, origin } = await openPage(t, "app.example");
  const server = await startRouter(t, [origin]);
  await page.evaluate((target) => scenarios.listen(target), { url: server.url, realm: REALM });
  const say = async (text: string) => {
    const chat = createChatClient(await server.peer());
    await chat.said.publish({ room: "tea" as never }, { from: 1, text }, { acknowledge: true });
  };
  const heard = () => page.evaluate(() => scenarios.heard());
  await say("before");
  await vi.waitFor(async () => expect(await heard()).toEqual(["tea: before"]), SOON);
  await server.restart();
  await vi.waitFor(() => expect(server.router.stats(REALM).subscribers).toBe(1), SOON);
  await say("after");
  await vi.waitFor(async () => expect(await heard()).toEqual(["tea: before", "tea: after"]), SOON);
});
