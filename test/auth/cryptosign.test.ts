/** The method `cryptosign`, both ends: what is signed is the challenge of this very login, and the channel it came by. */
import { randomBytes } from "node:crypto";
import { expect, type TestContext, test } from "vitest";
import { cryptosign as byKey, type CryptosignOptions as PeerOptions } from "wampact/auth/cryptosign";
import { connect } from "wampact/peer";
import { type CryptosignOptions, createRouter, cryptosign, type LoginDetails } from "wampact/router";
import { fromHex, toHex } from "../../src/auth/bytes.js";
import { boundTo, signed, signerOf } from "../../src/auth/cryptosign.js";
import { abortOf, challengeOf, startLogins } from "../support/auth.js";
import { failureOf } from "../support/peers.js";
import { CLIENT_DETAILS, type RawClient, REALM } from "../support/raw.js";
import { cert, key as tlsKey } from "../support/tls.js";

const CHANNEL = "62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff";
const SEEDS = {
  one: "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510",
  two: "d511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd",
  three: "6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b",
};
const ONES = "f".repeat(64);
const SECOND = "b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d";
const THIRD = "b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2";
/** The vectors of the specification: seed, challenge, channel ID, signature. */
const VECTORS: readonly (readonly [string, string, string | undefined, string])[] = [
  [
    SEEDS.one,
    ONES,
    undefined,
    "b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e75013517c2cf067ad566a6b7b728e5d03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  ],
  [
    SEEDS.two,
    SECOND,
    undefined,
    "d4209ad10d5aff6bfbc009d7e924795de138a63515efc7afc6b01b7fe5201372190374886a70207b042294af5bd64ce725cd8dceb344e6d11c09d1aaaf4d660fb26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d",
  ],
  [
    SEEDS.three,
    THIRD,
    undefined,
    "7beb282184baadd08f166f16dd683b39cab53816ed81e6955def951cb2ddad1ec184e206746fd82bda075af03711d3d5658fc84a76196b0fa8d1ebc92ef9f30bb05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2",
  ],
  [
    SEEDS.one,
    ONES,
    CHANNEL,
    "9b6f41540c9b95b4b7b281c3042fa9c54cef43c842d62ea3fd6030fcb66e70b3e80d49d44c29d1635da9348d02ec93f3ed1ef227dfb59a07b580095c2b82f80f9d16ca518aa0c2b707f2b2a609edeca73bca8dd59817a633f35574ac6fd80d00",
  ],
  [
    SEEDS.two,
    SECOND,
    CHANNEL,
    "305aaa3ac25e98f651427688b3fc43fe7d8a68a7ec1d7d61c61517c519bd4a427c3015599d83ca28b4c652333920223844ef0725eb5dc2febfd6af7677b73f01d0852a29b460fc92ec943242ac638a053bbacc200512b18b30d15083cbdc9282",
  ],
  [
    SEEDS.three,
    THIRD,
    CHANNEL,
    "ee3c7644fd8070532bc1fde3d70d742267da545d8c8f03e63bda63f1ad4214f4d2c4bfdb4eb9526def42deeb7e31602a6ff99eba893e0a4ad4d45892ca75e608d2b75e24a189a7f78ca776ba36fc53f6c3e31c32f251f2c524f0a44202f2902d",
  ],
];
const REFUSED = ["wamp.error.authentication_failed", "unknown authid or wrong secret"];

const bytes = (hex: string) => fromHex(hex, 32) as Uint8Array<ArrayBuffer>;
const pubkeyOf = async (seed: string) => (await signerOf(bytes(seed))).pubkey;
const sign = async (seed: string, challenge: string) => signed(await signerOf(bytes(seed)), bytes(challenge));
const principals = async () => ({ ada: { role: "admin", pubkey: await pubkeyOf(SEEDS.one) } });
const start = async (t: TestContext, options: Partial<CryptosignOptions> = {}) =>
  startLogins(t, [cryptosign({ principals: await principals(), ...options })]);
const challengedBy = async (client: RawClient, seed: string, authextra: object = {}, authid?: string) => {
  const details = { authextra: { pubkey: await pubkeyOf(seed), ...authextra }, ...(authid && { authid }) };
  return (await challengeOf(client, "cryptosign", details)).extra;
};

test.for(VECTORS)("fact 51: the specification's vector for the key %s and the challenge %s in the channel %s", async ([
  seed,
  challenge,
  channel,
  expected,
]) => {
  const message = boundTo(channel === undefined ? undefined : bytes(channel), bytes(challenge));
  expect(await signed(await signerOf(bytes(seed)), message)).toBe(expected);
});

test("a private key logs in, with and without authid", async (t) => {
  const { login } = await start(t);
  const named = await login(byKey({ authid: "ada", key: async () => SEEDS.one }));
  const unnamed = await login(byKey({ key: SEEDS.one.toUpperCase() }));
  for (const { session } of [named, unnamed])
    expect(session).toMatchObject({ authid: "ada", authrole: "admin", authmethod: "cryptosign" });
});

test("a signer of the application's logs in, such as a hardware token", async (t) => {
  const { login } = await start(t);
  const { pubkey, sign } = await signerOf(bytes(SEEDS.one));
  expect((await login(byKey({ key: { pubkey, sign } }))).session).toMatchObject({ authid: "ada" });
});

test("one of several keys of a principal logs in", async (t) => {
  const pubkey = [await pubkeyOf(SEEDS.two), (await pubkeyOf(SEEDS.one)).toUpperCase()];
  const { login } = await start(t, { principals: { ada: { role: "admin", pubkey } } });
  for (const key of [SEEDS.one, SEEDS.two]) expect((await login(byKey({ key }))).session?.authid).toBe("ada");
});

test("a function finds principals by their keys; whoever it names no authid for has the key as its authid", async (t) => {
  const pubkey = await pubkeyOf(SEEDS.one);
  const find = (_realm: string, authid: string | undefined, { authextra }: LoginDetails) =>
    authid === undefined && authextra?.pubkey === pubkey ? { role: "sensor", pubkey } : undefined;
  const { login, refusal } = await start(t, { principals: find });
  expect((await login(byKey({ key: SEEDS.one }))).session).toMatchObject({ authid: pubkey, authrole: "sensor" });
  expect(await refusal(byKey({ key: SEEDS.two }))).toMatchObject({ uri: REFUSED[0] });
});

test("nulls in authextra are taken as missing, as autobahn sends them", async (t) => {
  const client = (await start(t)).open();
  const { challenge, ...rest } = await challengedBy(client, SEEDS.one, {
    trustroot: null,
    challenge: null,
    channel_binding: null,
  });
  expect(rest).toEqual({ channel_binding: null });
  client.send({ type: "AUTHENTICATE", signature: await sign(SEEDS.one, challenge), extra: {} });
  expect((await client.receive("WELCOME")).details).toMatchObject({ authid: "ada", authmethod: "cryptosign" });
});

test("a signature of another message than the challenge is refused, whoever signed it", async (t) => {
  const { open } = await start(t);
  const [first, second] = [open(), open()];
  const { challenge } = await challengedBy(first, SEEDS.one);
  const captured = await sign(SEEDS.one, challenge);
  first.send({ type: "AUTHENTICATE", signature: captured, extra: {} });
  await first.receive("WELCOME");
  await challengedBy(second, SEEDS.one);
  expect(await abortOf(second, captured), "replayed").toEqual(REFUSED);
});

test("the appended message counts as little as the signature without it", async (t) => {
  const { open } = await start(t);
  const signature = async (challenge: string) => (await sign(SEEDS.one, challenge)).slice(0, 128);
  for (const forge of [
    async (challenge: string) => (await signature(SECOND)) + challenge, // the message is right, what is signed is not
    async (challenge: string) => (await signature(challenge)) + SECOND, // the other way round
    async (challenge: string) => signature(challenge), // no message
    async (challenge: string) => sign(SEEDS.two, challenge), // another's key
    async (challenge: string) => `${await sign(SEEDS.one, challenge)}00`,
    async () => "",
    async () => "g".repeat(192),
  ]) {
    const client = open();
    const { challenge } = await challengedBy(client, SEEDS.one);
    expect(await abortOf(client, await forge(challenge)), String(forge)).toEqual(REFUSED);
  }
});

test("an unknown key, and a known one under another's authid, are asked like any other and told the same", async (t) => {
  const known = { ...(await principals()), bob: { role: "user", pubkey: await pubkeyOf(SEEDS.three) } };
  const { open } = await start(t, { principals: known });
  for (const [seed, authid] of [
    [SEEDS.two, undefined],
    [SEEDS.two, "ada"],
    [SEEDS.one, "bob"],
    [SEEDS.one, "eve"],
    [SEEDS.one, "constructor"],
  ] as const) {
    const client = open();
    const extra = await challengedBy(client, seed, {}, authid);
    expect(Object.keys(extra)).toEqual(["challenge", "channel_binding"]);
    expect(await abortOf(client, await sign(seed, extra.challenge))).toEqual(REFUSED);
  }
});

test.for([
  [ONES],
  ["0".repeat(64)],
  [`01${"0".repeat(62)}`],
])("the key %s, which is none or signs everything, is refused and no fault", async ([pubkey], t) => {
  const client = (await start(t)).open();
  await challengeOf(client, "cryptosign", { authextra: { pubkey } });
  expect(await abortOf(client, "0".repeat(192))).toEqual(REFUSED);
});

test.for([
  ["no key", {}, "HELLO.details.authextra.pubkey: expected 64 hexadecimal digits"],
  ["half a key", { pubkey: "ab" }, "HELLO.details.authextra.pubkey: expected 64 hexadecimal digits"],
  ["no challenge of its own", { pubkey: ONES, challenge: "ab" }, "HELLO.details.authextra.challenge: expected 64"],
  ["an unknown channel binding", { pubkey: ONES, channel_binding: "tls" }, 'expected "tls-exporter" or "tls-unique"'],
  [
    "a channel binding without TLS",
    { pubkey: ONES, channel_binding: "tls-unique" },
    "this connection does not support the channel binding",
  ],
] as const)("a HELLO with %s is refused in words", async ([, authextra, words], t) => {
  const client = (await start(t)).open();
  client.send({ type: "HELLO", realm: REALM, details: { ...CLIENT_DETAILS, authmethods: ["cryptosign"], authextra } });
  const { reason, details } = await client.receive("ABORT");
  expect([reason, details.message]).toEqual([REFUSED[0], expect.stringContaining(words)]);
});

test("a peer that asks for it is proven who the router is", async (t) => {
  const { login } = await start(t, { key: () => SEEDS.three });
  const routerKey = await pubkeyOf(SEEDS.three);
  await login(byKey({ key: SEEDS.one, routerKey }));
  await login(byKey({ key: SEEDS.one, routerKey: [await pubkeyOf(SEEDS.two), routerKey.toUpperCase()] }));
});

test("a router with another key, or with none, is left before anything is signed", async (t) => {
  const signer = await signerOf(bytes(SEEDS.one));
  const key = { pubkey: signer.pubkey, sign: () => expect.unreachable("signed") };
  const auth = byKey({ key, routerKey: await pubkeyOf(SEEDS.three) });
  const [other, none] = [await start(t, { key: () => SEEDS.two }), await start(t)];
  for (const { refusal } of [other, none])
    expect(await refusal(auth)).toMatchObject({
      uri: REFUSED[0],
      message: expect.stringContaining("it did not present a known routerKey"),
    });
});

test.for([
  ["a challenge of another length", { challenge: "ab" }, "its challenge is not 64 hexadecimal digits"],
  [
    "a channel binding that was not asked for",
    { challenge: ONES, channel_binding: "tls-unique" },
    "expected the channel binding null",
  ],
] as const)("a router that sends %s is left", async ([, extra, words], t) => {
  const begin = () => ({ type: "challenge", extra, answer: () => expect.unreachable("answered") }) as const;
  const { refusal } = startLogins(t, [{ method: "cryptosign", begin }]);
  expect(await refusal(byKey({ key: SEEDS.one }))).toMatchObject({ message: expect.stringContaining(words) });
});

test("a signature of the router that was made for another challenge proves nothing", async (t) => {
  const [pubkey, signature] = [await pubkeyOf(SEEDS.three), await sign(SEEDS.three, SECOND)];
  const extra = { challenge: ONES, pubkey, signature };
  const begin = () => ({ type: "challenge", extra, answer: () => expect.unreachable("answered") }) as const;
  const { refusal } = startLogins(t, [{ method: "cryptosign", begin }]);
  const error = await refusal(byKey({ key: SEEDS.one, routerKey: pubkey }));
  expect(error.message).toContain("it did not prove that it has the routerKey");
});

async function listenTls(t: TestContext, options: Partial<CryptosignOptions>, tls: object = {}) {
  const router = createRouter({
    realms: [{ name: REALM, auth: [cryptosign({ principals: await principals(), ...options })] }],
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen({ tls: { key: tlsKey, cert, ...tls } });
  const dial = (peer: Partial<PeerOptions>) =>
    connect({ url, realm: REALM, tls: { ca: cert }, auth: [byKey({ key: SEEDS.one, ...peer })], reconnect: false });
  return { url, dial };
}

test.for([
  ["tls-exporter", "TLSv1.3"],
  ["tls-unique", "TLSv1.2"],
] as const)("fact 53: a login is bound to its channel by %s over %s, the router's proof, too", async ([
  channelBinding,
  version,
], t) => {
  const versions = { minVersion: version, maxVersion: version };
  const { dial } = await listenTls(t, { channelBinding: "required", key: () => SEEDS.three }, versions);
  const peer = await dial({ channelBinding, routerKey: await pubkeyOf(SEEDS.three) });
  expect(peer.session).toMatchObject({ authid: "ada" });
  await peer.close();
  expect(String(await failureOf(dial({})))).toContain("this realm requires channel_binding");
  const other = channelBinding === "tls-unique" ? "tls-exporter" : "tls-unique";
  expect(String(await failureOf(dial({ channelBinding: other })))).toContain(`this connection has no ${other}`);
});

test("a peer that binds its login to a channel it does not have is told so, and does not try again", async (t) => {
  const { refusal } = await start(t);
  const error = await refusal(byKey({ key: SEEDS.one, channelBinding: "tls-exporter" }));
  expect(error).toMatchObject({
    uri: REFUSED[0],
    message: expect.stringContaining("this connection has no tls-exporter"),
  });
});

test("a login that is bound to a channel cannot be passed on as it is through another", async (t) => {
  const { url } = await listenTls(t, {});
  const middle = createRouter({ realms: [{ name: REALM, auth: [{ method: "cryptosign", begin: relay(url) }] }] });
  t.onTestFinished(() => middle.close({ drainMs: 0 }));
  const { url: there } = await middle.listen({ tls: { key: tlsKey, cert } });
  const through = (options: Partial<PeerOptions>) =>
    connect({
      url: there,
      realm: REALM,
      tls: { ca: cert },
      auth: [byKey({ key: SEEDS.one, ...options })],
      reconnect: false,
    });
  await (await through({})).close(); // without binding, whoever stands in the middle gets in
  expect(await failureOf(through({ channelBinding: "tls-exporter" }))).toMatchObject({ uri: REFUSED[0] });
});

/** Passes a login on to another router, and says what that one says. */
function relay(url: string) {
  return (hello: { readonly authextra?: Readonly<Record<string, unknown>> }) =>
    new Promise<never>((resolve) => {
      const { pubkey, channel_binding } = hello.authextra as { pubkey: string; channel_binding?: "tls-exporter" };
      let answered: (signature: string) => void = () => {};
      const sign = {
        method: "cryptosign",
        begin: () => ({ authextra: { pubkey, ...(channel_binding && { channel_binding }) }, answer }),
      };
      const verdict = connect({ url, realm: REALM, tls: { ca: cert }, auth: [sign], reconnect: false }).then(
        async (peer) => {
          await peer.close();
          return { type: "accepted", principal: { authid: "mallory", authrole: "user", authprovider: "stolen" } };
        },
        () => ({ type: "denied", uri: REFUSED[0], message: "it did not work" }),
      );
      function answer(extra: object): Promise<{ readonly signature: string }> {
        resolve({
          type: "challenge",
          extra,
          answer({ signature }: { signature: string }) {
            answered(signature);
            return verdict;
          },
        } as never);
        return new Promise((done) => {
          answered = (signature) => done({ signature });
        });
      }
    });
}

test.for([
  [{ principals: { ada: { role: "admin" } } }, 'principals["ada"].pubkey: expected 64 hexadecimal digits'],
  [
    { principals: { ada: { role: "admin", pubkey: "ab" } } },
    'principals["ada"].pubkey: expected 64 hexadecimal digits',
  ],
  [{ principals: {}, key: SEEDS.one }, 'key: expected { env: "NAME" }, { file: "path" } or a function'],
  [{ principals: {}, channelBinding: "always" }, 'channelBinding: expected "optional" or "required"'],
])("the router's cryptosign(%j) is refused, and no key is quoted", ([options, message]) => {
  expect(() => cryptosign(options as never)).toThrow(message as string);
  expect(() => cryptosign(options as never)).not.toThrow(SEEDS.one);
});

const NO_KEY = toHex(randomBytes(31));
test.for([
  [{}, "key: expected 64 hexadecimal digits"],
  [{ key: NO_KEY }, "key: expected 64 hexadecimal digits"],
  [{ key: { pubkey: ONES } }, "key: expected 64 hexadecimal digits"],
  [{ key: SEEDS.one, routerKey: "ab" }, "routerKey: expected 64 hexadecimal digits"],
  [{ key: SEEDS.one, channelBinding: "tls" }, 'channelBinding: expected "tls-exporter" or "tls-unique"'],
])("the peer's cryptosign(%j) is refused, and no key is quoted", ([options, message]) => {
  expect(() => byKey(options as never)).toThrow(message as string);
  expect(() => byKey(options as never)).not.toThrow(NO_KEY);
});

test("a function that gives no key fails the attempt without quoting it", async (t) => {
  const error = await (await start(t)).refusal(byKey({ key: () => NO_KEY }));
  expect(String(error)).toContain("key: expected 64 hexadecimal digits");
  expect(String(error)).not.toContain(NO_KEY);
});
