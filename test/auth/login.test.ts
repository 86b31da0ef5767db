/** The client's half of a login, whichever the methods: only what was offered is used, and a router that proves nothing is left. */

import { expect, type TestContext, test } from "vitest";
import { cryptosign } from "wampact/auth/cryptosign";
import { scram } from "wampact/auth/scram";
import { ticket } from "wampact/auth/ticket";
import { wampcra } from "wampact/auth/wampcra";
import { type ClientAuth, type ConnectOptions, connect } from "wampact/peer";
import { createRouter, type LoginDetails, wampcra as takesSignatures, ticket as takesTickets } from "wampact/router";
import { createMemoryPair } from "../../src/transport/memory.js";
import { failureOf } from "../support/peers.js";
import { CLIENT_DETAILS, RawClient, REALM } from "../support/raw.js";

const byTicket = ticket({ authid: "ada", ticket: "tell nobody" });
const KEY = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
const WELCOME = { type: "WELCOME", session: 1 } as const;

function method(name: string, login: object = {}): ClientAuth {
  return { method: name, begin: () => ({ answer: () => ({ signature: `by ${name}` }), ...login }) };
}

/** A peer that connects, and the router's end of its connection, which a test plays. */
function dial(t: TestContext, auth: readonly ClientAuth[], options: Partial<ConnectOptions> = {}) {
  const [ours, theirs] = createMemoryPair();
  const router = new RawClient(theirs);
  const connecting = connect({ transport: ours, realm: REALM, auth, onError: () => {}, ...options });
  connecting.catch(() => {}); // looked at later, or never
  t.onTestFinished(() => router.close());
  return { router, connecting };
}

test("HELLO offers the methods in order, with what each of them tells", async (t) => {
  const first = method("one", { authid: "ada", authextra: { pubkey: "ab" } });
  const { router } = dial(t, [first, method("two", { authextra: { nonce: "cd" } }), byTicket]);
  const { details } = await router.receive("HELLO");
  expect(details).toMatchObject({
    authmethods: ["one", "two", "ticket"],
    authid: "ada",
    authextra: { pubkey: "ab", nonce: "cd" },
  });
});

test("the method that the router picks answers, as often as it is asked", async (t) => {
  const { router, connecting } = dial(t, [method("one"), method("two")]);
  await router.receive("HELLO");
  for (const round of [1, 2]) {
    router.send({ type: "CHALLENGE", authmethod: "two", extra: { round } });
    expect(await router.receive("AUTHENTICATE")).toMatchObject({ signature: "by two", extra: {} });
  }
  router.send({ ...WELCOME, details: { ...CLIENT_DETAILS, authmethod: "two" } });
  expect((await connecting).session).toMatchObject({ authmethod: "two" });
});

test("a method that was not offered is never answered: CHALLENGE is met with ABORT", async (t) => {
  const { router, connecting } = dial(t, [byTicket]);
  await router.receive("HELLO");
  router.send({ type: "CHALLENGE", authmethod: "wampcra", extra: {} });
  const { reason, details } = await router.receive("ABORT");
  expect([reason, details.message]).toEqual([
    "wamp.error.protocol_violation",
    'CHALLENGE.authmethod: expected ticket, got "wampcra"',
  ]);
  expect(router.unread()).toEqual([]);
  await failureOf(connecting);
});

test.for([
  ["by a method that was not offered", "anonymous", undefined, "expected one or two, got anonymous"],
  ["by another method than that of its CHALLENGE", "two", "one", "expected one, got two"],
  ["without CHALLENGE and method", undefined, undefined, "expected one or two, got undefined"],
] as const)("a WELCOME %s is refused for good", async ([, authmethod, challenged, words], t) => {
  const { router, connecting } = dial(t, [method("one"), method("two")]);
  await router.receive("HELLO");
  if (challenged) {
    router.send({ type: "CHALLENGE", authmethod: challenged, extra: {} });
    await router.receive("AUTHENTICATE");
  }
  router.send({ ...WELCOME, details: { ...CLIENT_DETAILS, ...(authmethod && { authmethod }) } });
  expect((await router.receive("ABORT")).reason).toBe("wamp.error.authentication_failed");
  expect(await failureOf(connecting)).toMatchObject({
    uri: "wamp.error.authentication_failed",
    message: expect.stringContaining(words),
  });
});

test.for([
  ["a method of the application's", method("one"), "expected a CHALLENGE of one"],
  ["ticket", byTicket, "expected a CHALLENGE of ticket"],
  [
    "wampcra that asks for salt",
    wampcra({ authid: "ada", secret: "tell nobody", minIterations: 100_000 }),
    "expected a CHALLENGE of wampcra",
  ],
  ["cryptosign", cryptosign({ key: KEY }), "expected a CHALLENGE of cryptosign"],
  ["cryptosign with routerKey", cryptosign({ key: KEY, routerKey: KEY }), "it did not prove that it has the routerKey"],
  ["wamp-scram", scram({ authid: "ada", password: "tell nobody" }), "it did not prove that it knows the password"],
] as const)("a WELCOME by %s without CHALLENGE is refused for good", async ([, auth, words], t) => {
  const { router, connecting } = dial(t, [auth]);
  await router.receive("HELLO");
  router.send({ ...WELCOME, details: { ...CLIENT_DETAILS, authmethod: auth.method } });
  expect((await router.receive("ABORT")).reason).toBe("wamp.error.authentication_failed");
  expect(await failureOf(connecting)).toMatchObject({
    uri: "wamp.error.authentication_failed",
    message: expect.stringContaining(words),
  });
});

test("a method without an answer takes WELCOME at once, and no CHALLENGE", async (t) => {
  const anonymous: ClientAuth = { method: "anonymous", begin: () => ({}) };
  const [welcomed, challenged] = [dial(t, [anonymous]), dial(t, [anonymous])];
  await welcomed.router.receive("HELLO");
  welcomed.router.send({ ...WELCOME, details: { ...CLIENT_DETAILS, authmethod: "anonymous" } });
  expect((await welcomed.connecting).session).toMatchObject({ authmethod: "anonymous" });
  await challenged.router.receive("HELLO");
  challenged.router.send({ type: "CHALLENGE", authmethod: "anonymous", extra: {} });
  expect((await challenged.router.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
});

test("what a function for a secret throws is what connect rejects with, and the router is not told", async (t) => {
  const lost = ticket({ authid: "ada", ticket: () => Promise.reject(new Error("the vault is closed")) });
  const { router, connecting } = dial(t, [lost]);
  await router.receive("HELLO");
  router.send({ type: "CHALLENGE", authmethod: "ticket", extra: {} });
  const abort = await router.receive("ABORT");
  expect(JSON.stringify(abort)).not.toContain("vault");
  expect(String(await failureOf(connecting))).toContain("the vault is closed");
});

test("a function that gives no text is named, and what it gave is not quoted", async (t) => {
  const wrong = ticket({ authid: () => ["tell nobody"] as never, ticket: "tell nobody" });
  const { connecting } = dial(t, [wrong]);
  const message = String(await failureOf(connecting));
  expect(message).toContain("authid: expected a non-empty string, got a list");
  expect(message).not.toContain("tell nobody");
});

test.for<[string, ClientAuth, string]>([
  [
    "ticket",
    ticket({ authid: "ada", ticket: () => "" }),
    "ticket.ticket: expected a non-empty string, got an empty one",
  ],
  [
    "wampcra",
    wampcra({ authid: "ada", secret: async () => "" }),
    "wampcra.secret: expected a non-empty string, got an empty one",
  ],
  [
    "wamp-scram",
    scram({ authid: () => undefined as never, password: "x" }),
    "scram.authid: expected a non-empty string, got nothing",
  ],
  ["cryptosign", cryptosign({ key: () => "abc" }), "cryptosign.key: expected 64 hexadecimal digits"],
])("with %s, connect rejects for good where a function gives what cannot be", async ([name, auth, words], t) => {
  const taking = { ticket: takesTickets({ principals: {} }), wampcra: takesSignatures({ principals: {} }) };
  const router = createRouter({ realms: [{ name: REALM, auth: Object.values(taking) }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen({ port: 0 });
  const told: unknown[] = [];
  const error = await failureOf(connect({ url, realm: REALM, auth: [auth], onError: (each) => told.push(each) }));
  expect(error, name).toBeInstanceOf(TypeError);
  expect((error as Error).message).toContain(words);
  expect(told).toEqual([]);
});

test("what a function throws is tried again, whatever it is", async (t) => {
  const router = createRouter({ realms: [{ name: REALM, auth: [takesTickets({ check: () => ({ role: "user" }) })] }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen({ port: 0 });
  let asked = 0;
  const auth = ticket({
    authid: "ada",
    ticket: () => {
      if (asked++ === 0) throw new TypeError("fetch failed");
      return "t";
    },
  });
  const peer = await connect({ url, realm: REALM, auth: [auth], reconnect: { minMs: 1, maxMs: 1 }, onError: () => {} });
  t.onTestFinished(() => peer.close({ drainMs: 0 }));
  expect([asked, peer.session?.authrole]).toEqual([2, "user"]);
});

test("methods that name different authids cannot be offered together", async (t) => {
  const { connecting } = dial(t, [byTicket, method("other", { authid: "bob" })]);
  expect(String(await failureOf(connecting))).toContain("auth: the methods offered differ in authid");
});

test("a peer that leaves and joins logs in again", async (t) => {
  const { router, connecting } = dial(t, [byTicket]);
  const answerLogin = async () => {
    await router.receive("HELLO");
    router.send({ type: "CHALLENGE", authmethod: "ticket", extra: {} });
    expect((await router.receive("AUTHENTICATE")).signature).toBe("tell nobody");
    router.send({ ...WELCOME, details: { ...CLIENT_DETAILS, authmethod: "ticket" } });
  };
  await answerLogin();
  const peer = await connecting;
  const left = peer.leave();
  await router.receive("GOODBYE");
  router.send({ type: "GOODBYE", details: {}, reason: "wamp.close.goodbye_and_out" });
  await left;
  const joined = peer.join(REALM);
  await answerLogin();
  expect((await joined).authmethod).toBe("ticket");
});

test("after a lost connection the peer logs in again, with what its functions give then", async (t) => {
  const tickets = ["first", "second"];
  const taken: (string | undefined)[] = [];
  const listen = async (port = 0) => {
    const check = (_realm: string, _authid: string, { ticket }: LoginDetails) => {
      taken.push(ticket);
      return { role: "user" };
    };
    const router = createRouter({ realms: [{ name: REALM, auth: [takesTickets({ check })] }] });
    t.onTestFinished(() => router.close({ drainMs: 0 }));
    return { router, ...(await router.listen({ port })) };
  };
  const { router, url, port } = await listen();
  const auth = [ticket({ authid: "ada", ticket: () => tickets.shift() ?? "" })];
  const peer = await connect({ url, realm: REALM, auth, reconnect: { minMs: 1, maxMs: 20 }, onError: () => {} });
  t.onTestFinished(() => peer.close({ drainMs: 0 }));
  await router.close({ drainMs: 0 });
  await listen(port);
  await expect.poll(() => peer.state).toBe("ready");
  expect(taken).toEqual(["first", "second"]);
});

test.for([
  [[], "auth: expected a list of methods"],
  [["ticket"], "auth: expected a list of methods"],
  [[byTicket, byTicket], "auth: expected a list of methods, each once"],
] as const)("auth: %j cannot be", async ([auth, message]) => {
  const [ours] = createMemoryPair();
  await expect(connect({ transport: ours, realm: REALM, auth: auth as never })).rejects.toThrow(message);
});

test.for([
  [{ ticket: "x" }, "authid: expected a string, or a function that returns one, got nothing"],
  [{ authid: "ada" }, "ticket: expected a string, or a function that returns one, got nothing"],
  [{ authid: "ada", ticket: "" }, "ticket: expected a string, or a function that returns one, got a string"],
  [{ authid: "ada", tickets: "x" }, 'tickets: unknown option; did you mean "ticket"?'],
])("ticket(%j) cannot be", ([options, message]) => {
  expect(() => ticket(options as never)).toThrow(message as string);
});
