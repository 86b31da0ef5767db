/** Whether an authid exists cannot be told from the time that a refusal takes: means over 10,000 attempts, with hashes that cost little. */
import { expect, test } from "vitest";
import {
  type Authenticator,
  cryptosign,
  hashCraSecret,
  hashScramPassword,
  hashTicket,
  scram,
  ticket,
  type Verdict,
  wampcra,
} from "wampact/router";

const ATTEMPTS = 10_000;
const SECRET = "correct horse";
const role = "user";
const PUBKEYS = {
  ada: "545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122",
  eve: "4a3838f6fe75251e613329d53fc69b262d5eac97fb1d73bebbaed4015b53c862",
};
const NONCE = "egVDf3DMJh0=";

const METHODS: readonly (readonly [string, () => Promise<Authenticator>])[] = [
  [
    "ticket",
    async () => ticket({ principals: { ada: { role, ticket: await hashTicket(SECRET, { logN: 4, r: 1, p: 1 }) } } }),
  ],
  [
    "wampcra",
    async () => wampcra({ principals: { ada: { role, key: await hashCraSecret(SECRET, { iterations: 1 }) } } }),
  ],
  [
    "scram",
    async () =>
      scram({
        principals: { ada: { role, scram: await hashScramPassword(SECRET, { kdf: "pbkdf2", iterations: 1 }) } },
      }),
  ],
  [
    "ticket of a function",
    async () => {
      const decoyCost = { logN: 4, r: 1, p: 1 };
      const ada = { role, ticket: await hashTicket(SECRET, decoyCost) };
      return ticket({ principals: (_realm, authid) => (authid === "ada" ? ada : undefined), decoyCost });
    },
  ],
  [
    "scram of a function",
    async () => {
      const decoyCost = { kdf: "pbkdf2", iterations: 1 } as const;
      const ada = { role, scram: await hashScramPassword(SECRET, decoyCost) };
      return scram({ principals: (_realm, authid) => (authid === "ada" ? ada : undefined), decoyCost });
    },
  ],
  [
    "wampcra of a function",
    async () => {
      const decoyCost = { iterations: 1 };
      const ada = { role, key: await hashCraSecret(SECRET, decoyCost) };
      return wampcra({ principals: (_realm, authid) => (authid === "ada" ? ada : undefined), decoyCost });
    },
  ],
  ["cryptosign", async () => cryptosign({ principals: { ada: { role, pubkey: PUBKEYS.ada } } })],
];

const never = () => expect.unreachable("called");

/** One refusal, from HELLO to the verdict, in microseconds. */
async function refuse({ begin }: Authenticator, authid: keyof typeof PUBKEYS): Promise<number> {
  const started = performance.now();
  const hello = { authid, authextra: { pubkey: PUBKEYS[authid], nonce: NONCE } };
  const context = { realm: "com.example", session: 1, call: never, report: never };
  const asked = await begin(hello, { kind: "memory" }, context);
  if (asked.type !== "challenge") return expect.unreachable(asked.type);
  const { nonce } = asked.extra;
  const verdict: Verdict = await asked.answer({
    type: "AUTHENTICATE",
    signature: "A".repeat(43).concat("="),
    extra: { nonce },
  });
  const took = performance.now() - started;
  expect(verdict).toMatchObject({ type: "denied", message: "unknown authid or wrong secret" });
  return took * 1_000;
}

test.for(METHODS)("%s: an unknown authid takes as long as a wrong secret", { timeout: 120_000 }, async ([
  name,
  create,
]) => {
  const authenticator = await create();
  const sums = { ada: 0, eve: 0 };
  for (let attempt = 0; attempt < ATTEMPTS + 500; attempt++) {
    for (const authid of attempt % 2 === 0 ? (["ada", "eve"] as const) : (["eve", "ada"] as const)) {
      const took = await refuse(authenticator, authid);
      if (attempt >= 500) sums[authid] += took; // those before warm up
    }
  }
  const [known, unknown] = [sums.ada / ATTEMPTS, sums.eve / ATTEMPTS];
  console.log(`${name}: a wrong secret takes ${known.toFixed(1)} µs, an unknown authid ${unknown.toFixed(1)} µs`);
  expect(unknown / known).toBeGreaterThan(0.5);
  expect(unknown / known).toBeLessThan(2);
});
