/** One of two callees freezes or dies: its process is stopped or killed, or its connection passes nothing on. */
import { expect, type TestContext, test } from "vitest";
import { createClient, procedure, serve } from "wampact";
import * as z from "zod";
import { endChild, startChild } from "../support/child.js";
import { connectPeer, startServer } from "../support/peers.js";
import { skipOnWindows } from "../support/platform.js";
import { startProxy } from "../support/proxy.js";
import { REALM } from "../support/raw.js";

const policy = { output: z.string(), invoke: "roundrobin" } as const;
const contract = {
  who: procedure("com.example.who", { ...policy, idempotent: true }),
  once: procedure("com.example.once", policy),
};

const handlers = (name: string) => ({ who: () => name, once: () => name });

async function start(t: TestContext) {
  const server = await startServer(t);
  await serve(await connectPeer(t, { url: server.url }), contract, handlers("awake"));
  const client = createClient(await connectPeer(t, { url: server.url }), contract);
  /** Makes calls at the same time, and returns the callees that answered. */
  const ask = async (calls: number) => new Set(await Promise.all(Array.from({ length: calls }, () => client.who())));
  return { server, client, ask };
}

const BOTH = new Set(["awake", "frozen"]);

test("calls go round a process that is stopped, also those it holds, and come back when it goes on", async (t) => {
  skipOnWindows(t, "it cannot stop a process");
  const { server, ask } = await start(t);
  const { url } = server;
  const [child] = await startChild("callee-child.mjs", [url, REALM, contract.who.uri, "frozen"]);
  t.onTestFinished(() => endChild(child, () => child.kill("SIGKILL")));
  expect(await ask(4)).toEqual(BOTH);
  child.kill("SIGSTOP");
  expect(await ask(4)).toEqual(new Set(["awake"]));
  expect(await ask(10)).toEqual(new Set(["awake"]));
  expect(server.router.totals(REALM).frozen).toBe(1); // so the ten were not sent to it first
  child.kill("SIGCONT");
  await expect.poll(() => ask(2)).toEqual(BOTH);
});

test("no idempotent call is lost when the process of a callee is killed", async (t) => {
  skipOnWindows(t, "it cannot stop a process");
  const { server, ask } = await start(t);
  const [child] = await startChild("callee-child.mjs", [server.url, REALM, contract.who.uri, "frozen"]);
  t.onTestFinished(() => endChild(child, () => child.kill("SIGKILL")));
  expect(await ask(4)).toEqual(BOTH);
  child.kill("SIGSTOP"); // so that it holds calls
  const asked = ask(200);
  await expect.poll(() => server.router.stats(REALM).pendingCalls).toBe(100);
  await endChild(child, () => child.kill("SIGKILL"));
  expect(await asked).toEqual(new Set(["awake"]));
});

test("a callee whose connection is half open is cut soon where it holds a call that cannot go on, and comes back", async (t) => {
  const { server, client, ask } = await start(t);
  const { url, router } = server;
  const proxy = await startProxy(t, url);
  const callee = await connectPeer(t, { url: proxy.url, reconnect: { minMs: 1 }, onError: () => {} });
  await serve(callee, contract, handlers("frozen"));
  expect(await ask(4)).toEqual(BOTH);
  proxy.hold("up");
  const outcomes = await Promise.all([client.once().safe(), client.once().safe(), ask(4)]);
  expect(outcomes).toContainEqual({ ok: true, value: "awake" });
  expect(outcomes).toContainEqual(expect.objectContaining({ ok: false }));
  expect(outcomes.at(-1)).toEqual(new Set(["awake"]));
  expect(router.totals(REALM)).toMatchObject({ frozen: 1, cut: 1 });
  proxy.release();
  await expect.poll(() => ask(2)).toEqual(BOTH);
});
