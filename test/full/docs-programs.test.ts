/** The programs of the pages that no other test runs: each as it is printed, beside a router and services. */
import { spawnSync } from "node:child_process";
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generate } from "wampact/codegen";
import { freePort, install, write } from "../support/empty-folder.js";
import { temporary } from "../support/folder.js";
import { joined, type Snippet, snippetsOf } from "../support/snippets.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A router, a service for each contract, and the globals that test/docs/globals.d.ts declares. */
const WORLD = `import autobahn from "autobahn";
import { connect, serve } from "wampact";
import { longPoll } from "wampact/http";
import { createRouter } from "wampact/router";
import * as calculator from "./schemas/calculator.js";
import { createCalculatorClient } from "./schemas/generated/calculator.gen.js";
import { createFleetClient } from "./schemas/generated/fleet.gen.js";
import { createOrdersClient } from "./schemas/generated/orders.gen.js";
import * as shop from "./schemas/shop.js";
import * as thermostat from "./schemas/thermostat.js";

const history = [{ topic: "com.fleet..", match: "wildcard" }] as const;
const router = createRouter({ realms: [{ name: "com.app", history }] });
await router.listen({ port: PORT, http: [longPoll()] });
const join = () => connect({ transport: router.attach({ authrole: "user" }), realm: "com.app", onError: () => {} });

export const handlers = {
  add2: ({ a, b }) => a + b,
  divide({ a, b }, { errors }) {
    if (b === 0) throw errors.divideByZero({ numerator: a });
    return a / b;
  },
  scale: (value, factor) => value * factor,
  countdown() {},
};
const other = await join();
export const serveAll = async () => {
  await serve(other, calculator, handlers);
  await serve(other, shop, { find: () => [], order: () => ({ number: "n1" }) });
  await serve(other, thermostat, { set() {} });
};
const packed = () =>
  createOrdersClient(other).orderStatus.publish({ orderId: "a17" }, { state: "packed" }, { acknowledge: true });
export const measured = () =>
  createFleetClient(other).reading.publish(
    { vehicle: "truck_7", sensor: "speed" },
    { value: 80, unit: "km/h", at: new Date() },
    { acknowledge: true },
  );
const peer = await join();
const done = new AbortController();
export const closeLater = () => setImmediate(() => peer.close());
export const packWhenSubscribed = () =>
  other.subscribe("wamp.subscription.on_subscribe", async () => {
    await packed();
    await peer.call("wamp.session.count"); // answered behind the event
    setImmediate(() => done.abort()); // when the loop has taken it
  });
const principal = { authid: "ada", authrole: "user", authmethod: "com.app.token", authprovider: "test" };
const byToken = {
  method: "com.app.token",
  begin: () => ({ type: "challenge", extra: {}, answer: () => ({ type: "accepted", principal }) }),
};
export const takeTokens = () =>
  router.reconfigure("com.app", { auth: [byToken], roles: { user: {} } });
const session = await new Promise((resolve) => {
  const connection = new autobahn.Connection({ url: "ws://127.0.0.1:PORT/ws", realm: "com.app" });
  connection.onopen = resolve;
  connection.open();
});
Object.assign(globalThis, {
  peer, handlers, session, otherPeer: other, client: createCalculatorClient(peer), signal: done.signal });
`;
const SERVED = "await serveAll();\n";

type Printed = string | RegExp;
/** The snippets of a page that are one program, the code before it, and what it prints. */
const PROGRAMS: readonly (readonly [page: string, which: readonly number[], before: string, printed: Printed])[] = [
  ["calling", [0, 1, 2, 3, 4, 5], SERVED, "1\n"],
  ["calling", [6], "await takeTokens();\n", ""],
  ["codegen", [0], SERVED, ""],
  ["contracts", [1], SERVED, ""],
  ["contracts", [2], "", ""],
  ["foreign-peers", [0], SERVED, ""],
  ["foreign-peers", [2, 3], SERVED, ""],
  ["foreign-peers", [4], "", ""],
  ["http", [0], "", ""],
  ["http", [1], "", ""],
  ["middleware", [0, 1], "", ""],
  ["middleware", [2], "", ""],
  ["middleware", [3], "", ""],
  ["observability", [0, 1], "", ""],
  ["reconnection", [0], "closeLater();\n", /^ready undefined\nclosed .*\nclosed .*\n$/],
  ["reconnection", [1], "", ""],
  ["reconnection", [2], "", ""],
  ["reconnection", [3], SERVED, ""],
  ["reconnection", [4], "", ""],
  ["router", [0], "", ""],
  ["router", [1], "", ""],
  ["router", [2], "", ""],
  ["router", [3], "", ""],
  ["router", [4], "", ""],
  ["router", [5], "", ""],
  ["router", [6], "", ""],
  ["runtimes", [0], SERVED, ""],
  ["serving", [0], "", ""],
  ["serving", [1], "", ""],
  ["serving", [2], "", ""],
  ["serving", [3], "", ""],
  ["serving", [4], "", ""],
  ["serving", [5], "", ""],
  ["serving", [6, 7], "", /^calculator \w+ 1\.4\.2 \[\n {2}\{\n {4}name: 'add2'/],
  ["topics", [0, 1], "", ""],
  ["topics", [0, 2], "await packWhenSubscribed();\n", "a17 packed\n"],
  ["topics", [3, 5], "await measured();\n", /^(80 true\n)?.*truck_7 80\n$/s],
  ["topics", [4], "", ""],
  ["topics", [6], "", ""],
  ["tracing", [0], "", ""],
  ["tracing", [1], "", ""],
];

/** The snippets of a page. One that begins with the name of a contract file is that file, and no part of a program. */
function snippetsAndFiles(page: string) {
  const snippets = snippetsOf(`docs/${page}.md`).filter(({ language }) => language === "ts");
  const isFile = ({ code }: Snippet) => /^\/\/ schemas\/[\w-]+\.ts\n/.test(code);
  const files = snippets.filter(isFile).map(({ code }) => [code.slice(3, code.indexOf("\n")), code] as const);
  return { snippets: snippets.map((each) => (isFile(each) ? { ...each, code: "" } : each)), files };
}

/** The imports of a snippet, which later snippets of its page use. */
const importsOf = (snippet: Snippet): Snippet => ({
  ...snippet,
  code: [...snippet.code.matchAll(/^import [^;]*;\n/gm)].join(""),
});

const dir = temporary({ onTestFinished: (end) => afterAll(end) });
beforeAll(async () => {
  install(dir, ["wampact", "zod", "tsx", "ts-morph", "typescript", "autobahn", "lmdb", "@opentelemetry/api"]);
  write(dir, { "package.json": JSON.stringify({ type: "module" }), "schemas/.keep": "" });
  for (const name of readdirSync(join(ROOT, "schemas")).filter((each) => each.endsWith(".ts"))) {
    copyFileSync(join(ROOT, "schemas", name), join(dir, "schemas", name));
  }
  for (const page of new Set(PROGRAMS.map(([name]) => name))) {
    write(dir, Object.fromEntries(snippetsAndFiles(page).files));
  }
  await generate({ cwd: dir, thin: true });
});

test.for(PROGRAMS)("docs/%s.md: snippets %j run as they are printed", async ([page, which, before, printed]) => {
  const port = await freePort();
  const here = (code: string) =>
    code
      .replaceAll("PORT", String(port))
      .replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`)
      .replaceAll("wss://app.example/ws", `http://127.0.0.1:${port}/lp`)
      .replaceAll("https://app.example/lp", `http://127.0.0.1:${port}/lp`)
      .replaceAll(/port: [89]\d{3}/g, "port: 0");
  const { snippets } = snippetsAndFiles(page);
  const program = joined(snippets.map((each, index) => (which.includes(index) ? each : importsOf(each))));
  write(dir, {
    "world.ts": here(WORLD),
    "before.ts": `import "./world.js";\nimport { closeLater, measured, packWhenSubscribed, serveAll, takeTokens } from "./world.js";\n${before}`,
    "program.ts": `import "./before.js";\n${here(program)}\nprocess.exit(0);\n`,
  });
  const { stdout, stderr, status } = spawnSync("node", ["--import", "tsx", "program.ts"], {
    cwd: dir,
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(stderr.replaceAll(/^\{"level":30,.*\n/gm, "")).toBe(""); // entries of a log
  expect(stdout).toEqual(printed instanceof RegExp ? expect.stringMatching(printed) : printed);
  expect(status).toBe(0);
});

const PAGES_RUN_ELSEWHERE = [
  "clustering",
  "configuration",
  "errors",
  "permissions",
  "security",
  "streaming",
  "testing",
  "zod",
];

test("every program of docs runs in a test", () => {
  const pages = readdirSync(join(ROOT, "docs")).flatMap((name) => (name.endsWith(".md") ? name.slice(0, -3) : []));
  const missing = pages
    .filter((page) => !PAGES_RUN_ELSEWHERE.includes(page))
    .flatMap((page) => {
      const run = PROGRAMS.filter(([name]) => name === page).flatMap(([, which]) => which);
      const { snippets } = snippetsAndFiles(page);
      return snippets.flatMap(({ code }, index) => (code === "" || run.includes(index) ? [] : [`${page} ${index}`]));
    });
  expect(missing).toEqual([]);
});
