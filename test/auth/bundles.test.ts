/** Each method of authentication in bundles for browsers, whose caller contains no code for logins of its own. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { beforeAll, describe, expect, type TestContext, test } from "vitest";
import {
  createRouter,
  cryptosign,
  hashCraSecret,
  hashScramPassword,
  hashTicket,
  scram,
  ticket,
  wampcra,
} from "wampact/router";
import { bundleOf, runBundle } from "../support/bundle.js";
import { failureOf } from "../support/peers.js";
import { REALM } from "../support/raw.js";

const CODE = `
  export { connect, ownMethod } from "wampact/caller";
  export { cryptosign } from "wampact/auth/cryptosign";
  export { scram } from "wampact/auth/scram";
  export { ticket } from "wampact/auth/ticket";
  export { wampcra } from "wampact/auth/wampcra";`;
type Client = typeof import("wampact/caller") &
  typeof import("wampact/auth/cryptosign") &
  typeof import("wampact/auth/scram") &
  typeof import("wampact/auth/ticket") &
  typeof import("wampact/auth/wampcra");

const SEED = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
/** The head of a private key in the format PKCS #8. */
const PKCS8 = "302e020100300506032b657004220420";
const { x = "" } = createPublicKey(
  createPrivateKey({ key: Buffer.from(PKCS8 + SEED, "hex"), format: "der", type: "pkcs8" }),
).export({ format: "jwk" });

async function startServer(t: TestContext): Promise<string> {
  const ada = { role: "admin" };
  const salt = await hashScramPassword("pencil", { kdf: "pbkdf2", iterations: 4_096 });
  const auth = [
    ticket({ principals: { ada: { ...ada, ticket: await hashTicket("pencil") } } }),
    wampcra({ principals: { ada: { ...ada, key: await hashCraSecret("pencil", { iterations: 1_000 }) } } }),
    scram({ principals: { ada: { ...ada, scram: salt } } }),
    cryptosign({ principals: { ada: { ...ada, pubkey: Buffer.from(x, "base64url").toString("hex") } } }),
  ];
  const router = createRouter({ realms: [{ name: REALM, auth }] });
  t.onTestFinished(() => router.close());
  return (await router.listen()).url;
}

describe.for([{ conditions: [] }, { conditions: ["production"] }])("under the conditions $conditions", ({
  conditions,
}) => {
  let bundle = "";
  beforeAll(async () => {
    bundle = await bundleOf(CODE, conditions);
  });
  const load = () => runBundle<Client>(bundle, { atob, btoa, TextDecoder, crypto: globalThis.crypto });

  test.for(["ticket", "wampcra", "wamp-scram", "cryptosign"])("a caller logs in by %s", async (method, t) => {
    const client = load();
    const methods = {
      ticket: (right: boolean) => client.ticket({ authid: "ada", ticket: right ? "pencil" : "pen" }),
      wampcra: (right: boolean) => client.wampcra({ authid: "ada", secret: right ? "pencil" : "pen" }),
      "wamp-scram": (right: boolean) => client.scram({ authid: "ada", password: right ? "pencil" : "pen" }),
      cryptosign: (right: boolean) => client.cryptosign({ authid: "ada", key: right ? SEED : SEED.replace("4", "5") }),
    };
    const create = methods[method as keyof typeof methods];
    const url = await startServer(t);
    const peer = await client.connect({ url, realm: REALM, auth: [create(true)] });
    t.onTestFinished(() => peer.close());
    expect(peer.session).toMatchObject({ authid: "ada", authrole: "admin", authmethod: method });
    const wrong = client.connect({ url, realm: REALM, auth: [create(false)], reconnect: false });
    expect(await failureOf(wrong)).toMatchObject({ uri: "wamp.error.authentication_failed" });
  });

  test("a caller logs in by a method of its own, and not without its code", async (t) => {
    const client = load();
    const begin = () => ({ authid: "ada", answer: () => ({ signature: "pencil" }) });
    const url = await startServer(t);
    const own = { method: "ticket", begin };
    const peer = await client.connect({ url, realm: REALM, auth: [client.ownMethod(own)] });
    t.onTestFinished(() => peer.close());
    expect(peer.session).toMatchObject({ authmethod: "ticket" });
    const bare = client.connect({ url, realm: REALM, auth: [own] });
    expect(await failureOf(bare)).toMatchObject({ name: "TypeError", message: expect.stringMatching(/^auth: /) });
  });
});
