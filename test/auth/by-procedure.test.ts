/** Principals that a procedure of the application finds, and tickets that the application checks. */
import { expect, type TestContext, test } from "vitest";
import { cryptosign as byKey } from "wampact/auth/cryptosign";
import { scram as byPassword } from "wampact/auth/scram";
import { ticket as byTicket } from "wampact/auth/ticket";
import { wampcra as bySecret } from "wampact/auth/wampcra";
import type { ClientAuth, Invocation } from "wampact/peer";
import {
  type Authenticator,
  byProcedure,
  cryptosign,
  hashCraSecret,
  hashScramPassword,
  hashTicket,
  type LoginDetails,
  scram,
  ticket,
  wampcra,
} from "wampact/router";
import { signerOf } from "../../src/auth/cryptosign.js";
import { startLogins } from "../support/auth.js";
import { join } from "../support/peers.js";
import { REALM } from "../support/raw.js";

const FIND = "com.example.auth.find";
const REFUSED = "wamp.error.authentication_failed";
const SEED = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
const role = "admin";
const authid = "ada";

/** A router whose principals a peer in this process finds. */
async function start(t: TestContext, auth: Authenticator, find: (invocation: Invocation) => unknown) {
  const errors: unknown[] = [];
  const started = startLogins(t, [auth], { onError: (error) => errors.push(error) });
  const server = await join(t, started.router, { onError: () => {} });
  await server.register(FIND, find);
  return { ...started, server, errors };
}

interface Method {
  readonly router: Authenticator;
  readonly peer: ClientAuth;
  readonly stored: () => Promise<object>;
}
const principals = byProcedure(FIND);
const METHODS: readonly Method[] = [
  {
    router: ticket({ principals, decoyCost: { logN: 4, r: 1, p: 1 } }),
    peer: byTicket({ authid, ticket: "tell nobody" }),
    stored: async () => ({ ticket: await hashTicket("tell nobody", { logN: 4, r: 1, p: 1 }) }),
  },
  {
    router: wampcra({ principals, decoyCost: { iterations: 1_000 } }),
    peer: bySecret({ authid, secret: "tell nobody" }),
    stored: async () => ({ key: await hashCraSecret("tell nobody", { iterations: 1_000 }) }),
  },
  {
    router: scram({ principals, decoyCost: { kdf: "pbkdf2", iterations: 4_096 } }),
    peer: byPassword({ authid, password: "tell nobody" }),
    stored: async () => ({ scram: await hashScramPassword("tell nobody", { kdf: "pbkdf2", iterations: 4_096 }) }),
  },
  {
    router: cryptosign({ principals }),
    peer: byKey({ key: SEED }),
    stored: async () => ({ pubkey: (await signerOf(Buffer.from(SEED, "hex"))).pubkey, authid }),
  },
];

test.for(METHODS)("a procedure finds principals of $router.method", async ({ router, peer, stored }, t) => {
  const entry = { role, ...(await stored()) };
  const asked: unknown[] = [];
  const { login } = await start(t, router, ({ args }) => {
    asked.push(args);
    return entry;
  });
  const { session } = await login(peer);
  expect(session).toMatchObject({ authid, authrole: role, details: { authprovider: "dynamic" } });
  const details = { authmethod: router.method, session: session?.id, transport: { type: "memory" } };
  expect(asked).toEqual([[REALM, router.method === "cryptosign" ? null : authid, expect.objectContaining(details)]]);
});

test.for(METHODS)("nobody, from a procedure, is refused as an unknown principal of $router.method", async ({
  router,
  peer,
}, t) => {
  const { refusal } = await start(t, router, () => null);
  expect(await refusal(peer)).toMatchObject({ uri: REFUSED, message: expect.stringContaining("unknown authid") });
});

test.for([
  ["gives what is no principal", () => ({ role: 5 })],
  ["gives a key that entries do not have", () => ({ role, secrets: 5 })],
  ["throws", () => Promise.reject(new Error("no database"))],
])("a procedure that %s refuses the client, which is told nothing of it", async ([, find], t) => {
  const { refusal, errors } = await start(t, ticket({ principals }), find as () => unknown);
  const error = await refusal(byTicket({ authid, ticket: "tell nobody" }));
  expect(error).toMatchObject({ uri: REFUSED, message: expect.stringContaining("correlation ID") });
  expect(errors).toHaveLength(1);
});

test("while nobody serves the procedure clients are told to try again", async (t) => {
  const errors: unknown[] = [];
  const { refusal } = startLogins(t, [ticket({ principals })], { onError: (error) => errors.push(String(error)) });
  const error = await refusal(byTicket({ authid, ticket: "tell nobody" }));
  expect(error.uri).toBe("wamp.error.unavailable");
  expect(errors).toEqual([expect.stringContaining(`${FIND} does not answer: wamp.error.no_such_procedure`)]);
});

test.for([
  ["a realm without roles", undefined, "anonymous", false],
  ["a role without permissions", { anonymous: {} }, "anonymous", false],
  ["a role with permissions", { finder: { permissions: [{ uri: FIND, allow: ["register"] }] } }, "finder", true],
  ["the role trusted", undefined, "trusted", true],
] as const)("who decides who gets in is registered by rules: %s", async ([, roles, authrole, decides], t) => {
  const errors: unknown[] = [];
  const auth = ticket({ check: byProcedure(FIND, { realm: "com.example.admin" }) });
  const admin = { name: "com.example.admin", ...(roles && { roles }), authorize: () => true };
  const { login, refusal, router } = startLogins(t, [], {
    realms: [{ name: REALM, auth: [auth] }, admin],
    onError: (error) => errors.push(String(error)),
  });
  const server = await join(t, router, { transport: router.attach({ authrole }), realm: "com.example.admin" });
  await server.register(FIND, () => ({ role: "admin" }));
  const asAda = byTicket({ authid, ticket: "tell nobody" });
  if (decides) return expect((await login(asAda)).session?.authrole).toBe("admin");
  expect((await refusal(asAda)).uri).toBe("wamp.error.unavailable");
  expect(errors).toEqual([expect.stringContaining(`${FIND} has a callee with the role "${authrole}"`)]);
});

test("the procedure may be in another realm of the router", async (t) => {
  const auth = ticket({ check: byProcedure(FIND, { realm: "com.example.admin" }) });
  const realms = [{ name: REALM, auth: [auth] }, { name: "com.example.admin" }];
  const { login, router } = startLogins(t, [], { realms });
  const server = await join(t, router, { realm: "com.example.admin" });
  await server.register(FIND, ({ args }) => ({ role: args[0] }));
  const peer = await login(byTicket({ authid, ticket: "tell nobody" }));
  expect(peer.session?.authrole).toBe(REALM);
  expect(await server.call("wamp.session.count")).toMatchObject({ args: [1] }); // the router's calls are nobody's
});

test("a ticket is checked by the application, at once or later, by a procedure, too", async (t) => {
  const asked: LoginDetails[] = [];
  const check = async (_realm: string, name: string, details: LoginDetails) => {
    asked.push(details);
    return details.ticket === "token of ada" ? { role, authid: `${name}@example.com` } : undefined;
  };
  const { login, refusal } = startLogins(t, [ticket({ check })]);
  const { session } = await login(byTicket({ authid, ticket: "token of ada" }));
  expect(session).toMatchObject({ authid: "ada@example.com", authrole: role, details: { authprovider: "dynamic" } });
  expect(await refusal(byTicket({ authid, ticket: "token of eve" }))).toMatchObject({ uri: REFUSED });
  expect(await refusal(byTicket({ authid, ticket: "x".repeat(5_000) }))).toMatchObject({ uri: REFUSED });
  expect(asked.map((each) => each.ticket)).toEqual(["token of ada", "token of eve"]);

  const { login: dynamic } = await start(t, ticket({ check: byProcedure(FIND) }), ({ args }) => {
    const { ticket } = args[2] as { ticket: string };
    return ticket === "token of ada" ? { role } : null;
  });
  expect((await dynamic(byTicket({ authid, ticket: "token of ada" }))).session).toMatchObject({
    authid,
    authrole: role,
  });
});

test("settings that cannot be are refused", () => {
  expect(() => byProcedure("com..find")).toThrow("byProcedure: expected the URI of a procedure");
  expect(() => byProcedure(FIND, { realms: "x" } as never)).toThrow("realms: unknown option");
  expect(() => ticket({ check: "x" } as never)).toThrow("check: expected a function");
  expect(() => ticket({ principals: {}, check: () => undefined })).toThrow("expected either principals or check");
});
