import { describe, expect, test } from "vitest";
import { REALM, startRouter } from "../support/raw.js";

const COMPONENTS = 100_000;

/** By default URIs are far shorter. */
const GENEROUS = {
  realms: [{ name: REALM, limits: { realm: { maxUriBytes: 10 * COMPONENTS, maxUriComponents: 10 * COMPONENTS } } }],
};

const TOPIC = `${"a.".repeat(COMPONENTS)}a`;

describe.each([
  ["of wildcards alone", "wildcard", ".".repeat(COMPONENTS)],
  ["of literals and one wildcard", "wildcard", "a.".repeat(COMPONENTS)],
  ["of literals and wildcards in turn", "wildcard", "a..".repeat(COMPONENTS / 2)],
  ["that is a long prefix", "prefix", "a.".repeat(COMPONENTS)],
] as const)("a pattern of 100,000 components, %s,", (_name, match, pattern) => {
  test("is subscribed to, matched and given up", async (t) => {
    const { router, join } = startRouter(t, GENEROUS);
    const [subscriber, publisher] = [await join(), await join()];
    const subscription = await subscriber.subscribe(pattern, { match });
    await publisher.publish(TOPIC, {}, [1]);
    expect(await subscriber.receive("EVENT")).toMatchObject({ subscription, args: [1] });
    subscriber.send({ type: "UNSUBSCRIBE", request: subscriber.next(), subscription });
    await subscriber.receive("UNSUBSCRIBED");
    expect(router.stats(REALM).subscriptions).toBe(0);
  });

  test("leaves with the session that held it", async (t) => {
    const { router, join } = startRouter(t, GENEROUS);
    const [leaving, staying] = [await join(), await join()];
    await leaving.subscribe(pattern, { match });
    await leaving.register(pattern, { match });
    leaving.close();
    await staying.settle();
    expect(router.stats(REALM)).toMatchObject({ sessions: 1, subscriptions: 0, registrations: 0 });
  });
});
