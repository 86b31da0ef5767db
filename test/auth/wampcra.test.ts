/** The method `wampcra`, plain and salted, both ends. */
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import autobahn from "autobahn";
import { expect, test, vi } from "vitest";
import { wampcra as byCra } from "wampact/auth/wampcra";
import {
  type Authenticator,
  hashCraSecret,
  type Verdict,
  type WampCraOptions,
  type WampCraPrincipal,
  wampcra,
} from "wampact/router";
import { deriveKey, signManual } from "wampy/wampcra.js";
import { craKey, craSignature } from "../../src/auth/cra.js";
import { pbkdf2, utf8 } from "../../src/auth/crypto.js";
import { abortOf, challengeOf, startLogins } from "../support/auth.js";
import { temporary } from "../support/folder.js";
import type { Finish } from "../support/peers.js";
import { REALM } from "../support/raw.js";

const SECRET = "pencil, and ünïcödé";
const REFUSED = ["wamp.error.authentication_failed", "unknown authid or wrong secret"];
const plain = (role = "admin"): WampCraPrincipal => ({ role, secret: () => SECRET });
const salted = async (role = "admin"): Promise<WampCraPrincipal> => ({
  role,
  key: await hashCraSecret(SECRET, { iterations: 1_000 }),
});

function setVariable(t: Finish, name: string, value: string): void {
  process.env[name] = value;
  t.onTestFinished(() => void delete process.env[name]);
}

test("fact 50: PBKDF2 is that of RFC 7914", async () => {
  const key = await pbkdf2(utf8("passwd"), { salt: utf8("salt"), iterations: 1, bytes: 64 });
  expect(Buffer.from(key).toString("hex")).toBe(
    "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
  );
});

test("fact 50: the HMAC key of a salted secret is the Base64 text of what PBKDF2 derives", async () => {
  const salt = { salt: "salt123", iterations: 100, keylen: 32 };
  const { auth_cra } = autobahn as unknown as {
    auth_cra: { derive_key(...of: unknown[]): string; sign(key: string, challenge: string): string };
  };
  const key = await craKey("secret", salt);
  expect(key).toBe(auth_cra.derive_key("secret", salt.salt, salt.iterations, salt.keylen));
  expect(key).toBe(await deriveKey("secret", salt.salt, salt.iterations, salt.keylen));
  const challenge = '{ "nonce": "LHRTC9zeOIrt_9U3", "authid": "peter" }';
  const signature = await craSignature(key, challenge);
  expect(signature).toBe(auth_cra.sign(key, challenge));
  expect(signature).toBe(await signManual(key, challenge));
});

test.for([
  "",
  "\n",
  "\r\n",
])("a file of a secret that is %j, as while it is written, lets nobody in", async (content, t) => {
  const file = join(temporary(t), "secret");
  writeFileSync(file, "first");
  const principals = { ada: { role: "admin", secret: { file } } };
  const onError = vi.fn();
  const { refusal } = startLogins(t, [wampcra({ principals })], { onError });
  writeFileSync(file, content);
  const answer = ({ challenge }: Readonly<Record<string, unknown>>) => ({
    signature: createHmac("sha256", "").update(String(challenge)).digest("base64"), // of the empty secret
  });
  expect(await refusal({ method: "wampcra", begin: () => ({ authid: "ada", answer }) })).toMatchObject({
    uri: REFUSED[0],
  });
  expect(onError).toHaveBeenCalledWith(
    new TypeError(`principal.secret: the file "${file}" is empty`),
    expect.anything(),
  );
  expect(() => wampcra({ principals })).toThrow(`principals["ada"].secret: the file "${file}" is empty`);
});

test.for([
  ["plain", plain],
  ["salted", salted],
] as const)("a %s secret logs in, and none of it travels", async ([, principal], t) => {
  const { login } = startLogins(t, [wampcra({ principals: { ada: await principal() } })]);
  const { session } = await login(byCra({ authid: "ada", secret: async () => SECRET }));
  expect(session).toMatchObject({ authid: "ada", authrole: "admin", authmethod: "wampcra" });
});

test("the challenge says who will be authenticated, by what, when and in which session", async (t) => {
  const client = startLogins(t, [wampcra({ principals: { ada: plain() } })]).open();
  const { extra } = await challengeOf(client, "wampcra", { authid: "ada" });
  expect(extra).toEqual({ challenge: expect.any(String) });
  const challenge = JSON.parse(extra.challenge);
  expect(challenge).toEqual({
    nonce: expect.stringMatching(/^[\w-]{32}$/),
    authprovider: "static",
    authid: "ada",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    authrole: "user", // whatever the role is
    authmethod: "wampcra",
    session: expect.any(Number),
  });
  client.send({ type: "AUTHENTICATE", signature: await craSignature(SECRET, extra.challenge), extra: {} });
  expect((await client.receive("WELCOME")).session).toBe(challenge.session);
});

test.for([["env"], ["file"]] as const)("a plain secret comes from what { %s } names, at each login", async ([
  where,
], t) => {
  const file = join(temporary(t), "secret");
  const write = (secret: string) => {
    if (where === "file") writeFileSync(file, `${secret}\n`);
    else setVariable(t, "WAMPACT_TEST_SECRET", secret);
  };
  write("first");
  const secret = where === "file" ? { file } : { env: "WAMPACT_TEST_SECRET" };
  const { login, refusal } = startLogins(t, [wampcra({ principals: { ada: { role: "admin", secret } } })]);
  await login(byCra({ authid: "ada", secret: "first" }));
  write("second");
  await login(byCra({ authid: "ada", secret: "second" }));
  expect(await refusal(byCra({ authid: "ada", secret: "first" }))).toMatchObject({ uri: REFUSED[0] });
});

test.for([
  ["plain", plain],
  ["salted", salted],
] as const)("an unknown authid gets a challenge like that of %s secrets, and the same one each time but for its nonce", async ([
  ,
  principal,
], t) => {
  const principals = { ada: await principal(), bob: await principal() };
  const { open } = startLogins(t, [wampcra({ principals })]);
  const shapeOf = async (authid: string) => {
    const client = open();
    const { extra } = await challengeOf(client, "wampcra", { authid });
    const { challenge, ...salt } = extra;
    const { nonce, timestamp, session, ...told } = JSON.parse(challenge);
    expect([nonce.length, timestamp.length, session > 0]).toEqual([32, 24, true]);
    expect(await abortOf(client, await craSignature("a guess", challenge))).toEqual(REFUSED);
    return { told, salt };
  };
  const [ada, bob] = [await shapeOf("ada"), await shapeOf("bob")];
  const [eve, again] = [await shapeOf("eve"), await shapeOf("eve")];
  expect(eve).toEqual(again);
  expect(eve.told).toEqual({ ...ada.told, authid: "eve" });
  const { salt = "", ...cost } = ada.salt;
  expect(eve.salt).toEqual(salt === "" ? {} : { ...cost, salt: expect.stringMatching(/^[\w-]{22}$/) });
  const salts = [ada, bob, eve].map((each) => each.salt.salt);
  expect(new Set(salts).size, "salts of their own").toBe(salt === "" ? 1 : 3);
});

test("by decoySeed an unknown authid is told the same when the router starts again, and others are known", async (t) => {
  const principals = { ada: await salted(), bob: await salted("user") };
  const find = (_realm: string, authid: string) => (authid === "ada" ? principals.ada : undefined);
  const saltOf = async (of: WampCraOptions) => {
    const client = startLogins(t, [wampcra(of)]).open();
    return (await challengeOf(client, "wampcra", { authid: "eve" })).extra.salt;
  };
  const [decoySeed, otherSeed] = [() => "a seed", () => "another seed"];
  const salt = await saltOf({ principals, decoySeed });
  for (const known of [principals, { ...principals, carol: await salted() }, find])
    expect(await saltOf({ principals: known, decoySeed })).toBe(salt);
  for (const other of [{ principals, decoySeed: otherSeed }, { principals }])
    expect(await saltOf(other)).not.toBe(salt);
});

test("the challenge tells no role, of unknown and known ones alike", async (t) => {
  const stored = { ada: await salted("admin"), bob: await salted("auditor") };
  const find = (_realm: string, authid: string) =>
    Object.hasOwn(stored, authid) ? stored[authid as "ada"] : undefined;
  for (const principals of [stored, find]) {
    const { open } = startLogins(t, [wampcra({ principals, decoyCost: { iterations: 1_000 } })]);
    for (const authid of ["eve", "ada", "bob", "mallory"]) {
      const { extra } = await challengeOf(open(), "wampcra", { authid });
      expect(JSON.parse(extra.challenge).authrole).toBe("user");
    }
  }
});

const RAW_EXTRAS: readonly (readonly [string, object, { minIterations?: number }, string])[] = [
  ["no challenge", {}, {}, "there is no challenge"],
  ["one iteration", { challenge: "x", salt: "y", iterations: 1 }, {}, "expected 1000 to 10000000 iterations, got 1"],
  [
    "fewer iterations than the peer asks for",
    { challenge: "x", salt: "y", iterations: 5_000 },
    { minIterations: 10_000 },
    "expected 10000 to 10000000 iterations, got 5000",
  ],
  ["no salt where the peer asks for one", { challenge: "x" }, { minIterations: 10_000 }, "the secret is not salted"],
  ["so many iterations that they do not end", { challenge: "x", salt: "y", iterations: 1e12 }, {}, "got 1000000000000"],
  ["a key of one byte", { challenge: "x", salt: "y", keylen: 1 }, {}, "expected a keylen of 16 to 64, got 1"],
  ["an empty salt", { challenge: "x", salt: "" }, {}, "the salt is not a string"],
];

test.for(RAW_EXTRAS)("a CHALLENGE with %s is refused, and the secret is not asked for", async ([
  ,
  extra,
  limits,
  words,
], t) => {
  const verdict: Verdict = { type: "challenge", extra: { ...extra }, answer: () => expect.unreachable("answered") };
  const challenged: Authenticator = { method: "wampcra", begin: () => verdict };
  const { refusal } = startLogins(t, [challenged]);
  const secret = () => expect.unreachable("asked for the secret");
  const error = await refusal(byCra({ authid: "ada", secret, ...limits }));
  expect(error).toMatchObject({ uri: "wamp.error.authentication_failed", message: expect.stringContaining(words) });
});

test("a signature opens no other session, and no session twice", async (t) => {
  const { open } = startLogins(t, [wampcra({ principals: { ada: plain() } })]);
  const [first, second] = [open(), open()];
  const { extra } = await challengeOf(first, "wampcra", { authid: "ada" });
  const signature = await craSignature(SECRET, extra.challenge);
  first.send({ type: "AUTHENTICATE", signature, extra: {} });
  await first.receive("WELCOME");
  await challengeOf(second, "wampcra", { authid: "ada" });
  expect(await abortOf(second, signature)).toEqual(REFUSED);
  first.send({ type: "AUTHENTICATE", signature, extra: {} });
  expect((await first.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
});

test.for([
  ["", "no text"],
  ["x", "no Base64"],
  ["a".repeat(44), "another signature"],
])("%j is no signature", async ([signature], t) => {
  const client = startLogins(t, [wampcra({ principals: { ada: plain() } })]).open();
  await challengeOf(client, "wampcra", { authid: "ada" });
  expect(await abortOf(client, signature as string)).toEqual(REFUSED);
});

test.for([
  [{ role: "admin" }, 'principals["ada"]: expected either a key or a secret'],
  [
    { role: "admin", secret: SECRET },
    'principals["ada"].secret: expected { env: "NAME" }, { file: "path" } or a function',
  ],
  [
    { role: "admin", key: hashCraSecret(SECRET, { iterations: 1_000 }) },
    'principals["ada"].key: got a promise; await hashCraSecret()',
  ],
  [{ role: "admin", key: SECRET }, 'principals["ada"].key: expected what "wampact secret wampcra" prints'],
  [
    { role: "admin", secret: { env: "WAMPACT_NOT_SET" } },
    'principals["ada"].secret: the environment variable "WAMPACT_NOT_SET" is not set',
  ],
  [
    { role: "admin", secret: { file: "/no/such/file" } },
    'principals["ada"].secret: the file "/no/such/file" cannot be read',
  ],
  [
    { role: "admin", secret: { env: "A", file: "b" } },
    'principals["ada"].secret: expected { env: "NAME" }, { file: "path" } or a function',
  ],
])("the principal %j is refused, and no secret is quoted", ([ada, message]) => {
  const create = () => wampcra({ principals: { ada } as never });
  expect(create).toThrow(message as string);
  expect(create).not.toThrow(SECRET);
});

test("a HELLO without authid is refused with what is missing", async (t) => {
  const client = startLogins(t, [wampcra({ principals: { ada: plain() } })]).open();
  client.send({ type: "HELLO", realm: REALM, details: { roles: { caller: {} }, authmethods: ["wampcra"] } });
  expect((await client.receive("ABORT")).details.message).toContain("HELLO.details.authid");
});
