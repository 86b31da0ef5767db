/** Attacks of a client with a session: names that look like the router's, IDs of others, answers to calls of others. */
import { expect, test } from "vitest";
import type { RolesConfig } from "wampact/router";
import { type RawClient, REALM, type Received, startRouter } from "../../support/raw.js";

const SECRET = "com.secret.work";
const EVERYTHING = ["call", "register", "publish", "subscribe"] as const;
const ROLES: RolesConfig = {
  anonymous: {
    permissions: [
      { uri: "", match: "prefix", allow: EVERYTHING },
      { uri: "com.secret.", match: "prefix", deny: EVERYTHING },
      { uri: "wamp.session.", match: "prefix", deny: ["call"] },
    ],
  },
};
const start = (t: Parameters<typeof startRouter>[0]) => startRouter(t, { realms: [{ name: REALM, roles: ROLES }] });

async function answerTo(client: RawClient, message: Parameters<RawClient["send"]>[0]): Promise<string> {
  const request = client.next();
  client.send({ options: {}, ...message, request });
  await client.settle();
  const inbox = client.unread() as Received[];
  const [answer] = inbox.splice(
    inbox.findIndex((each) => each.request === request),
    1,
  );
  return answer?.type === "ERROR" ? answer.error : String(answer?.type);
}

const RESERVED = ["wamp", "wamp.session.on_join", "wamp.session.count", "wamp.x"];
const ALIKE = [
  "WAMP.session.count",
  "Wamp.session.count",
  "wampx.session.count",
  "wamp_.session.count",
  "wаmp.session.count", // its second letter is Cyrillic
  "wamp\u200b.session.count", // a space without width
  "ｗａｍｐ.session.count",
  "com.wamp.session.count",
];

test.for(RESERVED)("nobody registers or publishes %s", async (uri, t) => {
  const client = await start(t).join();
  expect(await answerTo(client, { type: "REGISTER", procedure: uri })).toBe("wamp.error.invalid_uri");
  expect(await answerTo(client, { type: "REGISTER", procedure: uri, options: { match: "prefix" } })).toBe(
    "wamp.error.invalid_uri",
  );
  expect(await answerTo(client, { type: "PUBLISH", topic: uri, options: { acknowledge: true } })).toBe(
    "wamp.error.invalid_uri",
  );
});

test.for(
  ALIKE,
)("%j is a name like any other: it is no meta procedure, and none of its events is the router's", async (uri, t) => {
  const router = start(t);
  const [attacker, victim] = [await router.join(), await router.join()];
  expect(await answerTo(victim, { type: "CALL", procedure: uri })).toBe("wamp.error.no_such_procedure");
  expect(await answerTo(attacker, { type: "REGISTER", procedure: uri })).toBe("REGISTERED");
  expect(await answerTo(victim, { type: "CALL", procedure: "wamp.registration.list" })).toBe("RESULT");
  const topic = uri.replace("count", "on_join");
  for (const [each, match] of [
    ["wamp.session.on_join", "exact"],
    ["wamp.", "prefix"],
    ["wamp.session.", "wildcard"],
  ] as const)
    expect(await answerTo(victim, { type: "SUBSCRIBE", topic: each, options: { match } })).toBe("SUBSCRIBED");
  await attacker.publish(topic, {}, ["forged"]);
  await victim.settle();
  expect(victim.unread().filter(({ args }) => args?.[0] === "forged")).toEqual([]);
});

test.for([
  ["", "prefix"],
  ["w", "prefix"],
  [".session.count", "wildcard"],
  ["..", "wildcard"],
])("a callee of %j (%s) is given no call of a meta procedure", async ([procedure, match], t) => {
  const router = startRouter(t);
  const [attacker, victim] = [await router.join(), await router.join()];
  expect(await answerTo(attacker, { type: "REGISTER", procedure, options: { match } })).toBe("REGISTERED");
  expect(await answerTo(victim, { type: "CALL", procedure: "wamp.session.count" })).toBe("RESULT");
  expect(await answerTo(victim, { type: "CALL", procedure: "wamp.session.mine" })).toBe("wamp.error.no_such_procedure");
  await attacker.settle();
  expect(attacker.unread()).toEqual([]);
});

test.for([
  ["com.secret.work", "exact"],
  ["com.secret.", "prefix"],
  ["com.secret", "prefix"],
  ["com.s", "prefix"],
  ["", "prefix"],
  ["com.secret.", "wildcard"],
  ["com..work", "wildcard"],
  ["..", "wildcard"],
  [".secret.work", "wildcard"],
])("%j (%s) is no way around a denial", async ([uri, match], t) => {
  const router = start(t);
  const client = await router.join();
  for (const [type, field] of [
    ["SUBSCRIBE", "topic"],
    ["REGISTER", "procedure"],
  ] as const)
    expect(await answerTo(client, { type, [field]: uri, options: { match } })).toBe("wamp.error.not_authorized");
});

test("the IDs of what others hold are of no use", async (t) => {
  const router = start(t);
  const owner = await router.join();
  const [registration, subscription] = [await owner.register("com.app.work"), await owner.subscribe("com.app.news")];
  const attacker = await router.join();
  for (let id = 1; id <= Math.max(registration, subscription) + 1; id++) {
    expect(await answerTo(attacker, { type: "UNREGISTER", registration: id })).toBe("wamp.error.no_such_registration");
    expect(await answerTo(attacker, { type: "UNSUBSCRIBE", subscription: id })).toBe("wamp.error.no_such_subscription");
    attacker.send({ type: "CANCEL", request: id, options: {} });
    attacker.send({ type: "EVENT_RECEIVED", publication: id });
  }
  await attacker.settle();
  expect(attacker.unread()).toEqual([]);
  expect(await answerTo(attacker, { type: "CALL", procedure: "wamp.session.kill", args: [owner.session] })).toBe(
    "wamp.error.not_authorized",
  );
  await attacker.publish("com.app.news");
  expect((await owner.receive("EVENT")).subscription).toBe(subscription);
  attacker.call("com.app.work");
  expect((await owner.receive("INVOCATION")).registration).toBe(registration);
});

test.for([
  ["YIELD", {}],
  ["YIELD", { progress: true }],
  ["ERROR", {}],
] as const)("%s (%j) for the invocation of another ends whoever sends it, and no call", async ([type, options], t) => {
  const router = start(t);
  const [caller, callee, intruder, other] = [
    await router.join(),
    await router.join(),
    await router.join(),
    await router.join(),
  ];
  await callee.register("com.app.work");
  await intruder.register("com.app.mine");
  other.call("com.app.mine");
  await intruder.receive("INVOCATION"); // it has one of its own
  caller.call("com.app.work");
  caller.call("com.app.work");
  const [, second] = [await callee.receive("INVOCATION"), await callee.receive("INVOCATION")];
  const { request } = second;
  const answer =
    type === "YIELD" ? { options } : { requestType: "INVOCATION", details: {}, error: "com.app.error.forged" };
  intruder.send({ type, request, ...answer, args: ["forged"] });
  expect((await intruder.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
  expect((await other.receive("ERROR")).error).toBe("wamp.error.canceled");
  await caller.settle();
  expect(caller.unread()).toEqual([]);
  callee.send({ type: "YIELD", request, options: {}, args: ["mine"] });
  expect((await caller.receive("RESULT")).args).toEqual(["mine"]);
});

test("a request that is denied is told in words that quote at most the beginning of its URI", async (t) => {
  const client = await start(t).join();
  client.call(`${SECRET}.${"x".repeat(5_000)}`);
  const { error, args } = await client.receive("ERROR");
  expect(error).toBe("wamp.error.not_authorized");
  expect(args[0].length).toBeLessThan(500);
});
