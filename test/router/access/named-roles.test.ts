/** Roles that a configuration names and does not have are found when the router is made, not when somebody cannot log in. */
import { expect, test } from "vitest";
import { procedure, topic, WampError } from "wampact";
import { connect } from "wampact/peer";
import { anonymous, createRouter, cryptosign, hashTicket, type RealmConfig, ticket, wampcra } from "wampact/router";
import * as z from "zod";
import { failureOf } from "../../support/peers.js";

const REALM = "com.app";
const roles = { backend: {}, clerk: {} };
const refund = (role: string) => ({
  refund: procedure("com.app.refund", { output: z.string(), access: { roles: ["clerk", role] } }),
});
const news = {
  news: topic("com.app.news", { event: z.string(), access: { publish: ["backend"], subscribe: ["clrek"] } }),
};
const stored = await hashTicket("x", { logN: 1, r: 1, p: 1 });
const byTicket = (role: string) =>
  ticket({ principals: { ada: { role: "clerk", ticket: stored }, bob: { role, ticket: stored } } });
const byCra = wampcra({ principals: { ada: { role: "bakcend", secret: () => "x" } } });
const byKey = cryptosign({ principals: { ada: { role: "bakcend", pubkey: "01".repeat(32) } } });

test.for<[string, Partial<RealmConfig>, string]>([
  [
    "a ticket",
    { auth: [byTicket("bakcend")] },
    'auth[0].principals["bob"].role: this realm does not define the role "bakcend"; did you mean "backend"?',
  ],
  [
    "a key of WAMP-CRA",
    { auth: [byTicket("clerk"), byCra] },
    'auth[1].principals["ada"].role: this realm does not define the role',
  ],
  ["a public key", { auth: [byKey] }, 'auth[0].principals["ada"].role: this realm does not define the role'],
  [
    "anonymous clients",
    { auth: [anonymous()] },
    'auth[0].authrole: this realm does not define the role "anonymous"; expected one of',
  ],
  ["a prototype's name", { auth: [byTicket("toString")] }, 'this realm does not define the role "toString"'],
  [
    "a procedure",
    { enforce: [{}, refund("clrek")] },
    'enforce[1].refund.access.roles: this realm does not define the role "clrek"; did you mean "clerk"?',
  ],
  ["a topic", { enforce: [news] }, 'enforce[0].news.access.subscribe: this realm does not define the role "clrek"'],
  ["a realm without any", { roles: {}, enforce: [refund("clerk")] }, 'define the role "clerk"; its roles are empty'],
])("a role of %s that the realm does not have is refused", ([, realm, words]) => {
  const create = () => createRouter({ realms: [{ name: "com.other" }, { name: REALM, roles, ...realm }] });
  expect(create).toThrow(TypeError);
  expect(create).toThrow(words);
  expect(create).toThrow("realms[1].");
});

test.for<[string, Partial<RealmConfig>]>([
  ["there", { auth: [byTicket("backend")], enforce: [refund("clerk")] }],
  ["trusted", { auth: [byTicket("trusted")], enforce: [refund("trusted")] }],
  ["for a function to give", { auth: [byTicket("later")], enforce: [refund("later")], roles: () => roles }],
  ["for a policy to change", { auth: [byTicket("later")], policies: [{ join: () => ({ authrole: "clerk" }) }] }],
])("a role that is %s is taken", async ([, realm]) => {
  await createRouter({ realms: [{ name: REALM, roles, ...realm }] }).close();
});

test("a router where no realm takes clients does not listen; one where any does, listens", async () => {
  const closed = { name: REALM, roles };
  await using router = createRouter({ realms: [closed] });
  await expect(router.listen()).rejects.toThrow(
    new TypeError(
      'listen: nobody can log in to the realm "com.app", which has roles without "anonymous" and no authenticators; ' +
        "set `auth`, or define the role anonymous",
    ),
  );
  await connect({ transport: router.attach({ authrole: "clerk" }), realm: REALM });
  for (const realm of [
    { name: "com.other" },
    { name: "com.other", roles: { anonymous: {} } },
    { name: "com.other", roles, auth: [byTicket("clerk")] },
    { name: "com.other", roles: () => roles },
    { name: "com.other", roles, policies: [{ join: () => ({ authrole: "clerk" }) }] },
  ]) {
    await using open = createRouter({ realms: [closed, realm] });
    await open.listen();
  }
});

test.for([
  [{}, "wamp.error.no_such_role", 'wamp.error.no_such_role: this realm does not define the role "ghost"'],
  [
    new WampError("com.app.error.full", { args: ["come back later"] }),
    "com.app.error.full",
    "com.app.error.full: come back later",
  ],
  [new WampError("com.app.error.full"), "com.app.error.full", "com.app.error.full"],
  [new WampError("com.app.error.full", { message: "no room" }), "com.app.error.full", "com.app.error.full: no room"],
] as const)("what refuses a client is told once, with its URI once: %s", async ([thrown, uri, message]) => {
  const refuse = () => {
    if (thrown instanceof WampError) throw thrown;
  };
  const refused: string[] = [];
  await using router = createRouter({
    realms: [{ name: REALM, roles, policies: [{ join: refuse }] }],
    observer: (event) => event.type === "refused" && refused.push(event.why),
  });
  const transport = router.attach({ authrole: "ghost" });
  expect(await failureOf(connect({ transport, realm: REALM }))).toMatchObject({ uri, message });
  expect(refused).toEqual([message]);
});
