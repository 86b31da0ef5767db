/** A page in Chromium that is hidden, frozen, and wakes. */
import { beforeAll, expect, type TestContext, test, vi } from "vitest";
import { openTab } from "../support/devtools.js";
import { buildPage, CHROMIUM, servePage } from "../support/page-server.js";
import { startServer } from "../support/peers.js";
import { startProxy } from "../support/proxy.js";
import { REALM } from "../support/raw.js";

const inBrowser = test.skipIf(!CHROMIUM);

let script: string;
beforeAll(async () => {
  script = await buildPage();
});

/** A page that stays connected through a proxy, and what it asks the router for. */
async function startPage(t: TestContext) {
  const asked: string[] = [];
  const authorize = (_who: unknown, _action: string, uri: string) => {
    asked.push(uri);
    return true;
  };
  const server = await startServer(t, { realms: [{ name: REALM, authorize }] });
  const proxy = await startProxy(t, server.url);
  const tab = await openTab(t, CHROMIUM as string, await servePage(t, script)); // a test that runs has one
  await vi.waitFor(async () => expect(await tab.evaluate('"scenarios" in globalThis')).toBe(true), SOON);
  await tab.evaluate(`scenarios.stay(${JSON.stringify({ url: proxy.url, realm: REALM })})`);
  const states = async () => (await tab.evaluate("scenarios.states()")) as readonly string[];
  /** Hides it. It asks once, so that its router can be judged. */
  const hide = async () => {
    await tab.show(false);
    await vi.waitFor(() => expect(asked).toEqual(["wamp.session.count"]), SOON);
  };
  return { server, proxy, asked, tab, hide, states };
}

const SOON = { timeout: 30_000 }; // a silent router is asked after 45 s only

inBrowser("a page that is seen again asks at once whether its router is there", async (t) => {
  const { asked, tab, hide, states } = await startPage(t);
  await hide();
  await tab.show(true);
  await vi.waitFor(() => expect(asked).toHaveLength(2), SOON);
  expect(await states()).toEqual([]);
});

inBrowser("a page whose connection has died while it was hidden is soon back", async (t) => {
  const { server, proxy, tab, hide, states } = await startPage(t);
  await hide();
  proxy.strand();
  await tab.show(true);
  await vi.waitFor(async () => expect((await states()).at(-1)).toBe("ready"), SOON);
  expect(await states()).toEqual(["waiting: the router is dead: no answer within 10000 ms", "connecting", "ready"]);
  expect(server.router.totals(REALM).joined).toBe(2);
});

// Chromium itself closes the WebSocket of a page that was frozen, when the page goes on.
inBrowser.for([false, true])(
  "a page that was frozen is soon back (router restarted meanwhile: %s)",
  async (restarts, t) => {
    const { server, tab, hide, states } = await startPage(t);
    await hide();
    await tab.freeze(true);
    if (restarts) await server.kill();
    if (restarts) await server.restart();
    await tab.freeze(false);
    await tab.show(true);
    await vi.waitFor(async () => expect((await states()).at(-1)).toBe("ready"), SOON);
  },
);
