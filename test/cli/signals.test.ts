/** `wampact router` and signals: no call is lost, and the service manager is told. */
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { startCliRouter, wampact } from "../support/cli.js";
import { connectPeer, createGate, type Finish } from "../support/peers.js";
import { skipOnWindows } from "../support/platform.js";
import { createProject } from "../support/project.js";

const realm = "com.app";

beforeEach((t) => skipOnWindows(t, "it has no signals"));

function start(t: Finish, settings: object = {}, env: NodeJS.ProcessEnv = {}, files: Record<string, string> = {}) {
  const config = { realms: [{ name: realm }], listeners: [{ type: "websocket", port: 0 }], ...settings };
  const { dir } = createProject(t, { "wampact.config.json": JSON.stringify(config), ...files });
  if ("systemd-notify" in files) chmodSync(join(dir, "systemd-notify"), 0o755);
  return startCliRouter(t, dir, [], env.PATH === "." ? { ...env, PATH: dir, FAKE: dir } : env);
}

/** A callee whose answer a test lets go, and a caller. */
async function callUnderWay(t: Finish, url: string) {
  const [invoked, answer] = [createGate(), createGate()];
  const callee = await connectPeer(t, { url, realm, reconnect: false, onError: () => {} });
  await callee.register("com.app.slow", async () => {
    invoked.open();
    await answer.promise;
    return "done";
  });
  const caller = await connectPeer(t, { url, realm, reconnect: false, onError: () => {} });
  const called = caller.call("com.app.slow");
  await invoked.promise;
  return { called, answer, caller };
}

test.for([
  "SIGTERM",
  "SIGINT",
] as const)("%s lets a call under way end, refuses new ones, and exits with 0", async (signal, t) => {
  const router = await start(t);
  const { called, answer, caller } = await callUnderWay(t, router.url);
  router.signal(signal);
  await router.until("shutting down: pending calls have 5 s to finish");
  await expect(caller.call("com.app.slow")).rejects.toMatchObject({ uri: "wamp.error.unavailable" });
  answer.open();
  expect((await called).args).toEqual(["done"]);
  expect(await router.ended).toBe(0);
});

test.for([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("a second %s ends at once, with exit code %i", async ([signal, code], t) => {
  const router = await start(t, { drainMs: 600_000 });
  const { called } = await callUnderWay(t, router.url);
  const failed = called.catch(({ uri }: { uri: string }) => uri);
  router.signal(signal);
  await router.until("shutting down: pending calls have 600 s to finish");
  router.signal(signal);
  expect(await router.ended).toBe(code);
  expect(router.output()).toContain(
    "W_CUT_SHORT exited at once after a second signal: 2 sessions cut, 1 call without an answer",
  );
  expect(await failed).toMatch(/disconnected|canceled/);
});

test("SIGTERM under load: every call that was sent is answered", async (t) => {
  const router = await start(t);
  const callee = await connectPeer(t, { url: router.url, realm, reconnect: false, onError: () => {} });
  await callee.register("com.app.echo", ({ args }) => args[0]);
  const caller = await connectPeer(t, { url: router.url, realm, reconnect: false, onError: () => {} });
  const outcomes = { answered: 0, refused: 0, notSent: 0, lost: [] as unknown[] };
  const call = async (number: number): Promise<void> => {
    try {
      expect((await caller.call("com.app.echo", [number])).args).toEqual([number]);
      outcomes.answered++;
    } catch (error) {
      const { uri, sent } = error as { readonly uri: string; readonly sent?: boolean };
      if (uri === "wamp.error.unavailable") outcomes.refused++;
      else if (sent === false) outcomes.notSent++;
      else outcomes.lost.push(error);
      return;
    }
    if (outcomes.answered === 1_000) router.signal("SIGTERM");
    await call(number + 1);
  };
  await Promise.all(Array.from({ length: 50 }, (_, index) => call(index * 1_000_000)));
  expect(outcomes.lost).toEqual([]);
  expect(outcomes.answered).toBeGreaterThanOrEqual(1_000);
  expect(await router.ended).toBe(0);
});

test("without a configuration SIGHUP, as of a terminal that is closed, ends in order", async (t) => {
  const { dir } = createProject(t, {});
  const router = await startCliRouter(t, dir, ["--port", "0"]);
  router.signal("SIGHUP");
  expect(await router.ended).toBe(0);
});

test("what onListening throws ends the router with exit code 1", async (t) => {
  const { dir } = createProject(t, {
    "wampact.config.mjs":
      'export default { realms: [{ name: "a" }], listeners: [{ type: "websocket", port: 0 }], onListening() { throw new Error("no database"); } };',
  });
  await expect(startCliRouter(t, dir)).rejects.toThrow("no database");
});

const NOTIFY = '#!/bin/sh\nIFS=" "; echo "$*" >> "$FAKE/told"\n';

test("the service manager is told when it is ready, reloads and stops", async (t) => {
  const router = await start(t, {}, { NOTIFY_SOCKET: "/run/none", PATH: "." }, { "systemd-notify": NOTIFY });
  const told = () => readFileSync(join(router.dir, "told"), "utf8").trimEnd().split("\n");
  expect((await wampact(router.dir, ["router", "reload"])).status).toBe(0); // it is answered when the manager was told
  router.signal("SIGTERM");
  expect(await router.ended).toBe(0);
  const [ready, reloading, ...others] = told();
  expect(ready).toBe(`READY=1 STATUS=listening on ${router.url} MAINPID=${router.pid}`);
  expect(reloading).toMatch(/^RELOADING=1 MONOTONIC_USEC=\d+$/);
  expect(others.toSorted()).toEqual([`READY=1 STATUS=reloaded MAINPID=${router.pid}`, "STOPPING=1"].toSorted());
});

test("a router that cannot tell the service manager says so, and runs", async (t) => {
  const router = await start(t, {}, { NOTIFY_SOCKET: "/run/none", PATH: "." });
  await router.until(
    "warning W_NO_NOTIFY: the service manager cannot be notified (NOTIFY_SOCKET): the command systemd-notify is missing",
  );
  await connectPeer(t, { url: router.url, realm });
});

test("the control socket is for its user alone, and gone with the router", async (t) => {
  const router = await start(t);
  const path = join(router.dir, ".wampact.config.json.sock");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  router.signal("SIGTERM");
  await router.ended;
  expect(existsSync(path)).toBe(false);
});

test("no request to the control socket ends the router, and no open connection to it delays its end", async (t) => {
  const router = await start(t);
  const path = join(router.dir, ".wampact.config.json.sock");
  const send = async (text: string) => {
    const socket = connectSocket(path);
    t.onTestFinished(() => void socket.destroy());
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.on("error", () => {}); // the router may reset it
    socket.write(text);
    if (text.endsWith("\r\n\r\n")) await once(socket, "close");
    return received;
  };
  for (const target of ["//", "//[", "http://[", "*", "/constructor", "/__proto__", "x:toString", "/reload/"])
    expect(await send(`POST ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 4/);
  expect((await wampact(router.dir, ["router", "reload"])).status).toBe(0);
  await send("");
  await send("POST /reload HTTP/1.1\r\nHo");
  const began = performance.now();
  router.signal("SIGTERM");
  expect(await router.ended).toBe(0);
  expect(performance.now() - began).toBeLessThan(45_000); // Node alone waits a minute or more for such requests
});
