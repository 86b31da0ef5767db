/** The SharedWorker example in Chromium: two tabs, one session. */
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { expect, type TestContext, test } from "vitest";
import { connect } from "wampact";
import { startExample } from "../support/example.js";
import { CHROMIUM } from "../support/page-server.js";

const inBrowser = test.skipIf(!CHROMIUM);

async function openBrowser(t: TestContext): Promise<BrowserContext> {
  const args = ["--no-sandbox", "--disable-quic"];
  const browser = await chromium.launch({ ...(CHROMIUM && { executablePath: CHROMIUM }), args });
  t.onTestFinished(() => browser.close());
  return browser.newContext();
}

async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByText("ready", { exact: true }).waitFor();
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Say something").fill(text);
  await page.getByRole("button", { name: "Say" }).click();
}

inBrowser("two tabs have one connection, which stays until the last one is closed", { timeout: 120_000 }, async (t) => {
  const { url } = await startExample(t, "shared-worker", ["--port", "0"]);
  const peer = await connect({ url: `${url.replace("http", "ws")}ws`, realm: "com.chat" });
  t.onTestFinished(() => peer.close());
  const sessions = async () => (await peer.call("wamp.session.count")).args[0];
  const context = await openBrowser(t);
  const [one, other] = [await openTab(context, url), await openTab(context, url)];
  expect(await sessions()).toBe(3); // the service, the worker, and this test
  await say(one, "Is there any left?");
  for (const page of [one, other]) await page.getByText("Is there any left?").waitFor();
  await say(other, "Buy spam");
  await other.getByText("That word is not wanted here.").waitFor();

  await one.close();
  await say(other, "A cup.");
  await other.getByText("A cup.").waitFor();
  expect(await sessions()).toBe(3);
  await other.close();
  await expect.poll(sessions, { timeout: 20_000 }).toBe(2); // the browser has ended the worker
});

inBrowser(
  "a browser without SharedWorkers has a worker, and a connection, for each tab",
  { timeout: 120_000 },
  async (t) => {
    const { url } = await startExample(t, "shared-worker", ["--port", "0"]);
    const context = await openBrowser(t);
    await context.addInitScript("delete window.SharedWorker");
    const [one, other] = [await openTab(context, url), await openTab(context, url)];
    await say(one, "Is there any left?");
    for (const page of [one, other]) await page.getByText("Is there any left?").waitFor();
    await one.close();
    await say(other, "A cup.");
    await other.getByText("A cup.").waitFor();
  },
);
