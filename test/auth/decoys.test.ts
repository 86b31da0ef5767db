/** How principals look that do not exist, where a function finds those that do: the same before and after the first is found. */
import { expect, test } from "vitest";
import { scram as byPassword } from "wampact/auth/scram";
import { ticket as byTicket } from "wampact/auth/ticket";
import { wampcra as byCra } from "wampact/auth/wampcra";
import type { ClientAuth } from "wampact/peer";
import {
  type Authenticator,
  type FindPrincipal,
  hashCraSecret,
  hashScramPassword,
  hashTicket,
  scram,
  ticket,
  wampcra,
} from "wampact/router";
import { challengeOf, type LoginRouter, startLogins } from "../support/auth.js";

const SECRET = "correct horse";
const ada = { role: "admin", authid: "ada" };
const leastCost = { pbkdf2: 1, memory: 1, memoryTimesIterations: 1 };

interface Method {
  readonly name: string;
  readonly create: (find: FindPrincipal<never>, options?: object) => Authenticator;
  readonly peer: ClientAuth;
  /** A cost that is none of the defaults, and a principal of it. */
  readonly decoyCost: object;
  readonly entry: () => Promise<object>;
  /** The cost that CHALLENGE shows: by default, and with `decoyCost`. */
  readonly shown: readonly [object, object];
  readonly kept: readonly [string, string];
}

const METHODS: readonly Method[] = [
  {
    name: "ticket",
    create: (principals, options) => ticket({ principals, ...options }),
    peer: byTicket({ authid: "ada", ticket: SECRET }),
    decoyCost: { logN: 4, r: 1, p: 1 },
    entry: async () => ({ ...ada, ticket: await hashTicket(SECRET, { logN: 4, r: 1, p: 1 }) }),
    shown: [{}, {}],
    kept: ["$scrypt$ln=15,r=8,p=1", "$scrypt$ln=4,r=1,p=1"],
  },
  {
    name: "wampcra",
    create: (principals, options) => wampcra({ principals, ...options }),
    peer: byCra({ authid: "ada", secret: SECRET }),
    decoyCost: { iterations: 1_000 },
    entry: async () => ({ ...ada, key: await hashCraSecret(SECRET, { iterations: 1_000 }) }),
    shown: [
      { iterations: 100_000, keylen: 32 },
      { iterations: 1_000, keylen: 32 },
    ],
    kept: ["$pbkdf2-sha256$i=100000,l=32", "$pbkdf2-sha256$i=1000,l=32"],
  },
  {
    name: "wampcra",
    create: (principals, options) => wampcra({ principals, ...options }),
    peer: byCra({ authid: "ada", secret: SECRET }),
    decoyCost: { salted: false },
    entry: async () => ({ ...ada, secret: () => SECRET }),
    shown: [{ iterations: 100_000, keylen: 32 }, {}],
    kept: ["$pbkdf2-sha256$i=100000,l=32", "not salted"],
  },
  {
    name: "wamp-scram",
    create: (principals, options) => scram({ principals, ...options }),
    peer: byPassword({ authid: "ada", password: SECRET, leastCost }),
    decoyCost: { kdf: "pbkdf2", iterations: 4_096 },
    entry: async () => ({ ...ada, scram: await hashScramPassword(SECRET, { kdf: "pbkdf2", iterations: 4_096 }) }),
    shown: [
      { kdf: "argon2id13", iterations: 3, memory: 65_536 },
      { kdf: "pbkdf2", iterations: 4_096, memory: null },
    ],
    kept: ["$scram-argon2id13$i=3,m=65536", "$scram-pbkdf2$i=4096"],
  },
];

/** The parts of CHALLENGE that are not random for an authid: its cost, and the length of the salt. */
async function shownTo({ open }: LoginRouter, { name }: Method, authid: string) {
  const { extra } = await challengeOf(open(), name, { authid, authextra: { nonce: "egVDf3DMJh0=" } });
  const { nonce: _, challenge: __, salt, ...cost } = extra;
  return { cost, saltLength: salt?.length };
}

test.for(
  METHODS,
)("$name, $decoyCost: an unknown authid looks the same before and after a principal of another cost is found, which is reported", async (method, t) => {
  const entry = await method.entry();
  const find = (_realm: string, authid: string) => (authid === "ada" ? (entry as never) : undefined);
  const errors: unknown[] = [];
  const started = startLogins(t, [method.create(find)], { onError: (error) => errors.push(error) });
  const before = await shownTo(started, method, "eve");
  expect(before.cost).toEqual(method.shown[0]);
  expect(errors).toEqual([]);
  for (const _ of [1, 2]) expect((await started.login(method.peer)).session?.authrole).toBe("admin");
  expect(await shownTo(started, method, "eve")).toEqual(before);
  expect(errors.map(String)).toEqual([
    `TypeError: principals: a secret is stored as "${method.kept[1]}", but unknown principals are simulated with "${method.kept[0]}", ` +
      "so clients can find out who exists; list the costs of all secrets in decoyCost",
  ]);
});

test.for(
  METHODS,
)("$name, $decoyCost: by decoyCost an unknown authid looks like a known one from the first attempt on", async (method, t) => {
  const entry = await method.entry();
  const find = (_realm: string, authid: string) => (authid === "ada" ? (entry as never) : undefined);
  const { decoyCost } = method;
  const errors: unknown[] = [];
  const started = startLogins(t, [method.create(find, { decoyCost })], { onError: (error) => errors.push(error) });
  const unknown = await shownTo(started, method, "eve");
  expect(unknown.cost).toEqual(method.shown[1]);
  expect(await shownTo(started, method, "ada")).toEqual(unknown);
  await started.login(method.peer);
  expect(await shownTo(started, method, "eve")).toEqual(unknown);
  expect(errors).toEqual([]);
});

test.for(
  METHODS.filter(({ name }) => name !== "ticket"),
)("$name, $decoyCost: of several costs each unknown authid has one, and keeps it", async (method, t) => {
  const started = startLogins(t, [method.create(() => undefined, { decoyCost: [{}, method.decoyCost] })]);
  const seen = new Set<string>();
  for (let index = 0; index < 40; index++) {
    const { cost } = await shownTo(started, method, `eve-${index}`);
    expect((await shownTo(started, method, `eve-${index}`)).cost).toEqual(cost);
    seen.add(JSON.stringify(cost));
  }
  expect(seen).toEqual(new Set(method.shown.map((each) => JSON.stringify(each))));
});

test("decoyCost goes before the principals of a configuration", async (t) => {
  const scramHash = await hashScramPassword(SECRET, { kdf: "pbkdf2", iterations: 4_096 });
  const method = METHODS[3] as Method;
  const decoyCost = { kdf: "pbkdf2", iterations: 5_000 } as const;
  const started = startLogins(t, [scram({ principals: { ada: { role: "admin", scram: scramHash } }, decoyCost })]);
  expect((await shownTo(started, method, "eve")).cost).toMatchObject({ iterations: 5_000 });
});

test.for<[string, () => Authenticator]>([
  ["ticket", () => ticket({ principals: {}, decoyCost: { logN: 99, r: 8, p: 1 } })],
  ["ticket, no cost at all", () => ticket({ principals: {}, decoyCost: [] })],
  ["ticket, another's cost", () => ticket({ principals: {}, decoyCost: { iterations: 3 } as never })],
  ["scram", () => scram({ principals: {}, decoyCost: { kdf: "md5" as never } })],
  ["scram, nothing", () => scram({ principals: {}, decoyCost: [{ kdf: "pbkdf2" }, { kdf: "pbkdf2", iterations: 0 }] })],
  ["scram, misspelt", () => scram({ principals: {}, decoyCost: { iteration: 3 } as never })],
  ["wampcra", () => wampcra({ principals: {}, decoyCost: { iterations: 0 } })],
  ["wampcra, both", () => wampcra({ principals: {}, decoyCost: { salted: false, iterations: 5 } })],
  ["wampcra, neither", () => wampcra({ principals: {}, decoyCost: { salted: "no" as never } })],
])("a decoyCost that cannot be is refused: %s", ([, create]) => {
  expect(create).toThrow(
    /^\w+\.decoyCost: expected the cost of a (hash|password|secret), such as \{.*\}, or a list of them, got/,
  );
});

test("a ticket that the application checks has no decoyCost", () => {
  const options = { check: () => undefined, decoyCost: { logN: 4, r: 1, p: 1 } };
  expect(() => ticket(options)).toThrow("decoyCost: does not apply together with check; remove it");
});
