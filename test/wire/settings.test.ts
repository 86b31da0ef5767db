import { expect, test } from "vitest";
import { connect, createClient, json, type Peer, requireCaller, retry, serve } from "wampact";
import { ticket as ticketOfPeer } from "wampact/auth/ticket";
import { anonymous, byProcedure, createRouter, memoryStore, type Router, ticket, websocket } from "wampact/router";

const REALM = "com.app";

interface Ends {
  readonly router: Router;
  readonly peer: Peer;
}

const misspelt = { tyypo: 1 } as never;

/** Each function that takes options, by the name that it has in messages. */
const FUNCTIONS: Readonly<Record<string, (ends: Ends) => unknown>> = {
  anonymous: () => anonymous(misspelt),
  attach: ({ router }) => router.attach(misspelt),
  byProcedure: () => byProcedure("com.app.find", misspelt),
  call: ({ peer }) => peer.call("com.app.a", [], {}, misspelt),
  close: ({ peer }) => peer.close(misspelt),
  connect: () => connect(misspelt),
  createClient: ({ peer }) => createClient(peer, {}, misspelt),
  createRouter: () => createRouter(misspelt),
  events: ({ peer }) => peer.events("com.app.a", misspelt),
  json: () => json(misspelt),
  listen: ({ router }) => router.listen(misspelt),
  memoryStore: () => memoryStore(misspelt),
  publish: ({ peer }) => peer.publish("com.app.a", [], {}, misspelt),
  register: ({ peer }) => peer.register("com.app.a", () => {}, misspelt),
  requireCaller: () => requireCaller(misspelt),
  retry: () => retry(misspelt),
  serve: ({ peer }) => serve(peer, {}, {}, misspelt),
  subscribe: ({ peer }) => peer.subscribe("com.app.a", () => {}, misspelt),
  ticket: () => ticket(misspelt),
  websocket: () => websocket(misspelt),
};

test.for(Object.entries(FUNCTIONS))("a misspelt option of %s is a TypeError that names it", async ([name, run]) => {
  await using router = createRouter({ realms: [{ name: REALM }] });
  await using peer = await connect({ transport: router.attach(), realm: REALM });
  const outcome = Promise.resolve().then(() => run({ router, peer }));
  await expect(outcome).rejects.toThrow(TypeError);
  await expect(outcome).rejects.toThrow(new RegExp(`^${name}\\.tyypo: unknown option; `));
});

test("a misspelt option of a peer's method to log in names the method", () => {
  expect(() => ticketOfPeer(misspelt)).toThrow(/^ticket\.tyypo: unknown option; /);
});

test("options that are no object are a TypeError that names the function", async () => {
  await using router = createRouter({ realms: [{ name: REALM }] });
  await expect(router.listen("8080" as never)).rejects.toThrow(
    new TypeError("listen: expected an object, got a string"),
  );
  expect(() => createRouter([] as never)).toThrow(new TypeError("createRouter: expected an object, got a list"));
});
