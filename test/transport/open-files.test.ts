/** A process that is about to run out of files refuses connections in words, and keeps files for all else. */
import { connect as connectTcp } from "node:net";
import { expect, test } from "vitest";
import { mostConnections, OpenFiles } from "../../src/transport/open-files.js";
import { startCliRouter } from "../support/cli.js";
import { connectPeer } from "../support/peers.js";
import { createProject } from "../support/project.js";
import { closed } from "../support/sockets.js";

/** A process with `max` files, of which some are open. */
function countFiles(max: number, open: number) {
  const state = { open, counted: 0, nowMs: 0 };
  const count = () => {
    state.counted++;
    return state.open;
  };
  const files = new OpenFiles(max, count, () => state.nowMs);
  const come = () => {
    state.open++;
    const refused = files.refusal() !== undefined;
    if (refused) state.open--;
    return refused;
  };
  return { state, come };
}

test.for([100, 1_024, 20_000, 1_048_576])("of %i files a reserve is left, and all others are used", (max) => {
  const { state, come } = countFiles(max, 20);
  while (!come());
  expect(state.open).toBeLessThanOrEqual(max);
  expect(state.open).toBeGreaterThanOrEqual(mostConnections(max));
  expect(state.counted).toBeLessThan(40);
});

test("while there is no room, files are counted once a second", () => {
  const { state, come } = countFiles(1_024, 20);
  while (!come());
  const { counted } = state;
  for (let each = 0; each < 1_000; each++) expect(come()).toBe(true);
  expect(state.counted).toBe(counted);
  state.open -= 500;
  state.nowMs += 1_000;
  expect(come()).toBe(false);
});

test("without a limit nothing is counted", () => {
  const { state, come } = countFiles(Number.POSITIVE_INFINITY, 1_000_000);
  expect(come()).toBe(false);
  expect(state.counted).toBe(0);
});

test.skipIf(process.platform !== "linux").for(["websocket", "rawsocket", "universal"] as const)(
  "a router without files for another %s says so, serves those that are there, and takes others when some have left",
  async (type, t) => {
    const config = { realms: [{ name: "com.app" }], listeners: [{ type, port: 0 }] };
    const { dir } = createProject(t, { "wampact.config.json": JSON.stringify(config) });
    const router = await startCliRouter(t, dir, [], {}, 160);
    expect(router.output()).toContain(
      "W_LOW_FILE_LIMIT: this process is limited to 160 open files and so to 128 connections",
    );
    const peer = await connectPeer(t, { url: router.url, realm: "com.app", reconnect: false });
    await peer.register("com.app.echo", ({ args }) => args);
    const port = Number(new URL(router.url).port);
    const sockets = Array.from({ length: 160 }, () => connectTcp(port, "127.0.0.1").on("error", () => {}));
    t.onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    await router.until("W_FILES");
    expect(router.output()).toContain("was refused: the process has almost reached its limit of 160 open files");
    expect((await peer.call("com.app.echo", [1])).args).toEqual([[1]]);
    for (const socket of sockets) socket.destroy();
    await Promise.all(sockets.map(closed));
    await connectPeer(t, { url: router.url, realm: "com.app", onError: () => {} }); // it tries until files are counted again
  },
);
