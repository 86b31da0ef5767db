/** `wampact router` without a configuration: the first minute. */
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { connect } from "wampact/peer";
import { startCliRouter, wampact } from "../support/cli.js";
import { connectPeer } from "../support/peers.js";
import { skipOnWindows } from "../support/platform.js";
import { createProject } from "../support/project.js";

test("the development router says on one screen where it is, who may do what, how to stop and how to connect", async (t) => {
  const { dir } = createProject(t, {});
  const router = await startCliRouter(t, dir, ["--port", "0"]);
  const lines = router.output().split("\n");
  expect(lines.length).toBeLessThan(24);
  expect(router.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/ws$/);
  expect(router.output().replaceAll(router.url, "URL").replace(String(router.pid), "PID")).toMatchInlineSnapshot(`
    "wampact 0.2.0: a router for development

      URL

    realm realm1
      logins    none: clients on this machine only (a realm for development)
      everyone  may do everything except ending other sessions and revoking their registrations and subscriptions

    client  import { connect } from "wampact"; const peer = await connect({ url: "URL", realm: "realm1" });
    stop    Ctrl+C, or kill PID: pending calls have 5 s to finish; a second signal exits at once
    next    wampact.config.json: { "realms": [{ "name": "com.app" }] } with authentication, roles and TLS (docs/configuration.md)

    "
  `);
  const [, line = ""] = /client {2}(.*)/.exec(router.output()) ?? [];
  const program = `${line} console.log((await peer.call("wamp.session.count")).args[0]); await peer.close();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: dir,
    encoding: "utf8",
  });
  expect([stderr, stdout]).toEqual(["", "1\n"]);
});

test("--realm and --host change the development router", async (t) => {
  const { dir } = createProject(t, {});
  const router = await startCliRouter(t, dir, ["--port", "0", "--realm", "com.mine", "--host", "localhost"]);
  expect(router.url).toMatch(/^ws:\/\/localhost:/);
  await connectPeer(t, { url: router.url, realm: "com.mine" });
  await expect(connect({ url: router.url, realm: "realm1" })).rejects.toThrow("no_such_realm");
});

test("a port that is taken is told in words, with what to do, and exit code 2", async (t) => {
  const { dir, write } = createProject(t, {});
  const server = createServer().listen(0, "127.0.0.1");
  t.onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  expect(await wampact(dir, ["router", "--port", String(port)])).toEqual({
    stdout: "",
    stderr: `cannot listen on 127.0.0.1:${port}: the port is in use; stop the process that uses it or choose another port\nto use another port, run wampact router --port ${port + 1}\n`,
    status: 2,
  });
  write("wampact.config.json", JSON.stringify({ realms: [{ name: "a" }], listeners: [{ type: "websocket", port }] }));
  const { stderr, status } = await wampact(dir, ["router", "--log-format", "text"]);
  expect(stderr).toContain("to use another port, set listeners[0].port in wampact.config.json");
  expect(status).toBe(2);
});

test("an address that is not of this machine, and a store that cannot be opened, are told with exit code 2", async (t) => {
  const { dir, write } = createProject(t, { data: "a file" });
  const elsewhere = await wampact(dir, ["router", "--port", "0", "--host", "127.0.0.1.example.invalid"]);
  expect(elsewhere.status).toBe(1); // no address of this machine only
  const config = {
    realms: [{ name: "a", open: true }],
    listeners: [{ type: "websocket", host: "192.0.2.1", port: 0 }],
  };
  write("wampact.config.json", JSON.stringify(config));
  const away = await wampact(dir, ["router", "--log-format", "text"]);
  expect(away.stderr).toContain(
    "this machine does not have this address; to use another one, set listeners[0].host in wampact.config.json",
  );
  expect(away.status).toBe(2);
  write("wampact.config.json", JSON.stringify({ realms: [{ name: "a", store: { type: "lmdb", path: "data" } }] }));
  const stored = await wampact(dir, ["router", "--log-format", "text"]);
  const words = /wampact\.config\.json: realms\[0\]\.store\.path: "[^"]+data" is not a directory; choose another path/g;
  expect(stored.stderr.match(words)).toHaveLength(2); // a warning before, and why it ends
  expect(stored.status).toBe(2);
});

test.for<readonly [args: readonly string[], words: string]>([
  [["--port", "http"], "option '--port <number>' argument 'http' is invalid. It must be an integer from 0 to 65535."],
  ...["0", "x", "1.5", "65", "1000000"].map((workers): [string[], string] => [
    ["--workers", workers],
    `option '--workers <number>' argument '${workers}' is invalid. It must be an integer from 1 to 64.`,
  ]),
  [["--realm", "not a uri", "--port", "0"], 'realms[0].name: expected a URI such as "com.app", got "not a uri"'],
  [["--host", "0.0.0.0", "--port", "0"], "all realms of this router are for development"],
  [["--config", "missing.json"], "missing.json: the file does not exist"],
  [["chek"], 'unknown command "chek" of wampact router; did you mean "check"?'],
  [["--prot", "1"], "unknown option '--prot'\n(Did you mean --port?)"],
  [["reload"], "no configuration found (wampact.config.json, wampact.config.mjs, wampact.config.ts); pass one"],
])("wampact router %s is refused in words", async ([args, words], t) => {
  const { dir } = createProject(t, {});
  const { stderr, status } = await wampact(dir, ["router", ...args]);
  expect(stderr).toContain(words);
  expect(stderr).not.toContain("    at ");
  expect(status).toBe(1);
});

test("a configuration is found in the working directory; flags hold for what it leaves open", async (t) => {
  const { dir, write } = createProject(t, { "wampact.config.json": '{ "schemas": "contracts", "out": "src/gen" }' });
  const development = await startCliRouter(t, dir, ["--port", "0", "--realm", "com.mine"]);
  expect(development.output()).toContain("a router for development (wampact.config.json has no realms)");
  write("wampact.config.json", '{ "schemas": "contracts", "realms": [{ "name": "com.app" }] }');
  const configured = await startCliRouter(t, dir, ["--port", "0"]);
  expect(configured.output()).toContain("a router with wampact.config.json");
  await connectPeer(t, { url: configured.url, realm: "com.app" });
  const { stderr } = await wampact(dir, ["router", "--realm", "com.mine"]);
  expect(stderr).toBe("wampact.config.json: realms: already set in the file; remove --realm, or change the file\n");
  write("wampact.config.mjs", "export default {}");
  expect((await wampact(dir, ["router"])).stderr).toBe(
    "wampact.config.json: wampact.config.mjs also exists; keep one of them, or pass one with --config\n",
  );
});

test.for([
  "wampact.config.mjs",
  "wampact.config.ts",
])("%s runs, and calls onListening before it is ready", async (name, t) => {
  const typed = name.endsWith(".ts") ? "const realm: string = REALM;" : "const realm = REALM;";
  const { dir } = createProject(t, {
    "realm.mjs": 'export const REALM = "com.app";',
    [name]: `import { defineConfig } from "wampact/config";
import { connect } from "wampact";
import { REALM } from "./realm.mjs";
${typed}
export default defineConfig({
  realms: [{ name: realm, authorize: (_who, _action, uri) => uri !== "com.app.closed" }],
  listeners: [{ type: "websocket", port: 0 }],
  async onListening(router) {
    const peer = await connect({ transport: router.attach(), realm });
    await peer.register("com.app.open", ({ args }) => args[0] + 1);
  },
});`,
  });
  const router = await startCliRouter(t, dir);
  const peer = await connectPeer(t, { url: router.url, realm: "com.app" });
  expect((await peer.call("com.app.open", [1])).args).toEqual([2]);
  await expect(peer.call("com.app.closed")).rejects.toThrow("notAuthorized");
});

test("npm start's configuration serves the demo", async (t) => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const router = await startCliRouter(t, root, ["--config", "examples/demo.config.ts"], { PORT: "0" });
  expect(router.output()).toContain("demo services: com.app.add2");
  const peer = await connectPeer(t, { url: router.url, realm: "com.app" });
  expect((await peer.call("com.app.add2", [], { a: 2, b: 3 })).args).toEqual([5]);
});

test("listeners of all kinds reach one router", async (t) => {
  skipOnWindows(t, "it has no Unix sockets");
  const { dir, write } = createProject(t, {});
  const listeners = [
    { type: "websocket", port: 0, path: ["/ws", "/other"] },
    { type: "rawsocket", port: 0, pingIntervalMs: false },
    { type: "rawsocket", path: "router.sock", mode: "600" },
    { type: "universal", port: 0, websocket: { path: "/" } },
  ];
  write("wampact.config.json", JSON.stringify({ realms: [{ name: "com.app" }], listeners }));
  const router = await startCliRouter(t, dir);
  const urls = [...router.output().matchAll(/^ {2}((?:ws|rs|unix):\S+)$/gm)].map(([, url = ""]) => url);
  expect(urls.map((url) => url.replace(/:\d+/, ":PORT"))).toEqual([
    "ws://127.0.0.1:PORT/ws",
    "rs://127.0.0.1:PORT",
    `unix:${join(dir, "router.sock")}`,
    "ws://127.0.0.1:PORT/",
  ]);
  expect(statSync(join(dir, "router.sock")).mode & 0o777).toBe(0o600);
  const [callee, ...callers] = await Promise.all(urls.map((url) => connectPeer(t, { url, realm: "com.app" })));
  await callee?.register("com.app.echo", ({ args }) => args[0]);
  for (const caller of callers) expect((await caller.call("com.app.echo", [1])).args).toEqual([1]);
});
