/** The method `ticket`, both ends. */

import { expect, test } from "vitest";
import { ticket as byTicket } from "wampact/auth/ticket";
import { hashTicket, type LoginDetails, type RouterEvent, type TicketPrincipal, ticket } from "wampact/router";
import { abortOf, challengeOf, startLogins } from "../support/auth.js";
import { REALM } from "../support/raw.js";

/** Cheap, so that tests are quick. */
const CHEAP = { logN: 4, r: 1, p: 1 };
const TICKET = "correct horse";
const ada = async (): Promise<TicketPrincipal> => ({ role: "admin", ticket: await hashTicket(TICKET, CHEAP) });
const REFUSED = ["wamp.error.authentication_failed", "unknown authid or wrong secret"];

test("a ticket logs in under the role of its principal", async (t) => {
  const principals = { ada: { ...(await ada()), authextra: { plan: "pro" } } };
  const { login } = startLogins(t, [ticket({ principals })]);
  const { session } = await login(byTicket({ authid: "ada", ticket: TICKET }));
  expect(session).toMatchObject({ authid: "ada", authrole: "admin", authmethod: "ticket" });
  expect(session?.details).toMatchObject({ authprovider: "static", authextra: { plan: "pro" } });
});

test("authid and ticket may be functions, called at each attempt", async (t) => {
  const { login } = startLogins(t, [ticket({ principals: { ada: await ada() } })]);
  let asked = 0;
  const auth = byTicket({
    authid: async () => "ada",
    ticket: () => {
      asked++;
      return TICKET;
    },
  });
  await login(auth);
  await login(auth);
  expect(asked).toBe(2);
});

test("an unknown authid and a wrong ticket are told the same, after the same messages", async (t) => {
  const { open } = startLogins(t, [ticket({ principals: { ada: await ada() } })]);
  const [unknown, wrong] = [open(), open()];
  const challenges = [
    await challengeOf(unknown, "ticket", { authid: "eve" }),
    await challengeOf(wrong, "ticket", { authid: "ada" }),
  ];
  expect(challenges[0]).toEqual(challenges[1]);
  expect(await abortOf(unknown, TICKET)).toEqual(REFUSED);
  expect(await abortOf(wrong, "wrong horse")).toEqual(REFUSED);
});

test.for([["__proto__"], ["constructor"], ["toString"]])("%s is an authid like any other: unknown", async ([
  authid,
], t) => {
  const { refusal } = startLogins(t, [ticket({ principals: { ada: await ada() } })]);
  expect(await refusal(byTicket({ authid: authid as string, ticket: TICKET }))).toMatchObject({ uri: REFUSED[0] });
});

test("a ticket of more than 4,096 characters is wrong, whatever it begins with", async (t) => {
  const long = "x".repeat(4_096);
  const principals = { ada: { role: "admin", ticket: await hashTicket(long, CHEAP) } };
  const { login, refusal } = startLogins(t, [ticket({ principals })]);
  await login(byTicket({ authid: "ada", ticket: long }));
  expect(await refusal(byTicket({ authid: "ada", ticket: `${long}y` }))).toMatchObject({ uri: REFUSED[0] });
});

test("a HELLO without authid is refused with what is missing", async (t) => {
  const client = startLogins(t, [ticket({ principals: { ada: await ada() } })]).open();
  client.send({ type: "HELLO", realm: REALM, details: { roles: { caller: {} }, authmethods: ["ticket"] } });
  expect((await client.receive("ABORT")).details.message).toContain("HELLO.details.authid");
});

test("a function finds principals by realm, authid and what else is known", async (t) => {
  const asked: unknown[] = [];
  const stored = await hashTicket(TICKET, CHEAP);
  const principals = async (realm: string, authid: string, details: LoginDetails) => {
    asked.push([realm, authid, details]);
    return authid === "ada@example.com" ? { role: "admin", authid: "ada", ticket: stored } : undefined;
  };
  const { login, refusal, router } = startLogins(t, [ticket({ principals, decoyCost: CHEAP })]);
  const { session } = await login(byTicket({ authid: "ada@example.com", ticket: TICKET }));
  expect(session).toMatchObject({ authid: "ada", authrole: "admin", details: { authprovider: "dynamic" } });
  const details = {
    authmethod: "ticket",
    session: session?.id,
    authextra: {},
    info: { kind: "memory" },
    call: expect.any(Function),
  };
  expect(asked).toEqual([[REALM, "ada@example.com", details]]);
  expect(await refusal(byTicket({ authid: "eve", ticket: TICKET }))).toMatchObject({ uri: REFUSED[0] });
  expect(router.sessions(REALM)).toHaveLength(1);
});

test("a function that throws, or finds what is no principal, refuses the client and is reported", async (t) => {
  const errors: unknown[] = [];
  const found: Record<string, () => unknown> = {
    thrown: () => {
      throw new Error("no database");
    },
    plain: () => ({ role: "admin", ticket: TICKET }),
    roleless: () => ({ ticket: TICKET }),
    bare: () => ({ role: "admin" }),
    text: () => "admin",
  };
  const principals = (_realm: string, authid: string) => found[authid]?.() as TicketPrincipal;
  const { refusal } = startLogins(t, [ticket({ principals })], { onError: (error) => errors.push(String(error)) });
  for (const authid of Object.keys(found))
    expect(await refusal(byTicket({ authid, ticket: TICKET }))).toMatchObject({ uri: REFUSED[0] });
  const form = 'expected what "wampact secret ticket" prints, such as "$scrypt$ln=15,r=8,p=1$…", got';
  expect(errors).toEqual([
    "Error: no database",
    `TypeError: principal.ticket: ${form} a string`,
    "TypeError: principal.role: expected a non-empty string, got nothing",
    `TypeError: principal.ticket: ${form} nothing`,
    "TypeError: principal: expected an object, got a string",
  ]);
});

test("a flood of logins is refused beyond what may wait, and the others get in", async (t) => {
  const stored = await ada();
  const { open } = startLogins(t, [ticket({ principals: () => stored, decoyCost: CHEAP })]);
  const clients = Array.from({ length: 400 }, open);
  for (const [number, client] of clients.entries()) await challengeOf(client, "ticket", { authid: `user-${number}` });
  for (const client of clients) client.send({ type: "AUTHENTICATE", signature: TICKET, extra: {} });
  const ends = await Promise.all(
    clients.map(async (client) => {
      await expect.poll(() => client.unread().length).toBe(1);
      const [message] = client.unread();
      return message?.type === "WELCOME" ? "in" : message?.reason;
    }),
  );
  expect(new Set(ends)).toEqual(new Set(["in", "wamp.error.unavailable"]));
  expect(ends.filter((end) => end === "in").length).toBeGreaterThan(200);
});

test.for([
  [{}, "principals: expected an object with an entry for each authid, or a function that finds one, got nothing"],
  [{ principals: { ada: {} } }, 'principals["ada"].role: expected a non-empty string, got nothing'],
  [{ principals: { ada: "admin" } }, 'principals["ada"]: expected an object, got a string'],
  [
    { principals: { ada: { role: "admin" } } },
    'principals["ada"].ticket: expected what "wampact secret ticket" prints',
  ],
  [{ principals: { ada: { role: "admin", ticket: TICKET } } }, 'principals["ada"].ticket: expected what'],
  [
    { principals: { ada: { role: "admin", ticket: hashTicket("x", { logN: 1, r: 1, p: 1 }) } } },
    'principals["ada"].ticket: got a promise; await hashTicket()',
  ],
  [{ principals: { ada: { role: Promise.resolve("x") } } }, 'principals["ada"].role: got a promise; await it'],
  [{ principals: { ada: { role: "admin", tickets: TICKET } } }, 'principals["ada"].tickets: unknown option'],
  [{ principal: {} }, 'principal: unknown option; did you mean "principals"?'],
])("ticket(%j) is refused, and no secret is quoted", ([options, message]) => {
  expect(() => ticket(options as never)).toThrow(message as string);
  expect(() => ticket(options as never)).not.toThrow(TICKET);
});

test.for([
  "$scrypt$ln=40,r=8,p=1$",
  "$scrypt$ln=0,r=8,p=1$",
  "$scrypt$ln=20,r=0,p=1$",
])("%s… costs what no hash may", (form) => {
  const stored = `${form}${"A".repeat(22)}$${"A".repeat(43)}`;
  expect(() => ticket({ principals: { ada: { role: "admin", ticket: stored } } })).toThrow("expected what");
});

test("a stored ticket is scrypt, salted anew each time", async () => {
  const [first, second] = [await hashTicket(TICKET), await hashTicket(TICKET)];
  expect(first).toMatch(/^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(first).not.toBe(second);
});

test("whoever watches is told of a refused login, without the ticket", async (t) => {
  const events: RouterEvent[] = [];
  const observer = (event: RouterEvent) => events.push(event);
  const { refusal } = startLogins(t, [ticket({ principals: { ada: await ada() } })], { observer });
  await refusal(byTicket({ authid: "ada", ticket: "a guess" }));
  expect(events).toContainEqual(
    expect.objectContaining({ type: "refused", why: REFUSED.join(": "), claim: { realm: REALM, authid: "ada" } }),
  );
  expect(JSON.stringify(events)).not.toContain("a guess");
});
