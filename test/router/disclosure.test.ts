import { expect, test } from "vitest";
import type { RealmConfig } from "wampact/router";
import { REALM, startRouter } from "../support/raw.js";

const PROCEDURE = "com.example.echo";
const TOPIC = "com.example.news";

test("fact 56: a realm that discloses nothing refuses disclose_me of a CALL, and the callee hears of no call", async (t) => {
  const router = startRouter(t, { realms: [{ name: REALM, disclosure: "never" }] });
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register(PROCEDURE);

  const refused = caller.call(PROCEDURE, { disclose_me: true });
  expect(await caller.receive("ERROR")).toMatchObject({
    request: refused,
    error: "wamp.error.option_disallowed.disclose_me",
  });

  caller.call(PROCEDURE);
  expect((await callee.receive("INVOCATION")).details).toEqual({});
});

test("fact 56: a realm that discloses nothing refuses disclose_me of a PUBLISH, seen only where it is acknowledged", async (t) => {
  const router = startRouter(t, { realms: [{ name: REALM, disclosure: "never" }] });
  const [publisher, subscriber] = [await router.join(), await router.join()];
  await subscriber.subscribe(TOPIC);

  for (const acknowledge of [false, true]) {
    publisher.send({
      type: "PUBLISH",
      request: publisher.next(),
      options: { disclose_me: true, acknowledge },
      topic: TOPIC,
    });
  }
  expect((await publisher.receive("ERROR")).error).toBe("wamp.error.option_disallowed.disclose_me");
  expect(publisher.unread()).toEqual([]);
  await publisher.publish(TOPIC);
  expect((await subscriber.receive("EVENT")).details).toEqual({});
  expect(subscriber.unread()).toEqual([]);
});

test("a realm that discloses nothing refuses a REGISTER that asks for callers", async (t) => {
  const router = startRouter(t, { realms: [{ name: REALM, disclosure: "never" }] });
  const callee = await router.join();
  callee.send({ type: "REGISTER", request: callee.next(), options: { disclose_caller: true }, procedure: PROCEDURE });
  expect((await callee.receive("ERROR")).error).toBe("wamp.error.option_not_allowed");
});

test("fact 26: a realm that discloses always tells callees and subscribers who it was, asked or not", async (t) => {
  const router = startRouter(t, { realms: [{ name: REALM, disclosure: "always" }] });
  const [one, other] = [await router.join(), await router.join()];
  await other.register(PROCEDURE);
  await other.subscribe(TOPIC);
  const [{ authid = "" } = {}] = router.router.sessions(REALM).filter(({ id }) => id === one.session);

  one.call(PROCEDURE);
  expect((await other.receive("INVOCATION")).details).toEqual({
    caller: one.session,
    caller_authid: authid,
    caller_authrole: "anonymous",
  });
  await one.publish(TOPIC);
  expect((await other.receive("EVENT")).details).toEqual({
    publisher: one.session,
    publisher_authid: authid,
    publisher_authrole: "anonymous",
  });
});

test("a function decides on disclosure by who acts, on what, and how", async (t) => {
  const asked: string[] = [];
  const disclosure: RealmConfig["disclosure"] = ({ authrole }, uri, action) => {
    asked.push(`${authrole} ${action} ${uri}`);
    return uri === PROCEDURE ? "always" : "never";
  };
  const router = startRouter(t, { realms: [{ name: REALM, disclosure }] });
  const [caller, callee] = [await router.join(), await router.join()];
  await callee.register(PROCEDURE);
  caller.call(PROCEDURE);
  expect((await callee.receive("INVOCATION")).details.caller).toBe(caller.session);
  caller.send({
    type: "PUBLISH",
    request: caller.next(),
    options: { disclose_me: true, acknowledge: true },
    topic: TOPIC,
  });
  await caller.receive("ERROR");
  expect(asked).toEqual([
    `anonymous register ${PROCEDURE}`,
    `anonymous call ${PROCEDURE}`,
    `anonymous publish ${TOPIC}`,
  ]);
});
