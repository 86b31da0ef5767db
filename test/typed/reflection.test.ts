/** Services describe themselves to their router, or report that their role may not. */
import { expect, type TestContext, test } from "vitest";
import { type Contract, createClient, error, procedure, serve, topic } from "wampact";
import type { RealmConfig, RouterEvent } from "wampact/router";
import * as z from "zod";
import { connectPeer } from "../support/peers.js";
import { REALM, startRouter } from "../support/raw.js";

const contract = {
  full: error("com.example.error.full", z.object({ size: z.int() })),
  heard: topic("com.example.heard", { event: z.string() }),
  said: topic("com.example.said", { event: z.string() }),
  one: procedure("com.example.one", { output: z.int() }),
  two: procedure("com.example.two", { output: z.int() }),
};
const handlers = { one: () => 1, two: () => 2 };
const SERVES = { uri: "com.example.", match: "prefix", allow: ["register", "call"] } as const;
const DESCRIBES = { uri: "wamp.reflect.define", allow: ["call"] } as const;

/** A service whose role has these rules, the denials that its router has observed, and its errors. */
async function startService(t: TestContext, realm: Partial<RealmConfig>, served: Contract = contract) {
  const denied: string[] = [];
  const told: unknown[] = [];
  const observer = (event: RouterEvent) => void (event.type === "denied" && denied.push(event.why));
  const { router } = startRouter(t, { realms: [{ name: REALM, ...realm }], observer });
  const transport = router.attach({ authrole: "service" });
  const peer = await connectPeer(t, { transport, onError: (error) => told.push(error) });
  await serve(peer, served, handlers);
  return { router, peer, denied, told };
}

test("a service that may not describe anything asks once, and serves", async (t) => {
  const { peer, denied, told } = await startService(t, { roles: { service: { permissions: [SERVES] } } });
  expect(await createClient(peer, contract).two()).toBe(2);
  expect(denied).toEqual([expect.stringContaining('not allowed to call "wamp.reflect.define"')]);
  expect(told).toEqual([]);
});

test("a service describes what it serves and what it may publish, and nothing else", async (t) => {
  const permissions = [SERVES, DESCRIBES, { uri: "com.example.said", allow: ["publish"] } as const];
  const { router, denied, told } = await startService(t, { roles: { service: { permissions } } });
  expect(router.stats(REALM).definitions).toBe(4); // two procedures, one topic, one error
  expect(denied).toEqual([expect.stringContaining("com.example.heard")]);
  expect(told).toEqual([]);
});

test("a description that the router has no room for is reported, also beside one that is denied", async (t) => {
  const roles = { service: { permissions: [SERVES, DESCRIBES] } };
  const { peer, denied, told } = await startService(t, { roles, limits: { session: { maxDefinitions: 1 } } });
  expect(denied).toHaveLength(2); // the topics
  expect(told).toMatchObject([{ uri: "wampact.error.limit_exceeded" }]);
  expect(await createClient(peer, contract).one()).toBe(1);
});

test("a procedure whose description is too large is reported, and the others are described", async (t) => {
  const large = procedure("com.example.large", { output: z.int().describe("x".repeat(70_000)) });
  const realm = { roles: { service: { permissions: [SERVES, DESCRIBES] } } };
  const { router, told } = await startService(t, realm, { one: large, two: contract.two });
  expect(told).toMatchObject([{ uri: "wampact.error.limit_exceeded" }]);
  expect(router.stats(REALM).definitions).toBe(1);
});
