/** HTTP in a configuration: what it serves, and what is weak. */
import { expect, test } from "vitest";
import { createRouter } from "wampact/router";
import { findConfig, readConfig } from "../../src/config/load.js";
import { prepareConfig } from "../../src/config/prepare.js";
import { warningsOf } from "../../src/config/warnings.js";
import { ask, post } from "../support/http.js";
import { createProject } from "../support/project.js";

const HTTP = { httpBridge: { path: "/http", openapi: "openapi.json" }, longPoll: { path: "/poll" } };
const LISTENERS = [
  { type: "websocket", port: 0, ...HTTP },
  { type: "universal", port: 0, websocket: HTTP },
  { type: "websocket", port: 0 },
];
const OPENAPI = '{ "openapi": "3.1.0", "info": { "title": "x", "version": "1" }, "paths": {} }';

async function prepared(t: Parameters<typeof createProject>[0], config: object) {
  const files = { "openapi.json": OPENAPI, "wampact.config.json": JSON.stringify(config) };
  const { dir } = createProject(t, files);
  const place = findConfig(dir);
  if (!place) throw new Error("there is a configuration");
  return prepareConfig(await readConfig(place));
}

test("listeners of either kind serve the bridge and long-poll, where they are to", async (t) => {
  const { router: config, listeners } = await prepared(t, { realms: [{ name: "com.app" }], listeners: LISTENERS });
  const router = createRouter(config);
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  for (const [index, { listener }] of listeners.entries()) {
    const { port } = await router.listen(listener);
    const url = `http://127.0.0.1:${port}`;
    const isThere = index < 2;
    const call = await post(`${url}/http/com.app/call/wamp.session.count`);
    expect(call).toMatchObject(isThere ? { status: 200 } : { status: 426 });
    const document = await ask(`${url}/http/openapi.json`);
    expect(document).toMatchObject(isThere ? { status: 200, body: JSON.parse(OPENAPI) } : { status: 426 });
    const open = await ask(`${url}/poll/open`, { method: "POST", body: '{"protocols":["wamp.2.json"]}' });
    expect(open.status).toBe(isThere ? 200 : 426);
  }
});

test("what is weak about HTTP is told", async (t) => {
  const ticket = { method: "ticket", findBy: { procedure: "com.app.find" } };
  const realms = [{ name: "com.app", auth: [ticket], roles: { user: {} }, limits: { session: {} } }];
  const cluster = { type: "nats", node: "r1" };
  const listeners = LISTENERS.slice(0, 2).map((each) => ({ ...each, host: "0.0.0.0" }));
  const told = warningsOf(await prepared(t, { realms, listeners, cluster })).map(({ code, path, words }) => [
    code,
    path,
    words,
  ]);
  expect(told).toEqual(
    expect.arrayContaining([
      ["W_PLAIN_TICKETS", "listeners[0]", expect.stringContaining("every HTTP request")],
      ["W_PLAIN_TICKETS", "listeners[1]", expect.stringContaining("every HTTP request")],
      ["W_STICKY_LONG_POLL", "listeners[0].longPoll", expect.any(String)],
      ["W_STICKY_LONG_POLL", "listeners[1].websocket.longPoll", expect.any(String)],
    ]),
  );
});

const ANONYMOUS = { roles: { anonymous: {} } };
const LOGINS = { auth: [{ method: "ticket", findBy: { procedure: "com.app.find" } }], roles: { user: {} } };

test.for([
  ["of a realm for anybody", ANONYMOUS, { httpBridge: {} }, true],
  [
    "of a realm with logins and anonymous clients",
    { ...LOGINS, auth: [{ method: "anonymous", authrole: "user" }] },
    { httpBridge: {} },
    true,
  ],
  ["of an open realm", { open: true }, { httpBridge: {} }, true],
  ["of a realm for anybody, with its names", ANONYMOUS, { httpBridge: {}, hosts: ["app.example"] }, false],
  ["of another realm", ANONYMOUS, { httpBridge: { realms: ["com.other"] } }, false],
  ["of a realm with logins", LOGINS, { httpBridge: {} }, false],
  ["of a realm for development, which looks at the name itself", {}, { httpBridge: {} }, false],
  ["that is none", ANONYMOUS, { longPoll: {} }, false],
] as const)("a bridge %s without names of the router is weak, or not", async ([, realm, http, isWeak], t) => {
  const listeners = [
    { type: "websocket", port: 0, ...http },
    { type: "universal", port: 0, websocket: http },
  ];
  const told = warningsOf(await prepared(t, { realms: [{ name: "com.app", ...realm }], listeners }));
  expect(told.filter(({ code }) => code === "W_NO_HOSTS").map(({ path }) => path)).toEqual(
    isWeak ? ["listeners[0].hosts", "listeners[1].websocket.hosts"] : [],
  );
});
