/** How fast connections are let in. */
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { expect, type TestContext, test, vi } from "vitest";
import { createRouter, type RouterConfig } from "wampact/router";
import { HandshakePace } from "../../src/transport/handshake-pace.js";
import { REALM } from "../support/raw.js";

const REQUEST = [
  "GET /ws HTTP/1.1",
  "Host: localhost",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  "Sec-WebSocket-Protocol: wamp.2.json",
  "",
  "",
].join("\r\n");

/** A pace of 200 a second whose clock is the test's, and the moments at which handshakes were answered. */
function startPace(t: TestContext) {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  t.onTestFinished(() => void vi.useRealTimers());
  let nowMs = 1_000_000;
  const pace = new HandshakePace(200, () => nowMs);
  const answered: number[] = [];
  return {
    pace,
    answered,
    come(count: number) {
      for (let each = 0; each < count; each++) pace.admit(() => answered.push(nowMs - 1_000_000));
    },
    pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 50) {
        nowMs += 50;
        vi.advanceTimersByTime(50);
      }
    },
  };
}

test("a second's worth is answered at once, and the rest in turn", (t) => {
  const { answered, come, pass } = startPace(t);
  come(500);
  expect(answered).toHaveLength(200);
  pass(1_000);
  expect(answered).toHaveLength(400);
  pass(500);
  expect(answered).toHaveLength(500);
  pass(1_000);
  come(200);
  expect(answered.filter((ms) => ms === 2_500)).toHaveLength(200);
});

test("nobody waits for longer than 5 s", (t) => {
  const { answered, come, pass } = startPace(t);
  come(2_000);
  pass(4_000);
  expect(answered).toHaveLength(1_000);
  pass(1_000);
  expect(answered).toHaveLength(2_000);
});

test("what waits is answered at once when the pace ends", (t) => {
  const { pace, answered, come, pass } = startPace(t);
  come(300);
  pace.flush();
  expect(answered).toHaveLength(300);
  pass(1_000);
  expect(answered).toHaveLength(300);
});

/** A router, and connections that have asked to be let in. */
async function listen(t: TestContext, config: Partial<RouterConfig>) {
  const router = createRouter({ realms: [{ name: REALM }], ...config });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { port } = await router.listen();
  const ask = async (path = "/ws"): Promise<Socket> => {
    const socket = connectTcp(port, "127.0.0.1");
    t.onTestFinished(() => void socket.destroy());
    socket.on("error", () => {}); // the router may be quicker
    await once(socket, "connect");
    socket.write(REQUEST.replace("/ws", path));
    return socket;
  };
  return { router, ask };
}

const statusOf = async (socket: Socket) => String((await once(socket, "data"))[0]).slice(9, 12);

test("of connections that come together those above the rate are let in later, and no deadline of theirs passes meanwhile", async (t) => {
  const { ask } = await listen(t, { maxHandshakesPerSecond: 2, handshakeTimeoutMs: 200 });
  const startMs = Date.now();
  const sockets = await Promise.all([ask(), ask(), ask(), ask()]);
  expect(await Promise.all(sockets.map(statusOf))).toEqual(["101", "101", "101", "101"]);
  expect(Date.now() - startMs).toBeGreaterThan(900);
});

test("those that wait when the router closes are refused at once", async (t) => {
  const { router, ask } = await listen(t, { maxHandshakesPerSecond: 1 });
  expect(await statusOf(await ask())).toBe("101");
  const waiting = [await ask(), await ask()].map(statusOf);
  await statusOf(await ask("/elsewhere")); // what came before has been read
  const closed = router.close({ drainMs: 0 });
  expect(await Promise.all(waiting)).toEqual(["503", "503"]);
  await closed;
});

test("a connection that ends while it waits is forgotten, and a rate of Infinity lets all in at once", async (t) => {
  const { router, ask } = await listen(t, { maxHandshakesPerSecond: 1 });
  await statusOf(await ask());
  (await ask()).destroy();
  expect(await statusOf(await ask())).toBe("101");
  expect(router.totals(REALM).joined).toBe(0);
  const fast = await listen(t, { maxHandshakesPerSecond: Number.POSITIVE_INFINITY });
  const sockets = await Promise.all(Array.from({ length: 300 }, () => fast.ask()));
  expect(new Set(await Promise.all(sockets.map(statusOf)))).toEqual(new Set(["101"]));
});
