/** The auction example in Chromium, as visitors use it: by mouse, by keyboard, on a narrow screen, and with its router killed. */
import { once } from "node:events";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { type RunningExample, startExample } from "../support/example.js";
import { CHROMIUM } from "../support/page-server.js";

if (!CHROMIUM) console.log("No Chromium on the PATH: the tests of the auction are skipped. CHROMIUM may name one.");
const inBrowser = test.skipIf(!CHROMIUM);

let isBuilt = false;
let browser: Browser | undefined;

beforeAll(async () => {
  if (CHROMIUM) browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-quic"] });
});
afterAll(async () => browser?.close());

/** Runs the example without other bidders; the page is built by the first one. */
async function openHouse(t: TestContext, port = 0): Promise<RunningExample> {
  const flags = ["--alone", "--port", `${port}`, ...(isBuilt ? ["--built"] : [])];
  const house = await startExample(t, "auction", flags);
  isBuilt = true;
  return house;
}

async function visit(
  t: TestContext,
  { url }: Pick<RunningExample, "url">,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await (browser as Browser).newContext({ reducedMotion: "reduce", ...options });
  t.onTestFinished(() => context.close());
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (/Content Security Policy|script-src|React|Uncaught/.test(message.text())) errors.push(message.text());
  });
  t.onTestFinished(() => expect(errors).toEqual([]));
  await page.goto(url);
  await lotOf(page, "Brass telescope").waitFor();
  return page;
}

const lotOf = (page: Page, title: string): Locator => page.getByRole("listitem", { name: title });
const amountOf = (lot: Locator): Locator => lot.getByRole("textbox");
const bidButton = (lot: Locator): Locator => lot.getByRole("button", { name: "Place bid" });

inBrowser("a bid is seen by all visitors at once, and one that is too low says so in words", async (t) => {
  const house = await openHouse(t);
  const [ada, ben] = [await visit(t, house), await visit(t, house)];
  await ben.getByLabel("You bid as").fill("Ben");
  const [hers, his] = [lotOf(ada, "Cobalt vase"), lotOf(ben, "Cobalt vase")];
  await bidButton(hers).click();
  await hers.getByText("You lead, with one bid").waitFor();
  await his.getByText("Ada leads, with one bid").waitFor();
  await amountOf(his).fill("650");
  await bidButton(his).click();
  await his.getByText("Too low: it stands at €640. Bid €690 or more.").waitFor();
  await amountOf(his).fill("700");
  await bidButton(his).click();
  await hers.getByText("Ben leads, with 2 bids").waitFor();
  await expect.poll(() => amountOf(hers).inputValue()).toBe("750"); // what counts now
  const clock = lotOf(ben, "Mantel clock");
  await amountOf(clock).fill("5");
  await bidButton(clock).click();
  await clock.getByText("Too low: bids begin at €380.").waitFor();
  expect(await amountOf(clock).getAttribute("aria-invalid")).toBe("true");
  await ben.getByLabel("You bid as").fill(" ");
  await bidButton(his).click();
  await his.getByText("Say who you are first").waitFor();
});

inBrowser("an appraisal shows its progress and its result, and can be stopped", async (t) => {
  const page = await visit(t, await openHouse(t));
  const [clock, chair] = [lotOf(page, "Mantel clock"), lotOf(page, "Bentwood chair")];
  await clock.getByRole("button", { name: "Ask for an appraisal" }).click();
  await chair.getByRole("button", { name: "Ask for an appraisal" }).click();
  const bar = clock.getByRole("progressbar");
  await clock.getByText("Looking for marks…").waitFor();
  expect(await bar.evaluate((each) => (each as unknown as { readonly value: number }).value)).toBeGreaterThan(0.1);
  await chair.getByRole("button", { name: "Stop the appraisal" }).click();
  await chair.getByText("Stopped.").waitFor();
  await clock.getByText("Appraised at €342 to €608.").waitFor();
});

inBrowser(
  "the router is killed and comes back: a bid fails or waits, as was chosen",
  { timeout: 120_000 },
  async (t) => {
    const house = await openHouse(t);
    const page = await visit(t, house);
    const vase = lotOf(page, "Cobalt vase");
    house.child.kill("SIGKILL");
    await once(house.child, "exit");
    await page.getByText("The connection is lost.").waitFor();
    await page.getByRole("button", { name: "Try now" }).click();
    await bidButton(vase).click();
    await vase.getByText("There is no connection: your bid was not sent.").waitFor();
    expect(await amountOf(vase).getAttribute("aria-invalid")).toBe("false"); // the amount is not at fault
    const chair = lotOf(page, "Bentwood chair");
    await chair.getByRole("button", { name: "Ask for an appraisal" }).click();
    await chair.getByText("There is no connection to an expert.").waitFor();
    await page.getByRole("radio", { name: "wait for it" }).check();
    await bidButton(vase).click();
    await vase.getByText("Your bid waits for the connection.").waitFor();
    const clock = lotOf(page, "Mantel clock");
    await bidButton(clock).click();
    await clock.getByRole("button", { name: "Take back" }).click();
    await clock.getByText("You took your bid back.").waitFor();

    await openHouse(t, Number(new URL(house.url).port));
    await vase.getByText("You lead, with one bid").waitFor();
    expect(await page.getByText("The connection is lost.").count()).toBe(0);
    await page.getByText("Live", { exact: true }).waitFor();
    expect(await clock.getByText("No bids yet").count()).toBe(1);
  },
);

inBrowser("the keyboard is enough, and shows where it is", async (t) => {
  const page = await visit(t, await openHouse(t));
  const focused = () =>
    page.evaluate(`(() => {
      const at = document.activeElement;
      const seen = at.matches("[type=radio]") ? at.nextElementSibling : at;
      return { name: at.value ?? at.textContent, outline: getComputedStyle(seen).outlineStyle };
    })()`) as Promise<{ readonly name: string; readonly outline: string }>;
  const stops: string[] = [];
  for (let stop = 0; stop < 5; stop++) {
    await page.keyboard.press("Tab");
    const { name, outline } = await focused();
    stops.push(name);
    expect(outline, name).toBe("solid");
  }
  expect(stops.slice(0, 3)).toEqual(["To the lots", "Ada", "fail"]);
  expect(stops[3]).toBe("1200");
  await page.keyboard.press("Shift+Tab"); // back to the amount
  await page.keyboard.press("Control+A");
  await page.keyboard.type("1500");
  await page.keyboard.press("Enter");
  await lotOf(page, "Brass telescope").getByText("You lead, with one bid").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter"); // an appraisal
  await lotOf(page, "Brass telescope").getByRole("progressbar").waitFor();
});

inBrowser("a narrow screen scrolls one way, its buttons fit fingers, and dark is dark", async (t) => {
  const house = await openHouse(t);
  const page = await visit(t, house, { viewport: { width: 320, height: 640 }, colorScheme: "dark", hasTouch: true });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
  const box = await bidButton(lotOf(page, "Brass telescope")).boundingBox();
  expect(box?.height).toBeGreaterThanOrEqual(44);
  const background = "getComputedStyle(document.body).backgroundColor";
  expect(await page.evaluate(background)).toBe("rgb(18, 23, 20)");
  await bidButton(lotOf(page, "Atlas of the heavens")).tap();
  await lotOf(page, "Atlas of the heavens").getByText("You lead, with one bid").waitFor();
});

inBrowser("every button and field is named after its lot, and a lot's news names it", async (t) => {
  const page = await visit(t, await openHouse(t));
  const vase = lotOf(page, "Cobalt vase");
  await bidButton(vase).click();
  await vase.getByText("Cobalt vase: You lead, with one bid").waitFor(); // a live region
  await vase.getByRole("button", { name: "Ask for an appraisal of Cobalt vase" }).click();
  await vase.getByText("Appraised at").waitFor();
  const names = await page.getByRole("main").getByRole("button").allTextContents();
  expect(new Set(names).size).toBe(12); // two for each lot
  expect(names).toContain("Place bid for Cobalt vase");
  expect(names).toContain("Appraise again: Cobalt vase");
  expect(await page.evaluate(NAMELESS)).toEqual([]);
});

/** The controls without a label. */
const NAMELESS = `[...document.querySelectorAll("button, input, progress, a")]
  .filter((each) => !(each.textContent || each.ariaLabel || each.labels?.length || each.getAttribute("aria-labelledby")))
  .map((each) => each.outerHTML)`;

test("Ctrl-C ends it in order", async (t) => {
  const { child, lines } = await openHouse(t);
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(lines.at(-1)).toBe("The auction is over.");
});
