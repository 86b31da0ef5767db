/** Contracts that say who may use them: realms that enforce them hold to it. */
import { expect, type TestContext, test } from "vitest";
import { createClient, isWampError, procedure, requireCaller, serve, topic } from "wampact";
import type { Peer } from "wampact/peer";
import { type Authenticator, anonymous, createRouter, type RealmConfig } from "wampact/router";
import * as z from "zod";
import { connectPeer } from "../../support/peers.js";
import { REALM } from "../../support/raw.js";

const contract = {
  remove: procedure("com.app.{id}.remove", { output: z.string(), access: { roles: ["admin"] } }),
  read: procedure("com.app.read", { output: z.string() }),
  ban: procedure("com.app.ban", { access: { roles: [] } }),
  news: topic("com.app.news", {
    event: z.object({ n: z.int() }),
    access: { publish: ["admin"], subscribe: ["admin", "user"] },
  }),
  chat: topic("com.app.chat", { event: z.object({ n: z.int() }), access: { publish: ["user"] } }),
};

/** The client's authid is its role: for tests only. */
const asSaid: Authenticator = {
  method: "anonymous",
  begin: ({ authid = "user" }) => ({ type: "accepted", principal: { authid, authrole: authid, authprovider: "test" } }),
};

function start(t: TestContext, realm: Partial<RealmConfig> = {}) {
  const router = createRouter({ realms: [{ name: REALM, auth: [asSaid], enforce: [contract], ...realm }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  return (authrole?: string): Promise<Peer> =>
    connectPeer(t, { transport: router.attach(authrole === undefined ? {} : { authrole }) });
}

async function outcomeOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(promise).then(
    (value) => value ?? "done",
    (error: unknown) => (isWampError(error) ? error.uri : expect.unreachable(String(error))),
  );
}

const DENIED = "wamp.error.not_authorized";

test.for([
  ["admin", "gone", "read", "done", "done", DENIED],
  ["user", DENIED, "read", DENIED, "done", "done"],
  ["guest", DENIED, "read", DENIED, DENIED, DENIED],
] as const)("a session of the role %s may what the contract says", async ([
  role,
  remove,
  read,
  publish,
  subscribe,
  chat,
], t) => {
  const join = start(t);
  const service = await join();
  await serve(service, contract, { remove: () => "gone", read: () => "read", ban: () => {} });
  const client = createClient(await join(role), contract);
  expect(await outcomeOf(client.remove({ id: "x" }))).toBe(remove);
  expect(await outcomeOf(client.read())).toBe(read);
  expect(await outcomeOf(client.ban())).toBe(DENIED);
  const done = (promise: Promise<unknown>) => outcomeOf(promise.then(() => "done"));
  expect(await done(client.news.publish({ n: 1 }, { acknowledge: true }))).toBe(publish);
  expect(await done(client.news.subscribe(() => {}))).toBe(subscribe);
  expect(await done(client.chat.publish({ n: 1 }, { acknowledge: true }))).toBe(chat);
  expect(await done(client.chat.subscribe(() => {}))).toBe("done"); // the contract says nothing of it
});

test("roles and contracts add up, and a broad rule opens nothing that the contract keeps", async (t) => {
  const permissions = [{ uri: "com.app.", match: "prefix" as const, allow: ["call", "subscribe"] as const }];
  const join = start(t, { roles: { user: { permissions }, admin: {}, guest: {} } });
  await serve(await join(), contract, { remove: () => "gone", read: () => "read", ban: () => {} });
  const clientOf = async (role: string) => createClient(await join(role), contract);
  const [user, admin, guest] = [await clientOf("user"), await clientOf("admin"), await clientOf("guest")];
  expect(await outcomeOf(user.read())).toBe("read");
  expect(await outcomeOf(user.remove({ id: "x" }))).toBe(DENIED);
  expect(await outcomeOf(admin.remove({ id: "x" }))).toBe("gone");
  expect(await outcomeOf(admin.read())).toBe(DENIED); // neither gives it
  expect(await outcomeOf(guest.remove({ id: "x" }))).toBe(DENIED);
});

test("an authorizer is asked about what the contract allows, and decides alone about the rest", async (t) => {
  const asked: string[] = [];
  const join = start(t, { authorize: (_who, _action, uri) => asked.push(uri) > 0 });
  await serve(await join(), contract, { remove: () => "gone", read: () => "read", ban: () => {} });
  const user = createClient(await join("user"), contract);
  expect(await outcomeOf(user.read())).toBe("read");
  expect(await outcomeOf(user.remove({ id: "x" }))).toBe(DENIED);
  expect(asked).toEqual(["com.app.read"]);
});

const disclosing = {
  whoami: procedure("com.app.whoami", { output: z.string(), disclose: true }),
  anybody: procedure("com.app.anybody", { output: z.string() }),
};

test("the callee of a procedure that discloses knows every caller, also one that does not ask for it", async (t) => {
  const join = start(t, { enforce: [disclosing] });
  await serve(await join(), disclosing, {
    whoami: (ctx) => String(ctx.caller.authrole),
    anybody: ({ caller }) => String(caller?.authrole),
  });
  const client = await join("user");
  expect((await client.call("com.app.whoami")).args).toEqual(["user"]);
  expect((await client.call("com.app.anybody")).args).toEqual(["undefined"]);
});

test("where a realm discloses nobody, a procedure that discloses is not served", async (t) => {
  const join = start(t, { enforce: [], disclosure: "never" });
  const served = serve(await join(), disclosing, { whoami: () => "", anybody: () => "" });
  expect(await outcomeOf(served)).toBe("wamp.error.option_not_allowed");
});

test("requireCaller checks the role and the method of callers, and refuses those that are not disclosed", async (t) => {
  const join = start(t, { enforce: [], disclosure: "requested" });
  const [service, admin, user] = [await join(), await join("admin"), await join("user")];
  const roles = requireCaller({ roles: ["admin", "root"] });
  const handlers = { whoami: () => "answered", anybody: () => "answered" };
  const first = await serve(service, disclosing, handlers, { use: [roles] });
  expect(await outcomeOf(createClient(admin, disclosing).whoami())).toBe("answered");
  expect(await outcomeOf(createClient(user, disclosing).whoami())).toBe(DENIED);
  expect(await outcomeOf(createClient(admin, disclosing).anybody())).toBe(DENIED); // it is not disclosed
  expect(await outcomeOf(createClient(admin, disclosing).anybody({ disclose: true }))).toBe("answered");
  await first.close();
  for (const [method, outcome] of [
    ["local", "answered"],
    ["cryptosign", DENIED],
  ]) {
    const second = await serve(service, disclosing, handlers, {
      use: [requireCaller({ methods: [method as string] })],
    });
    expect(await outcomeOf(createClient(user, disclosing).whoami())).toBe(outcome);
    expect(await outcomeOf(createClient(user, disclosing).whoami())).toBe(outcome);
    await second.close();
  }
  expect(() => requireCaller({ role: ["admin"] } as object)).toThrow("role: unknown option");
});

test.for([
  [{ access: [] }, "access: expected an object"],
  [{ access: {} }, "access.roles: expected a list of roles"],
  [{ access: { roles: "admin" } }, "access.roles: expected a list of roles"],
  [{ access: { roles: [""] } }, "access.roles: expected a list of roles"],
  [{ access: { role: ["admin"] } }, "access.role: unknown option"],
] as const)("procedure refuses %j", ([definition, words]) => {
  expect(() => procedure("com.app.x", definition as object)).toThrow(words);
});

test("topic refuses access that it does not know", () => {
  const access = { roles: ["admin"] } as object;
  expect(() => topic("com.app.x", { event: z.string(), access })).toThrow("access.roles: unknown option");
});

test("anonymous clients are of a role like any other", async (t) => {
  const join = start(t, { auth: [anonymous({ authrole: "admin" })] });
  await serve(await join(), contract, { remove: () => "gone", read: () => "read", ban: () => {} });
  expect(await outcomeOf(createClient(await join("anonymous"), contract).remove({ id: "x" }))).toBe(DENIED);
});
