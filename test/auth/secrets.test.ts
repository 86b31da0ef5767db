/** No secret, and nothing that is worth one, stands in what is said: errors and their stacks, reports, events, output, meta procedures. */
import { writeFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { inspect } from "node:util";
import { expect, type TestContext, test, vi } from "vitest";
import { cryptosign as byKey } from "wampact/auth/cryptosign";
import { scram as byPassword } from "wampact/auth/scram";
import { ticket as byTicket } from "wampact/auth/ticket";
import { wampcra as bySecret } from "wampact/auth/wampcra";
import { type ClientAuth, connect } from "wampact/peer";
import {
  type Authenticator,
  cryptosign,
  hashCraSecret,
  hashScramPassword,
  hashTicket,
  scram,
  ticket,
  wampcra,
} from "wampact/router";
import { signerOf } from "../../src/auth/cryptosign.js";
import { transportTo } from "../support/auth.js";
import { temporary } from "../support/folder.js";
import { join } from "../support/peers.js";
import { REALM, startRouter } from "../support/raw.js";

const SECRET = "Kirschenmus-4711";
const GUESS = "Pflaumenmus-0815";
const SEED = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
const ROUTER_SEED = "6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b";
const role = "admin";

/** Everything that is said from now on, where a log might have it. */
function listen(t: TestContext) {
  const said: string[] = [];
  const hear = (...what: unknown[]) => void said.push(inspect(what, { depth: 10, showHidden: true }));
  for (const name of ["log", "error", "warn", "info", "debug"] as const) {
    const spy = vi.spyOn(console, name).mockImplementation(hear);
    t.onTestFinished(() => spy.mockRestore());
  }
  return { said, hear };
}

async function secretsAndMethods(t: TestContext) {
  const file = joinPath(temporary(t), "secret");
  writeFileSync(file, SECRET);
  const stored = {
    ticket: await hashTicket(SECRET, { logN: 4, r: 1, p: 1 }),
    key: await hashCraSecret(SECRET, { iterations: 1_000 }),
    scram: await hashScramPassword(SECRET, { kdf: "pbkdf2", iterations: 4_096 }),
  };
  const { pubkey } = await signerOf(Buffer.from(SEED, "hex"));
  const good = {
    ticket: ticket({ principals: { ada: { role, ticket: stored.ticket } } }),
    wampcra: wampcra({ principals: { ada: { role, key: stored.key }, bob: { role, secret: { file } } } }),
    scram: scram({ principals: { ada: { role, scram: stored.scram } } }),
    cryptosign: cryptosign({ principals: { ada: { role, pubkey } }, key: () => ROUTER_SEED }),
  };
  /** Principals as a careless application finds them. */
  const careless = [
    ticket({ principals: () => ({ role, ticket: SECRET }) }),
    wampcra({ principals: () => ({ role, key: SECRET }) }),
    wampcra({ principals: () => ({ role, secret: SECRET }) as never }),
    wampcra({ principals: () => ({ role, secret: () => [SECRET] as never }) }),
    scram({ principals: () => ({ role, scram: SECRET, password: SECRET }) as never }),
    cryptosign({ principals: { ada: { role, pubkey } }, key: () => `${ROUTER_SEED}00` }),
    ticket({ check: (_realm, _authid, { ticket }) => ({ role, ticket }) as never }),
  ];
  const derived = Object.values(stored).flatMap((form) => form.split("$").slice(3));
  return { good, careless, secrets: [SECRET, GUESS, SEED, ROUTER_SEED, ...Object.values(stored), ...derived] };
}

test("a full run with right, wrong and careless logins says no secret", async (t) => {
  const { said, hear } = listen(t);
  const { good, careless, secrets } = await secretsAndMethods(t);
  const logIns = async (authenticators: readonly Authenticator[], ...peers: readonly ClientAuth[]) => {
    const { router } = startRouter(t, {
      realms: [{ name: REALM, auth: authenticators }],
      onError: (...what) => hear(what),
      observer: hear,
    });
    const admin = await join(t, router);
    await admin.subscribe("wamp.session.on_join", hear);
    let established = 0;
    for (const peer of peers) {
      try {
        const transport = transportTo(router, { remoteAddress: "127.0.0.1", headers: {} });
        const joined = await connect({ transport, realm: REALM, auth: [peer], onError: hear });
        established++;
        hear(joined.session);
        for (const procedure of ["wamp.session.list", "wamp.session.count"]) hear(await joined.call(procedure));
        hear(await joined.call("wamp.session.get", [joined.session?.id]));
        await joined.close();
      } catch (error) {
        hear(error, (error as Error).stack);
      }
    }
    return established;
  };
  const { pubkey } = await signerOf(Buffer.from(ROUTER_SEED, "hex"));
  const shows = (secret: string) => ({
    ticket: byTicket({ authid: "ada", ticket: () => secret }),
    wampcra: bySecret({ authid: "ada", secret }),
    scram: byPassword({ authid: "ada", password: secret }),
  });
  const right = { ...shows(SECRET), cryptosign: byKey({ authid: "ada", key: SEED, routerKey: pubkey }) };
  for (const method of ["ticket", "wampcra", "scram", "cryptosign"] as const)
    expect(await logIns([good[method]], right[method]), method).toBe(1);
  expect(await logIns([good.wampcra], bySecret({ authid: "bob", secret: SECRET }))).toBe(1);
  const wrong = shows(GUESS);
  for (const method of ["ticket", "wampcra", "scram"] as const)
    expect(await logIns([good[method]], wrong[method]), method).toBe(0);
  for (const authenticator of careless) {
    const peers = [...Object.values(right)].filter(({ method }) => method === authenticator.method);
    expect(await logIns([authenticator], ...peers)).toBe(0);
  }
  expect(said.length).toBeGreaterThan(50);
  expect(said.join("\n")).toContain("TypeError: principal.scram: expected what");
  for (const secret of secrets) {
    const leaks = said.filter((each) => each.includes(secret));
    expect(leaks, `says ${secret}`).toEqual([]);
  }
});

test("misuse that is told at once quotes no secret", () => {
  const misuses: readonly (() => unknown)[] = [
    () => ticket({ principals: { ada: { role, ticket: SECRET } } }),
    () => wampcra({ principals: { ada: { role, secret: SECRET } } as never }),
    () => wampcra({ principals: { ada: { role, key: SECRET } } }),
    () => scram({ principals: { ada: { role, scram: SECRET } } }),
    () => cryptosign({ principals: {}, key: SECRET as never }),
    () => byTicket({ authid: "ada", ticket: [SECRET] as never }),
    () => bySecret({ authid: "ada", secret: { value: SECRET } as never }),
    () => byPassword({ authid: "ada", password: [SECRET] as never }),
    () => byKey({ key: SECRET }),
    () => byKey({ key: { pubkey: SECRET, sign: SECRET } as never }),
  ];
  for (const misuse of misuses) {
    expect(misuse, String(misuse)).toThrow(TypeError);
    try {
      misuse();
    } catch (error) {
      expect(inspect(error)).not.toContain(SECRET);
    }
  }
});
