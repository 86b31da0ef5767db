/** Peers of a router that is a process of its own, and goes. */
import { expect, type TestContext, test } from "vitest";
import type { Peer } from "wampact/peer";
import { connectPeer, watchStates } from "../support/peers.js";
import { startRouterProcess } from "../support/router-process.js";

function connectPeers(t: TestContext, url: string, count: number): Promise<readonly Peer[]> {
  const connecting = Array.from({ length: count }, () => connectPeer(t, { url, onError: () => {} }));
  return Promise.all(connecting);
}

test("a hundred peers, their procedures included, are back after a router that was killed", async (t) => {
  const router = await startRouterProcess(t);
  const peers = await connectPeers(t, router.url, 100);
  await Promise.all(peers.map((peer, index) => peer.register(`com.example.p${index}`, () => index)));
  const watches = peers.map((peer) => watchStates(peer));
  await router.kill();
  await Promise.all(watches.map((watch) => watch.until("waiting")));
  await router.restart();
  await Promise.all(watches.map((watch) => watch.until("ready")));
  const [first] = peers;
  const answers = await Promise.all(peers.map((_, index) => first?.call(`com.example.p${index}`)));
  expect(answers.map((answer) => answer?.args[0])).toEqual(peers.map((_, index) => index));
});

test("a router that is closed in order is followed by the next one", async (t) => {
  const router = await startRouterProcess(t);
  const peers = await connectPeers(t, router.url, 5);
  const watches = peers.map((peer) => watchStates(peer));
  await router.close(100);
  for (const watch of watches) expect(await watch.until("waiting")).toContain("wamp.close.system_shutdown");
  await router.restart();
  await Promise.all(watches.map((watch) => watch.until("ready")));
});
