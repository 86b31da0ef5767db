/** The behavior on Windows, as far as other systems can test it: a router that takes its system for Windows. */
import { expect, test } from "vitest";
import { rawSocket } from "wampact/router";
import { startCliRouter, wampact } from "../support/cli.js";
import { AS_ON_WINDOWS, asOnWindows, skipOnWindows } from "../support/platform.js";
import { createProject } from "../support/project.js";

const REALM = { name: "com.app", open: true };

function projectOf(t: Parameters<typeof createProject>[0], config: object): string {
  return createProject(t, { "wampact.config.json": JSON.stringify({ realms: [REALM], ...config }) }).dir;
}

test("a router on Windows is reloaded through a named pipe", async (t) => {
  const dir = projectOf(t, { listeners: [{ type: "websocket", port: 0 }] });
  await startCliRouter(t, dir, [], AS_ON_WINDOWS);
  expect(await wampact(dir, ["router", "reload"], AS_ON_WINDOWS)).toMatchObject({ status: 0, stderr: "" });
});

test("a router on Windows ends when its console is closed, which is SIGHUP there", async (t) => {
  skipOnWindows(t, "it sends no signals");
  const dir = projectOf(t, { listeners: [{ type: "websocket", port: 0 }] });
  const router = await startCliRouter(t, dir, [], AS_ON_WINDOWS);
  router.signal("SIGHUP");
  expect(await router.ended).toBe(0);
  expect(router.output()).toContain("shutting down");
});

test("a Unix socket is refused on Windows, with a named pipe as the remedy", async (t) => {
  const remedy = "Windows has no Unix sockets; choose a named pipe, such as \\\\.\\pipe\\wampact";
  for (const [path, config] of [
    ["listeners[0].path", { listeners: [{ type: "rawsocket", path: "app.sock" }] }],
    ["admin.path", { admin: { path: "admin.sock" } }],
  ] as const) {
    const { stderr, status } = await wampact(projectOf(t, config), ["router", "check"], AS_ON_WINDOWS);
    expect(stderr).toContain(`${path}: ${remedy}`);
    expect(status).toBe(1);
  }
  asOnWindows(t);
  expect(() => rawSocket({ path: "app.sock" })).toThrow(`rawSocket.path: ${remedy}`);
  rawSocket({ path: "\\\\.\\pipe\\app" });
});

test("a configuration on Windows has no workers, and is reloaded without a control socket by the admin listener", async (t) => {
  const many = projectOf(t, { workers: 2 });
  expect((await wampact(many, ["router", "check"], AS_ON_WINDOWS)).stderr).toContain(
    "workers: several processes cannot share a port on Windows; leave it out, or run routers of a cluster",
  );
  const without = projectOf(t, { control: false });
  expect((await wampact(without, ["router", "reload"], AS_ON_WINDOWS)).stderr).toContain(
    "control: is false; send POST /reload to its admin listener instead",
  );
});
