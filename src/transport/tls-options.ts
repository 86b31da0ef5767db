import type { SecureContextOptions } from "node:tls";
import { unknownSetting } from "../wire/check-settings.js";
import { kindOf } from "../wire/fields.js";

/** TLS options from the application. */
export type TlsOptions = Readonly<Record<string, unknown>>;

const CONTEXT =
  "ALPNCallback allowPartialTrustChain ca cert certificateCompression ciphers clientCertEngine crl dhparam ecdhCurve honorCipherOrder key maxVersion minVersion passphrase pfx privateKeyEngine privateKeyIdentifier secureOptions secureProtocol sessionIdContext sessionTimeout sigalgs ticketKeys";
const CONNECTION =
  "ALPNProtocols SNICallback enableTrace highWaterMark insecureHTTPParser joinDuplicateHeaders keepAlive keepAliveInitialDelay maxHeaderSize noDelay pskCallback rejectUnauthorized requestCert secureContext";
const SERVER =
  "IncomingMessage ServerResponse allowHalfOpen connectionsCheckingInterval handshakeTimeout headersTimeout keepAliveTimeout pauseOnConnect pskIdentityHint rejectNonStandardBodyWrites requestTimeout requireHostHeader uniqueHeaders";
const CLIENT =
  "agent auth autoSelectFamily autoSelectFamilyAttemptTimeout checkServerIdentity createConnection family hints localAddress localPort lookup minDHSize servername session socket timeout";

/** The options that Node documents for `https.createServer` and `https.request`. */
const KNOWN = {
  router: `${CONTEXT} ${CONNECTION} ${SERVER}`.split(" "),
  client: `${CONTEXT} ${CONNECTION} ${CLIENT}`.split(" "),
};

const FORMS = {
  key: { form: /-----BEGIN [A-Z ]*PRIVATE KEY-----/, what: "a private key" },
  cert: { form: /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/, what: "a certificate" },
  ca: { form: /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/, what: "a certificate" },
};

/** Throws `TypeError` for an option that Node does not know, an invalid key or certificate, or an incomplete pair. */
export function checkTlsOptions(tls: TlsOptions, end: "router" | "client"): void {
  const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
  for (const name in given) {
    if (!KNOWN[end].includes(name)) throw unknownSetting("tls", name, KNOWN[end]);
  }
  for (const name of ["key", "cert", "ca"] as const) {
    for (const each of [given[name] ?? []].flat()) checkPem(name, each);
  }
  if (end === "router" || "key" in given || "cert" in given) checkPair(given);
  try {
    makeContext(given);
  } catch (error) {
    throw new TypeError(`tls${contextFault(error as NodeJS.ErrnoException, given)}`, { cause: error });
  }
  if (!areMatched(given)) throw new TypeError("tls.key: does not match tls.cert");
}

/**
 * Returns whether there is a key for each certificate. OpenSSL compares only keys of one type: with an RSA key beside an ECDSA
 * certificate, each handshake would fail.
 */
function areMatched({ cert, key, passphrase }: TlsOptions): boolean {
  if (cert === undefined || key === undefined) return true;
  const { createPrivateKey, X509Certificate } = process.getBuiltinModule("node:crypto");
  const keys = [key].flat().map((each) => {
    const own = typeof each === "object" && each !== null && "pem" in each ? each : { pem: each };
    const secret = "passphrase" in own ? own.passphrase : passphrase;
    return createPrivateKey({ key: own.pem as string | Buffer, passphrase: secret as string | undefined });
  });
  return [cert].flat().every((each) => {
    const certificate = new X509Certificate(each as string | Buffer);
    return keys.some((one) => certificate.checkPrivateKey(one));
  });
}

/** Throws the error of OpenSSL. Loads TLS only if options are given. */
function makeContext(given: TlsOptions): void {
  process.getBuiltinModule("node:tls").createSecureContext(given as SecureContextOptions);
}

/** Explains why OpenSSL rejects options. The text starts with the option's path. */
function contextFault({ code, message }: NodeJS.ErrnoException, given: TlsOptions): string {
  if (code === "ERR_OSSL_X509_KEY_VALUES_MISMATCH") return ".key: does not match tls.cert";
  if (code === "ERR_SSL_NO_CIPHER_MATCH") return ".ciphers: OpenSSL knows none of these cipher suites";
  const name = ["key", "cert", "ca"].find((each) => each in given && !isTaken(given, each));
  if (name !== "key") return `${name ? `.${name}` : ""}: OpenSSL cannot use it: ${message}`;
  if (!given.passphrase && ENCRYPTED.test(String([given.key].flat()[0])))
    return ".key: is encrypted; set tls.passphrase";
  return given.passphrase ? ".passphrase: does not decrypt tls.key" : `.key: OpenSSL cannot use it: ${message}`;
}

const ENCRYPTED = /-----BEGIN ENCRYPTED |Proc-Type: 4,ENCRYPTED/;

function isTaken(given: TlsOptions, name: string): boolean {
  try {
    makeContext({ passphrase: given.passphrase, [name]: given[name] });
    return true;
  } catch {
    return false;
  }
}

/** Requires `cert` and `key`, unless another option replaces them. */
function checkPair(given: TlsOptions): void {
  if (["pfx", "SNICallback", "pskCallback", "secureContext"].some((name) => name in given)) return;
  if (!("cert" in given)) throw new TypeError("tls.cert: missing");
  if (!("key" in given || "privateKeyIdentifier" in given)) throw new TypeError("tls.key: missing");
}

function checkPem(name: keyof typeof FORMS, value: unknown): void {
  const given = typeof value === "object" && value !== null && "pem" in value ? value.pem : value;
  if (typeof given !== "string" && !ArrayBuffer.isView(given)) {
    throw new TypeError(`tls.${name}: expected PEM text, got ${kindOf(given)}`);
  }
  const text =
    typeof given === "string" ? given : Buffer.from(given.buffer, given.byteOffset, given.byteLength).toString();
  const { form, what } = FORMS[name];
  if (form.test(text)) return;
  const other = Object.values(FORMS).find((each) => each.form.test(text));
  if (other) throw new TypeError(`tls.${name}: expected ${what}, got ${other.what}`);
  if (isFileName(text)) throw new TypeError(`tls.${name}: expected PEM text, got "${text}"; read the file`);
  throw new TypeError(
    `tls.${name}: expected PEM text, got ${typeof given === "string" ? "a different text" : "other bytes"}`,
  );
}

/** Returns whether a text is probably a file name, which may be quoted: a Base64 secret contains no dot. */
function isFileName(text: string): boolean {
  return /^[^\n]{1,200}\.\w{1,6}$/.test(text);
}
