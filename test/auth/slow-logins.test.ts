/** Guessing is slow: after a few failures under one authid, or from one address, answers are judged one after the other. */
import { expect, type TestContext, test } from "vitest";
import { WampError } from "wampact/peer";
import { type Authenticator, createRouter, type FailedLogins, type Verdict } from "wampact/router";
import { createFakeClock } from "wampact/testing";
import { transportTo } from "../support/auth.js";
import { CLIENT_DETAILS, RawClient, REALM } from "../support/raw.js";

const denied = (uri: string) => ({ type: "denied", uri, message: "no" });
/** Answers that are neither right nor simply wrong, and what is made of them. */
const ODD: Readonly<Record<string, () => unknown>> = {
  "a fault": () => {
    throw new Error("no such row");
  },
  "no verdict": () => undefined,
  "a principal without role": () => ({ type: "accepted", principal: { authid: "ada", authprovider: "test" } }),
  "a denial of the application's": () => denied("com.app.error.locked"),
  "a denial for now": () => denied("wamp.error.unavailable"),
  "thrown for now": () => {
    throw new WampError("wamp.error.unavailable");
  },
  nothing: () => new Promise(() => {}),
};

/** A router whose only right answer is "right", its clock, and how many answers it has judged. */
function start(t: TestContext, failedLogins: FailedLogins = {}) {
  const state = { judged: 0, faults: [] as string[], setBackMs: 0 };
  const auth: Authenticator = {
    method: "test",
    begin: ({ authid = "" }) => ({
      type: "challenge",
      extra: {},
      async answer({ signature }) {
        state.judged++;
        await undefined;
        if (Object.hasOwn(ODD, signature)) return ODD[signature]?.() as Verdict;
        if (signature === "right")
          return { type: "accepted", principal: { authid, authrole: "user", authprovider: "test" } };
        return { type: "denied", uri: "wamp.error.authentication_failed", message: "no" };
      },
    }),
  };
  const clock = createFakeClock({ now: Date.UTC(2026, 0) });
  const router = createRouter({
    realms: [{ name: REALM, auth: [auth] }],
    clock: { now: () => clock.now() - state.setBackMs, after: (delayMs, run) => clock.after(delayMs, run) },
    failedLogins,
    onError: (error) => void state.faults.push(String(error)),
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));

  /** Answers, and gives the client before the answer is judged. */
  async function answer(signature: string, { authid = "ada", from = "203.0.113.1" } = {}): Promise<RawClient> {
    const client = new RawClient(transportTo(router, { remoteAddress: from }));
    client.send({ type: "HELLO", realm: REALM, details: { ...CLIENT_DETAILS, authmethods: ["test"], authid } });
    await client.receive("CHALLENGE");
    client.send({ type: "AUTHENTICATE", signature, extra: {} });
    return client;
  }
  async function fail(times: number, who: { authid?: string; from?: string } = {}): Promise<void> {
    for (let done = 0; done < times; done++) {
      const client = await answer("wrong", who);
      while (client.unread().length === 0) await clock.advance(100);
      await client.receive("ABORT");
    }
  }
  /** How long an answer waits, in milliseconds. */
  async function waitOf(signature: string, who: { authid?: string; from?: string } = {}): Promise<number> {
    const client = await answer(signature, who);
    const before = clock.now();
    await clock.advance(0);
    while (client.unread().length === 0) await clock.advance(50);
    await client.receive(signature === "right" ? "WELCOME" : "ABORT");
    return clock.now() - before;
  }
  return { clock, state, answer, fail, waitOf };
}

test("five failures cost nothing, and each one beyond them doubles the wait, up to a second", async (t) => {
  const { waitOf } = start(t);
  const waits: number[] = [];
  for (let done = 0; done < 12; done++) waits.push(await waitOf("wrong"));
  expect(waits).toEqual([0, 0, 0, 0, 0, 100, 200, 400, 800, 1_000, 1_000, 1_000]);
});

test("the right answer waits as long as another, from other addresses, too", async (t) => {
  const { fail, waitOf } = start(t);
  await fail(10);
  expect(await waitOf("right", { from: "198.51.100.7" })).toBe(1_000);
});

test("a clock that is set back makes no login wait longer", async (t) => {
  const { fail, waitOf, state } = start(t);
  await fail(8);
  state.setBackMs = 7_200_000;
  const elsewhere = { from: "198.51.100.7" };
  expect(await waitOf("right", elsewhere)).toBeLessThanOrEqual(1_000);
  expect(await waitOf("wrong", { authid: "bob", from: "198.51.100.8" })).toBe(0);
  state.setBackMs *= 2;
  expect(await waitOf("right", { authid: "bob", from: "198.51.100.9" })).toBe(0);
});

test("others' failures do not slow who has logged in from the same address before", async (t) => {
  const { fail, waitOf } = start(t);
  const home = { from: "198.51.100.7" };
  await waitOf("right", home);
  await fail(10);
  expect(await waitOf("right", home)).toBe(0);
  expect(await waitOf("right", { from: "198.51.100.8" })).toBe(1_000);
});

test.for([
  ["a fault"],
  ["no verdict"],
  ["a principal without role"],
  ["a denial of the application's"],
] as const)("%s is a failure like any other", async ([signature], t) => {
  const { waitOf, state } = start(t);
  for (let guess = 0; guess < 10; guess++) await waitOf(signature);
  expect(await waitOf("right", { from: "198.51.100.7" })).toBe(1_000);
  expect(state.faults).toHaveLength(signature.startsWith("a denial") ? 0 : 10);
});

test.for([["a denial for now"], ["thrown for now"]] as const)("%s is no failure, and proves nothing", async ([
  signature,
], t) => {
  const { fail, waitOf } = start(t);
  const home = { from: "198.51.100.7" };
  for (let guess = 0; guess < 10; guess++) await waitOf(signature, home);
  expect(await waitOf("right", { from: "198.51.100.8" })).toBe(0);
  await fail(10);
  expect(await waitOf("right", home)).toBe(1_000);
});

test("failures under one authid do not slow another, elsewhere", async (t) => {
  const { fail, waitOf } = start(t);
  await fail(10);
  expect(await waitOf("right", { authid: "bob", from: "198.51.100.7" })).toBe(0);
});

test.for([
  ["203.0.113.1", "203.0.113.1", 1_000],
  ["203.0.113.1", "::ffff:203.0.113.1", 1_000],
  ["203.0.113.1", "203.0.113.2", 0],
  ["2001:db8:1:2:3:4:5:6", "2001:DB8:1:2::9", 1_000],
  ["2001:db8::1", "2001:db8:0:0:ffff::", 1_000],
  ["2001:db8:1:2::1", "2001:db8:1:3::1", 0],
  ["127.0.0.1", "127.0.0.1", 0],
  ["::1", "::1", 0],
  ["::ffff:127.0.0.1", "127.0.0.1", 0],
] as const)("failures of all from %s make one from %s wait %i ms", async ([from, next, waitMs], t) => {
  const { fail, waitOf } = start(t);
  for (let guess = 0; guess < 10; guess++) await fail(1, { authid: `guess-${guess}`, from });
  expect(await waitOf("right", { authid: "bob", from: next })).toBe(waitMs);
});

test("a burst of guesses is judged in part, and the others are told to try again", async (t) => {
  const { answer, clock, state } = start(t);
  const clients = await Promise.all(Array.from({ length: 200 }, () => answer("wrong")));
  await clock.advance(6_000);
  const reasons = clients.map((client) => client.unread()[0]?.reason);
  expect(state.judged).toBeLessThan(20);
  expect(reasons.filter((reason) => reason === "wamp.error.authentication_failed")).toHaveLength(state.judged);
  expect(reasons.filter((reason) => reason === "wamp.error.unavailable")).toHaveLength(200 - state.judged);
});

test.for([
  ["under one authid", (guess: number) => ({ from: `198.51.100.${guess}` })],
  ["from one address", (guess: number) => ({ authid: `guess-${guess}` })],
] as const)("a flood %s that is refused does not make the next answer wait longer", async ([, who], t) => {
  const { answer, fail, clock, waitOf } = start(t);
  await fail(10);
  for (let round = 0; round < 3; round++) {
    await Promise.all(Array.from({ length: 200 }, (_, guess) => answer("wrong", who(guess))));
    await clock.advance(6_000);
  }
  expect(await waitOf("right", who(200))).toBeLessThanOrEqual(1_000);
});

test("right answers are judged as fast as they come, however many", async (t) => {
  const { answer, clock } = start(t);
  const clients = await Promise.all(Array.from({ length: 200 }, () => answer("right")));
  const before = clock.now();
  for (const client of clients) await client.receive("WELCOME");
  expect(clock.now()).toBe(before);
});

test("failures are forgotten with time", async (t) => {
  const { fail, waitOf, clock } = start(t);
  await fail(10);
  await clock.advance(60_000);
  expect(await waitOf("wrong")).toBe(0);
});

test("answers that are never judged hold nobody else up, and are reported", async (t) => {
  const { clock, state, answer, waitOf } = start(t);
  const stuck = await Promise.all(Array.from({ length: 8 }, () => answer("nothing")));
  for (const client of stuck) {
    while (client.unread().length === 0) await clock.advance(500);
    await client.receive("ABORT");
  }
  while (state.faults.length < 4) await clock.advance(500);
  expect(state.faults[0]).toContain("an authenticator has not checked an answer within 10000 ms");
  expect(await waitOf("right")).toBe(0);
});

test("who is gone while its answer waits is not judged", async (t) => {
  const { fail, answer, clock, state } = start(t);
  await fail(10);
  const judged = state.judged;
  (await answer("wrong")).close();
  await clock.advance(5_000);
  expect(state.judged).toBe(judged);
});

test.for([
  [{ slowAuthid: false }, 0, 1_000],
  [{ slowAddress: false }, 1_000, 0],
  [{ slowAuthid: false, slowAddress: false }, 0, 0],
])("failedLogins: %j", async ([options, underAuthid, fromAddress], t) => {
  const { fail, waitOf } = start(t, options as FailedLogins);
  await fail(10);
  expect(await waitOf("right", { from: "198.51.100.7" })).toBe(underAuthid);
  expect(await waitOf("right", { authid: "bob" })).toBe(fromAddress);
});

test("spellings that foldAuthid takes for one authid are slowed together, and others are not", async (t) => {
  const { fail, waitOf } = start(t, { foldAuthid: (authid) => authid.toLowerCase() });
  for (const authid of ["ada", "Ada", "aDa", "adA", "ADa", "AdA", "aDA", "ADA"]) await fail(1, { authid });
  expect(await waitOf("right", { authid: "ada", from: "198.51.100.7" })).toBe(800);
  expect(await waitOf("right", { authid: "Bob", from: "198.51.100.8" })).toBe(0);
});

test("a foldAuthid that gives no string is reported, and nobody gets in", async (t) => {
  const { answer, state } = start(t, { foldAuthid: () => undefined as never });
  expect((await (await answer("right")).receive("ABORT")).reason).toBe("wamp.error.authentication_failed");
  expect(state).toMatchObject({
    judged: 0,
    faults: ["TypeError: failedLogins.foldAuthid: expected a string, got nothing"],
  });
});

test("a setting that does not exist is refused", () => {
  expect(() => createRouter({ realms: [{ name: REALM }], failedLogins: { slow: true } as never })).toThrow(
    "failedLogins.slow: unknown option",
  );
});
