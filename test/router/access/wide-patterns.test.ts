/**
 * Patterns that reach further than the role of who holds them: a policy of the application has made them so. Each concrete URI is held to the
 * role all the same.
 */
import { expect, type TestContext, test } from "vitest";
import type { Policy } from "wampact/router";
import { RawClient, REALM, type Received, startRouter } from "../../support/raw.js";

const widen = ({ uri, options }: { readonly uri: string; readonly options: object }) =>
  uri === "com.app.wide" ? { uri: "com.", options: { ...options, match: "prefix" } } : undefined;
const policy: Policy = { register: widen, subscribe: widen };

async function start(t: TestContext) {
  const permissions = [
    { uri: "com.app.", match: "prefix" as const, allow: ["register", "subscribe"] as const },
    { uri: "", match: "prefix" as const, allow: ["call"] as const },
  ];
  const { router, join } = startRouter(t, {
    realms: [{ name: REALM, policies: [policy], roles: { anonymous: { permissions } } }],
  });
  const trusted = new RawClient(router.attach());
  await trusted.hello(REALM);
  return { client: await join(), trusted };
}

test("a call goes to the next match where the role of a callee may not have the URI", async (t) => {
  const { client, trusted } = await start(t);
  const wide = await client.register("com.app.wide");
  const matches = [
    await trusted.register("com..work", { match: "wildcard" }),
    await trusted.register("com.secret.", { match: "wildcard" }),
    await trusted.register("co", { match: "prefix" }),
  ];
  const goesTo = async (procedure: string): Promise<unknown> => {
    trusted.call(procedure);
    await Promise.all([trusted.settle(), client.settle()]);
    const [got] = [client, trusted].flatMap((each) => (each.unread() as Received[]).splice(0));
    return got?.type === "INVOCATION" ? got.registration : got?.error;
  };
  expect(await goesTo("com.app.work")).toBe(wide);
  expect(await goesTo("com.other.work")).toBe(matches[2]); // any prefix before any wildcard
  trusted.send({ type: "UNREGISTER", request: trusted.next(), registration: matches[2] });
  await trusted.receive("UNREGISTERED");
  expect(await goesTo("com.other.work")).toBe(matches[0]);
  expect(await goesTo("com.secret.work")).toBe(matches[1]); // literals from the left
  expect(await goesTo("com.other")).toBe("wamp.error.no_such_procedure");
  trusted.call("wamp.registration.match", {}, ["com.other.work"]);
  expect((await trusted.receive("RESULT")).args).toEqual([matches[0]]);
});

test("an event reaches a subscriber of a pattern only where its role may have the topic, retained ones included", async (t) => {
  const { client, trusted } = await start(t);
  for (const topic of ["com.app.news", "com.secret.news"]) await trusted.publish(topic, { retain: true }, [topic]);
  await client.subscribe("com.app.wide", { get_retained: true });
  await client.settle();
  for (const topic of ["com.secret.news", "com.app.other", "com.other"]) await trusted.publish(topic, {}, [topic]);
  await client.settle();
  expect(client.unread().map(({ args }) => args[0])).toEqual(["com.app.news", "com.app.other"]);
});
