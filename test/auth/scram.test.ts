/** The method `wamp-scram`, both ends: neither learns a password, and each proves to the other that it knows of it. */
import { expect, type TestContext, test } from "vitest";
import { scram as byPassword, type ScramOptions as PeerOptions } from "wampact/auth/scram";
import { type ClientAuth, connect } from "wampact/peer";
import {
  type Authenticator,
  anonymous,
  createRouter,
  hashScramPassword,
  type ScramHashOptions,
  type ScramOptions,
  scram,
} from "wampact/router";
import { toHex, xor } from "../../src/auth/bytes.js";
import { hmac } from "../../src/auth/crypto.js";
import { saslPrep } from "../../src/auth/saslprep.js";
import { authMessage, saltedPassword, scramKeys } from "../../src/auth/scram.js";
import { fromBase64, toBase64 } from "../../src/wire/bytes.js";
import { abortOf, challengeOf, type LoginRouter, startLogins } from "../support/auth.js";
import { failureOf } from "../support/peers.js";
import { CLIENT_DETAILS, type RawClient, REALM } from "../support/raw.js";
import { cert, key as tlsKey } from "../support/tls.js";

const PASSWORD = "pencil";
const NONCE = "egVDf3DMJh0=";
const REFUSED = ["wamp.error.authentication_failed", "unknown authid or wrong secret"];
/** Cheap, so that tests are quick, and what peers must be told to take it. */
const CHEAP: Readonly<Record<"argon2id13" | "pbkdf2", ScramHashOptions>> = {
  argon2id13: { kdf: "argon2id13", iterations: 1, memory: 64 },
  pbkdf2: { kdf: "pbkdf2", iterations: 100 },
};
const LEAST = { leastCost: { pbkdf2: 1, memory: 8, memoryTimesIterations: 8 } };
const ada = { authid: "ada", password: PASSWORD, ...LEAST };

const stored = (password = PASSWORD, kdf: keyof typeof CHEAP = "pbkdf2") => hashScramPassword(password, CHEAP[kdf]);
async function start(t: TestContext, options: Partial<ScramOptions> = {}): Promise<LoginRouter> {
  const principals = { ada: { role: "admin", scram: await stored() } };
  return startLogins(t, [scram({ principals, ...options })]);
}
const bytes = (base64: string) => Uint8Array.from(fromBase64(base64) ?? []);

test("fact 52: the vector of RFC 7677 comes out", async () => {
  const exchange = {
    authid: "user",
    clientNonce: "rOprNGfwEbeRWgbNEkqO",
    nonce: "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
    iterations: 4_096,
    binding: undefined,
  };
  const cost = { kdf: "pbkdf2", iterations: exchange.iterations, memory: undefined } as const;
  const keys = await scramKeys(await saltedPassword("pencil", bytes(exchange.salt), cost));
  const message = authMessage(exchange);
  expect(new TextDecoder().decode(message)).toContain(",c=biws,");
  const proof = xor(keys.clientKey, await hmac(keys.storedKey, message));
  expect(toBase64(proof)).toBe("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  expect(toBase64(await hmac(keys.serverKey, message))).toBe("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
});

test("fact 52: argon2id13 is Argon2id of version 1.3 on one lane, as its reference implementation has it", async () => {
  const cost = { kdf: "argon2id13", iterations: 2, memory: 256 } as const;
  const key = await saltedPassword("password", new TextEncoder().encode("somesalt"), cost);
  expect(toHex(key)).toBe("9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
});

test.for([
  ["I\u00adX", "IX"],
  ["user", "user"],
  ["USER", "USER"],
  ["\u00aa", "a"],
  ["\u2168", "IX"],
])("fact 52: SASLprep of %j is %j, as RFC 4013 has it", async ([given, prepared]) => {
  expect(await saslPrep(given as string, "password")).toBe(prepared);
});

test.for([
  ["\u0007"],
  ["\u0627\u0031"],
])("fact 52: SASLprep takes no %j, as RFC 4013 has it, and quotes nothing", async ([given]) => {
  const error = await failureOf(saslPrep(`tell nobody ${given}`, "password"));
  expect(String(error)).toMatch(/^TypeError: password: it contains a character/);
  expect(String((error as Error).stack)).not.toContain("tell nobody");
});

test.for(["argon2id13", "pbkdf2"] as const)("a password logs in by %s", async (kdf, t) => {
  const principals = { ada: { role: "admin", scram: await stored(PASSWORD, kdf), authextra: { plan: "pro" } } };
  const { login } = await start(t, { principals });
  const { session } = await login(byPassword({ ...ada, password: async () => PASSWORD }));
  expect(session).toMatchObject({ authid: "ada", authrole: "admin", authmethod: "wamp-scram" });
  expect(session?.details.authextra).toEqual({ plan: "pro", verifier: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) });
});

test("a name and a password log in however they are composed, and whatever they hold", async (t) => {
  const principals = { "zoë,=": { role: "admin", scram: await stored("päss\u00a0wörd") } };
  const { login } = await start(t, { principals });
  const peer = await login(byPassword({ ...ada, authid: "zoe\u0308,=", password: "pa\u0308ss wo\u0308rd" }));
  expect(peer.session?.authid).toBe("zoë,=");
});

test("a foreign client logs in by the parts of the stored form, with the first method that both have, and one unknown to us", async (t) => {
  const principals = { ada: { role: "admin", scram: await stored() } };
  const { open } = startLogins(t, [anonymous(), scram({ principals })]);
  const client = open();
  const authmethods = ["x-unknown", "wamp-scram", "anonymous"];
  const details = { ...CLIENT_DETAILS, authmethods, authid: "ada", authextra: { nonce: NONCE } };
  client.send({ type: "HELLO", realm: REALM, details });
  const { authmethod, extra } = await client.receive("CHALLENGE");
  expect(authmethod).toBe("wamp-scram");
  client.send({ type: "AUTHENTICATE", ...(await answerTo(extra)) });
  expect((await client.receive("WELCOME")).details).toMatchObject({ authmethod: "wamp-scram", authrole: "admin" });
});

test("a wrong password and an unknown authid are told the same", async (t) => {
  const { refusal } = await start(t);
  for (const other of [{ password: "pen" }, { authid: "eve" }]) {
    const { uri, message } = await refusal(byPassword({ ...ada, ...other }));
    expect([uri, message]).toEqual([REFUSED[0], REFUSED.join(": ")]);
  }
});

test("an unknown authid gets a challenge like any other, and the same salt each time, by decoySeed when the router starts again, too", async (t) => {
  const principals = { ada: { role: "admin", scram: await stored() } };
  const challenge = async (authid: string) => {
    const { open } = await start(t, { principals, decoySeed: () => "a seed" });
    const { extra } = await challengeOf(open(), "wamp-scram", { authid, authextra: { nonce: NONCE } });
    const { nonce, salt, ...cost } = extra;
    expect([nonce.startsWith(NONCE), nonce.length, salt.length]).toEqual([true, NONCE.length + 24, 24]);
    return { salt, cost };
  };
  const [known, eve, again, mallory] = [
    await challenge("ada"),
    await challenge("eve"),
    await challenge("eve"),
    await challenge("mallory"),
  ];
  expect(known.cost).toEqual({ kdf: "pbkdf2", iterations: 100, memory: null });
  expect(eve.cost).toEqual(known.cost);
  expect(eve).toEqual(again);
  expect(new Set([known.salt, eve.salt, mallory.salt]).size).toBe(3);
});

/** The answer that the owner of a password gives. */
async function answerTo(extra: Readonly<Record<string, never>>, password = PASSWORD) {
  const { nonce, salt, iterations } = extra as unknown as { nonce: string; salt: string; iterations: number };
  const cost = { kdf: "pbkdf2", iterations, memory: undefined } as const;
  const keys = await scramKeys(await saltedPassword(password, bytes(salt), cost));
  const message = authMessage({ authid: "ada", clientNonce: NONCE, nonce, salt, iterations, binding: undefined });
  return { signature: toBase64(xor(keys.clientKey, await hmac(keys.storedKey, message))), extra: { nonce } };
}
const challenged = (client: RawClient, authextra: object = { nonce: NONCE }) =>
  challengeOf(client, "wamp-scram", { authid: "ada", authextra });

test("an answer opens one session, and no other", async (t) => {
  const { open } = await start(t);
  const [first, second] = [open(), open()];
  const answer = await answerTo((await challenged(first)).extra);
  first.send({ type: "AUTHENTICATE", ...answer });
  await first.receive("WELCOME");
  const { extra } = await challenged(second);
  expect(await abortOf(second, answer.signature, answer.extra), "replayed").toEqual(REFUSED);
  const third = open();
  await challenged(third);
  expect(await abortOf(third, answer.signature, { nonce: extra.nonce }), "with another's nonce").toEqual(REFUSED);
});

test("an answer that says otherwise than HELLO and CHALLENGE did is refused, though its proof is right", async (t) => {
  const { open } = await start(t);
  for (const lie of [{ nonce: NONCE }, { channel_binding: "tls-unique" }, { cbind_data: "AAAA" }]) {
    const client = open();
    const { signature, extra } = await answerTo((await challenged(client)).extra);
    expect(await abortOf(client, signature, { ...extra, ...lie }), JSON.stringify(lie)).toEqual(REFUSED);
  }
});

test.for(["", "AAAA", "!", "A".repeat(44), `${"A".repeat(43)}=`])("%j proves nothing", async (signature, t) => {
  const client = (await start(t)).open();
  const { extra } = await challenged(client);
  expect(await abortOf(client, signature, { nonce: extra.nonce })).toEqual(REFUSED);
});

test("whoever steals what the router keeps cannot log in with it", async (t) => {
  const scramHash = await stored();
  const client = startLogins(t, [scram({ principals: { ada: { role: "admin", scram: scramHash } } })]).open();
  const { extra } = await challenged(client);
  const [, , , , storedKey = ""] = scramHash.split("$");
  const { nonce, salt, iterations } = extra;
  const message = authMessage({ authid: "ada", clientNonce: NONCE, nonce, salt, iterations, binding: undefined });
  const forged = xor(bytes(storedKey), await hmac(bytes(storedKey), message));
  expect(await abortOf(client, toBase64(forged), { nonce })).toEqual(REFUSED);
});

test.for([
  [undefined, "HELLO.details.authextra.nonce"],
  [{ nonce: "ab" }, "HELLO.details.authextra.nonce"],
  [{ nonce: "no,Base64" }, "HELLO.details.authextra.nonce"],
  [{ nonce: NONCE, channel_binding: "tls-server-end-point" }, 'expected "tls-exporter" or "tls-unique"'],
  [
    { nonce: NONCE, channel_binding: "tls-exporter" },
    "this connection does not support the channel binding tls-exporter",
  ],
] as const)("a HELLO with the authextra %j is refused in words", async ([authextra, words], t) => {
  const client = (await start(t)).open();
  const details = { ...CLIENT_DETAILS, authmethods: ["wamp-scram"], authid: "ada", ...(authextra && { authextra }) };
  client.send({ type: "HELLO", realm: REALM, details });
  const abort = await client.receive("ABORT");
  expect([abort.reason, abort.details.message]).toEqual([REFUSED[0], expect.stringContaining(words)]);
});

/** A router that an attacker plays: it challenges as it is told, and lets everybody in. */
function rogue(t: TestContext, extraOf: (nonce: string) => object, authextra?: object): LoginRouter {
  const principal = {
    authid: "ada",
    authrole: "admin",
    authprovider: "rogue",
    ...(authextra && { authextra: { ...authextra } }),
  };
  const auth: Authenticator = {
    method: "wamp-scram",
    begin: ({ authextra }) => ({
      type: "challenge",
      extra: { ...extraOf(String(authextra?.nonce)) },
      answer: () => ({ type: "accepted", principal }),
    }),
  };
  return startLogins(t, [auth]);
}
const COST = { kdf: "pbkdf2", iterations: 4_096, memory: null };
const SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";

test.for([
  ["proves nothing", undefined],
  ["proves something else", { verifier: SALT }],
  ["gives a number as its proof", { verifier: 5 }],
] as const)("a router that %s is left, and connect does not try again", async ([, authextra], t) => {
  const { refusal, router } = rogue(t, (nonce) => ({ ...COST, nonce: `${nonce}AAAA`, salt: SALT }), authextra);
  const error = await refusal(byPassword({ authid: "ada", password: PASSWORD }));
  expect(error).toMatchObject({
    uri: REFUSED[0],
    message: expect.stringContaining("it did not prove that it knows the password"),
  });
  await expect.poll(() => router.sessions(REALM)).toEqual([]);
});

test("a router that asks for no password at all is left", async (t) => {
  const principal = { authid: "ada", authrole: "admin", authprovider: "rogue" };
  const { refusal } = startLogins(t, [{ method: "wamp-scram", begin: () => ({ type: "accepted", principal }) }]);
  const error = await refusal(byPassword(ada));
  expect(error.message).toContain("it did not prove that it knows the password");
});

const CHALLENGES: readonly (readonly [string, object, string])[] = [
  ["a nonce of its own", { nonce: "A".repeat(48) }, "its nonce does not continue ours"],
  ["no salt", { salt: null }, "its salt is not Base64"],
  ["a salt that is no Base64", { salt: "a,b" }, "its salt is not Base64"],
  ["an unknown kdf", { kdf: "md5" }, "its kdf is neither argon2id13 nor pbkdf2"],
  ["few iterations", { iterations: 4_095 }, "expected 4096 to 10000000 iterations of pbkdf2"],
  ["iterations without end", { iterations: 2 ** 31 }, "expected 4096 to 10000000 iterations of pbkdf2"],
  ["a fraction of iterations", { iterations: 4_096.5 }, "expected 4096 to 10000000 iterations of pbkdf2"],
  [
    "little memory",
    { kdf: "argon2id13", iterations: 100, memory: 7_167 },
    "expected argon2id13 with 7168 to 1048576 KiB",
  ],
  ["few passes", { kdf: "argon2id13", iterations: 4, memory: 7_168 }, "and 35840 to 8388608 KiB times iterations"],
  ["no passes", { kdf: "argon2id13", iterations: 0, memory: 65_536 }, "and 35840 to 8388608 KiB times iterations"],
  ["all memory", { kdf: "argon2id13", iterations: 1, memory: 2 ** 21 }, "expected argon2id13 with 7168 to 1048576 KiB"],
];

test.for(CHALLENGES)("a router that challenges with %s is left, and the password is not asked for", async ([
  ,
  lie,
  words,
], t) => {
  const { refusal } = rogue(t, (nonce) => ({ ...COST, nonce: `${nonce}AAAA`, salt: SALT, ...lie }));
  const password = () => expect.unreachable("asked for the password");
  expect(await refusal(byPassword({ authid: "ada", password }))).toMatchObject({
    uri: REFUSED[0],
    message: expect.stringContaining(words),
  });
});

async function listenTls(t: TestContext, options: Partial<ScramOptions>, tls: object = {}) {
  const principals = { ada: { role: "admin", scram: await stored() } };
  const router = createRouter({ realms: [{ name: REALM, auth: [scram({ principals, ...options })] }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen({ tls: { key: tlsKey, cert, ...tls } });
  const dial = (peer: Partial<PeerOptions>) =>
    connect({ url, realm: REALM, tls: { ca: cert }, auth: [byPassword({ ...ada, ...peer })], reconnect: false });
  return { url, dial };
}

test.for([
  ["tls-exporter", "TLSv1.3"],
  ["tls-unique", "TLSv1.2"],
] as const)("fact 53: a login by password is bound to its channel by %s over %s", async ([
  channelBinding,
  version,
], t) => {
  const { dial } = await listenTls(t, { channelBinding: "required" }, { minVersion: version, maxVersion: version });
  const peer = await dial({ channelBinding });
  expect(peer.session?.authid).toBe("ada");
  await peer.close();
  expect(String(await failureOf(dial({})))).toContain("this realm requires channel_binding");
});

test("a login that is bound to a channel cannot be passed on through another, whatever is said of the channel", async (t) => {
  for (const says of ["the truth", "nothing of the channel", "its own channel"] as const) {
    const { url } = await listenTls(t, {});
    const { url: middle } = await listenMiddle(t, url, says);
    const through = (options: Partial<PeerOptions>) =>
      connect({
        url: middle,
        realm: REALM,
        tls: { ca: cert },
        auth: [byPassword({ ...ada, ...options })],
        reconnect: false,
      });
    expect(await failureOf(through({ channelBinding: "tls-exporter" })), says).toMatchObject({ uri: REFUSED[0] });
  }
});

/** A router that passes logins on to another one, over a connection of its own. */
async function listenMiddle(
  t: TestContext,
  url: string,
  says: "the truth" | "nothing of the channel" | "its own channel",
) {
  const begin: Authenticator["begin"] = ({ authid = "", authextra = {} }) =>
    new Promise((challenge) => {
      const { channel_binding, ...rest } = authextra;
      const told = says === "nothing of the channel" ? { ...rest, channel_binding: null } : authextra;
      let own = "";
      let pass: (given: { signature: string; extra: object }) => void = () => {};
      const answer = (extra: object): Promise<never> => {
        challenge({
          type: "challenge",
          extra: { ...extra },
          async answer({ signature, extra }) {
            const bound = {
              "the truth": extra,
              "nothing of the channel": { ...extra, channel_binding: null, cbind_data: null },
              "its own channel": { ...extra, cbind_data: own },
            }[says];
            pass({ signature, extra: bound });
            return outcome;
          },
        });
        return new Promise((resolve) => {
          pass = (given) => resolve(given as never);
        });
      };
      const sign: ClientAuth = {
        method: "wamp-scram",
        begin({ tls }) {
          own = toBase64(tls?.channelId("tls-exporter") ?? new Uint8Array());
          return { authid, authextra: told, answer };
        },
      };
      const outcome = connect({ url, realm: REALM, tls: { ca: cert }, auth: [sign], reconnect: false }).then(
        async (peer) => {
          const authextra = peer.session?.details.authextra as Readonly<Record<string, unknown>>; // the router's proof
          await peer.close();
          return {
            type: "accepted",
            principal: { authid, authrole: "user", authprovider: "stolen", authextra },
          } as const;
        },
        () => ({ type: "denied", uri: "wamp.error.authentication_failed", message: "it did not work" }) as const,
      );
    });
  const middle = createRouter({ realms: [{ name: REALM, auth: [{ method: "wamp-scram", begin }] }] });
  t.onTestFinished(() => middle.close({ drainMs: 0 }));
  return middle.listen({ tls: { key: tlsKey, cert } });
}

test.for([
  [{ principals: { ada: { role: "admin" } } }, 'principals["ada"].scram: expected what "wampact secret scram" prints'],
  [{ principals: { ada: { role: "admin", scram: PASSWORD } } }, 'principals["ada"].scram: expected what'],
  [{ principals: {}, channelBinding: "always" }, 'channelBinding: expected "optional" or "required"'],
])("the router's scram(%j) is refused, and no secret is quoted", ([options, message]) => {
  expect(() => scram(options as never)).toThrow(message as string);
  expect(() => scram(options as never)).not.toThrow(PASSWORD);
});

test.for([
  [{ authid: "ada" }, "password: expected a string, or a function that returns one, got nothing"],
  [{ ...ada, channelBinding: "tls" }, 'channelBinding: expected "tls-exporter" or "tls-unique"'],
  [{ ...ada, leastCost: { iterations: 1 } }, "leastCost.iterations: unknown option"],
])("the peer's scram(%j) is refused", ([options, message]) => {
  expect(() => byPassword(options as never)).toThrow(message as string);
});

test("a peer takes what passwords cost by default, and where a least cost is undefined", async (t) => {
  const principals = {
    ada: { role: "admin", scram: await hashScramPassword(PASSWORD) },
    bob: { role: "user", scram: await hashScramPassword(PASSWORD, { kdf: "pbkdf2" }) },
  };
  expect(principals.ada.scram).toMatch(/^\$scram-argon2id13\$i=3,m=65536\$/);
  expect(principals.bob.scram).toMatch(/^\$scram-pbkdf2\$i=600000\$/);
  const { login } = await start(t, { principals });
  const unset = { memory: undefined, pbkdf2: undefined } as unknown as PeerOptions["leastCost"] & object;
  for (const authid of ["ada", "bob"])
    for (const leastCost of [{}, unset]) await login(byPassword({ authid, password: PASSWORD, leastCost }));
});
