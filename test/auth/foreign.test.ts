/** Clients of others log in: npm's autobahn and wampy, and autobahn-python where Python has it (`PYTHON` may name the interpreter). */
import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import autobahn from "autobahn";
import { expect, type TestContext, test, vi } from "vitest";
import { createRouter, cryptosign, hashCraSecret, hashTicket, ticket, wampcra } from "wampact/router";
import { Wampy } from "wampy";
import { sign as signKey } from "wampy/cryptosign.js";
import { sign as signSecret } from "wampy/wampcra.js";
import { WebSocket } from "ws";
import { signerOf } from "../../src/auth/cryptosign.js";
import { REALM } from "../support/raw.js";

const AUTHID = "ada";
const SECRET = "pencil";
const WRONG = "pen";
const SEED = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
const OTHER_SEED = "d511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd";
const REFUSED = "wamp.error.authentication_failed";
const pubkeyOf = async (seed: string) => (await signerOf(Buffer.from(seed, "hex"))).pubkey;

/** How the router keeps what the client shows. */
const METHODS = {
  ticket: async () =>
    ticket({ principals: { ada: { role: "admin", ticket: await hashTicket(SECRET, { logN: 4, r: 1, p: 1 }) } } }),
  "wampcra, plain": async () => wampcra({ principals: { ada: { role: "admin", secret: () => SECRET } } }),
  "wampcra, salted": async () =>
    wampcra({ principals: { ada: { role: "admin", key: await hashCraSecret(SECRET, { iterations: 1_000 }) } } }),
  cryptosign: async () => cryptosign({ principals: { ada: { role: "admin", pubkey: await pubkeyOf(SEED) } } }),
};
type Method = keyof typeof METHODS;
const NAMES = Object.keys(METHODS) as Method[];

async function listen(t: TestContext, method: Method): Promise<string> {
  const router = createRouter({ realms: [{ name: REALM, auth: [await METHODS[method]()] }] });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  return (await router.listen()).url;
}

/** A client's login, with the right secret or another one. */
interface Login {
  readonly url: string;
  readonly method: Method;
  readonly secret: string;
  readonly seed: string;
}
/** Gives `[authid, authrole, authmethod]`, or the reason of the refusal. */
type LogIn = (t: TestContext, login: Login) => Promise<unknown>;

/** As much of autobahn as its published types do not know. */
interface Autobahn {
  readonly Connection: new (
    options: object,
  ) => {
    onopen: (session: unknown, details: Identity) => void;
    onclose: (reason: string, details: { readonly reason: string }) => boolean;
    open(): void;
    close(): void;
  };
  readonly auth_cra: { sign(key: string, challenge: string): string; derive_key(...of: unknown[]): string };
  readonly auth_cryptosign: { sign_challenge(key: unknown, extra: unknown): string };
  readonly nacl: { readonly sign: { readonly keyPair: { fromSeed(seed: Uint8Array): unknown } } };
  readonly log: { warn(...text: unknown[]): void };
}
interface Identity {
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
}
interface CraExtra {
  readonly challenge: string;
  readonly salt?: string;
  readonly iterations?: number;
  readonly keylen?: number;
}
const identity = ({ authid, authrole, authmethod }: Identity) => [authid, authrole, authmethod];

const byAutobahn: LogIn = async (t, { url, method, secret, seed }) => {
  const { Connection, auth_cra, auth_cryptosign, nacl, log } = autobahn as unknown as Autobahn;
  vi.spyOn(log, "warn").mockReturnValue(); // it warns of every connection that closes
  const answers: Readonly<Record<string, (extra: never) => string>> = {
    ticket: () => secret,
    wampcra: ({ challenge, salt, iterations, keylen }: CraExtra) =>
      auth_cra.sign(salt === undefined ? secret : auth_cra.derive_key(secret, salt, iterations, keylen), challenge),
    cryptosign: (extra) =>
      auth_cryptosign.sign_challenge(nacl.sign.keyPair.fromSeed(Uint8Array.from(Buffer.from(seed, "hex"))), extra),
  };
  const [authmethod = ""] = method.split(",");
  const pubkey = authmethod === "cryptosign" ? await pubkeyOf(seed) : undefined;
  const connection = new Connection({
    url,
    realm: REALM,
    authid: AUTHID,
    authmethods: [authmethod],
    authextra: pubkey && { pubkey, trustroot: null, challenge: null, channel_binding: null },
    onchallenge: (_session: unknown, asked: string, extra: never) => answers[asked]?.(extra),
    max_retries: 0,
  });
  return new Promise((resolve) => {
    connection.onopen = (_session, details) => {
      t.onTestFinished(() => connection.close());
      resolve(identity(details));
    };
    connection.onclose = (_why, { reason }) => {
      resolve(reason);
      return true; // does not connect again
    };
    connection.open();
  });
};

const byWampy: LogIn = async (t, { url, method, secret, seed }) => {
  const [authmethod = ""] = method.split(",");
  const faults: unknown[] = [];
  const client = new Wampy(url, {
    realm: REALM,
    ws: WebSocket as never, // its parameters are wider than the class says
    autoReconnect: false,
    authid: AUTHID,
    authmethods: [authmethod],
    authextra: authmethod === "cryptosign" ? { pubkey: await pubkeyOf(seed) } : {},
    authMode: "auto",
    authPlugins: { ticket: () => secret, wampcra: signSecret(secret), cryptosign: signKey(seed) } as never,
    onError: (error) => void faults.push(error),
  });
  try {
    const welcome = (await client.connect()) as unknown as Identity;
    t.onTestFinished(() => client.disconnect().then(() => {}));
    return identity(welcome);
  } catch (error) {
    return (error as { errorUri?: string }).errorUri ?? String(error);
  }
};

const PYTHON = process.env.PYTHON ?? "python3";
const hasAutobahn =
  spawnSync(PYTHON, ["-c", "import autobahn.asyncio.component, nacl, base58"], { stdio: "ignore" }).status === 0;
if (!hasAutobahn)
  console.log(`${PYTHON} has no autobahn[encryption]: its logins are skipped. PYTHON may name another interpreter.`);

const byPython: LogIn = async (t, { url, method, secret, seed }) => {
  const [authmethod = ""] = method.split(",");
  const shown = { ticket: { ticket: secret }, wampcra: { secret }, cryptosign: { privkey: seed } }[authmethod];
  const authentication = JSON.stringify({ [authmethod]: { authid: AUTHID, ...shown } });
  const script = fileURLToPath(new URL("login.py", import.meta.url));
  const child = spawn(PYTHON, [script, url, REALM, authentication], { stdio: ["ignore", "pipe", "inherit"] });
  t.onTestFinished(() => void child.kill());
  const [first = "[]"] = (await text(child.stdout)).split("\n");
  const [who, ...rest] = JSON.parse(first) as string[];
  return who === "refused" ? /<([\w.]+)>/.exec(rest[0] ?? "")?.[1] : [who, ...rest.slice(0, 2)];
};

const CLIENTS = [
  { client: "autobahn", logIn: byAutobahn, there: true },
  { client: "wampy", logIn: byWampy, there: true },
  { client: "autobahn-python", logIn: byPython, there: hasAutobahn },
];

for (const { client, logIn, there } of CLIENTS) {
  test.skipIf(!there).for(NAMES)(`${client} logs in by %s, and not with another secret`, async (method, t) => {
    const url = await listen(t, method);
    const [authmethod] = method.split(",");
    expect(await logIn(t, { url, method, secret: SECRET, seed: SEED })).toEqual([AUTHID, "admin", authmethod]);
    expect(await logIn(t, { url, method, secret: WRONG, seed: OTHER_SEED })).toBe(REFUSED);
  });
}
