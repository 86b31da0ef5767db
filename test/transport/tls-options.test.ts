/** Options of TLS that cannot be are refused where they are given, by name, at both ends. */
import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { connect } from "wampact/peer";
import { createRouter } from "wampact/router";
import { failureOf } from "../support/peers.js";
import { REALM } from "../support/raw.js";
import { cert, key, otherCert } from "../support/tls.js";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const otherKey = privateKey.export({ type: "pkcs8", format: "pem" });

const rsaKey = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey.export({ type: "pkcs8", format: "pem" });

test.for<[what: string, tls: object, message: string | RegExp]>([
  ["a misspelt cert", { key, crt: cert }, 'tls.crt: unknown option; did you mean "cert"?'],
  ["a misspelt key", { kee: key, cert }, 'tls.kee: unknown option; did you mean "key"?'],
  ["no cert", { key }, "tls.cert: missing"],
  ["no key", { cert, key: undefined }, "tls.key: missing"],
  ["nothing", {}, "tls.cert: missing"],
  ["the name of a key file", { key: "key.pem", cert }, 'tls.key: expected PEM text, got "key.pem"; read the file'],
  ["the name of a cert file", { key, cert: ["./a/cert.crt"] }, 'tls.cert: expected PEM text, got "./a/cert.crt"; read'],
  ["a secret that is no PEM", { key: "c2VjcmV0", cert }, "tls.key: expected PEM text, got a different text"],
  ["bytes that are no PEM", { key, cert: Buffer.from([48, 130]) }, "tls.cert: expected PEM text, got other bytes"],
  ["a number", { key: 5, cert }, "tls.key: expected PEM text, got an integer"],
  ["key and cert swapped", { key: cert, cert: key }, "tls.key: expected a private key, got a certificate"],
  ["the key of another certificate", { key: otherKey, cert }, "tls.key: does not match tls.cert"],
  ["a key of another type", { key: rsaKey, cert }, "tls.key: does not match tls.cert"],
  ["two certificates and the key of one", { key, cert: [cert, otherCert] }, "tls.key: does not match tls.cert"],
  ["a version that is none", { key, cert, minVersion: "TLSv9" }, /^tls: .*TLSv9/],
])("a listener is not given %s", async ([, tls, message], t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close());
  const error = await failureOf((async () => router.listen({ tls }))());
  expect(error).toBeInstanceOf(TypeError);
  expect((error as TypeError).message).toMatch(message);
});

test.for<[what: string, tls: object]>([
  ["bytes", { key: Buffer.from(key), cert: Buffer.from(cert) }],
  [
    "lists, and a key in an object",
    { key: [{ pem: key }], cert: [cert], honorCipherOrder: true, headersTimeout: 9_000 },
  ],
  ["a certificate, its key and a further one", { key: [rsaKey, key], cert }],
  ["what picks certificates later", { SNICallback: () => {} }],
])("a listener takes %s", async ([, tls], t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close());
  expect((await router.listen({ tls })).url).toMatch(/^wss:/);
});

test.for<[what: string, tls: Readonly<Record<string, unknown>>, message: string]>([
  ["a misspelt ca", { caa: cert }, 'tls.caa: unknown option; did you mean "ca"?'],
  ["the name of a ca file", { ca: "cert.pem" }, 'tls.ca: expected PEM text, got "cert.pem"; read the file'],
  ["half of a pair", { key }, "tls.cert: missing"],
  ["an option of servers", { requestTimeout: 5 }, "tls.requestTimeout: unknown option"],
])("a peer is not given %s", async ([, tls, message]) => {
  const error = await failureOf(connect({ url: "wss://127.0.0.1:1/ws", realm: REALM, tls })); // it would try for ever
  expect(error).toBeInstanceOf(TypeError);
  expect((error as TypeError).message).toContain(message);
});

test("a certificate that is not trusted is told with what to give", async (t) => {
  const router = createRouter({ realms: [{ name: REALM }] });
  t.onTestFinished(() => router.close());
  const { url } = await router.listen({ tls: { key, cert } });
  const once = { url, realm: REALM, reconnect: false } as const;
  const message = String(await failureOf(connect(once)));
  expect(message).toContain(`Error: cannot connect to ${url}: self-signed certificate; `); // newer versions of Node add a hint of theirs
  expect(message).toMatch(/; pass connect\(\{ tls: \{ ca \} \}\)$/);
  await (await connect({ ...once, tls: { ca: cert, servername: "localhost" } })).close();
});
