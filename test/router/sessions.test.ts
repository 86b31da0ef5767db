import { expect, test } from "vitest";
import { createRouter } from "wampact/router";
import { runSessions } from "../support/sessions.js";

test("500 sessions that end in every way, under traffic, leave nothing in any map of the realm", async (t) => {
  const realm = "com.example";
  const router = createRouter({
    realms: [{ name: realm }],
    maxHandshakesPerSecond: Number.POSITIVE_INFINITY,
    onError: (error) => expect.unreachable(String(error)),
  });
  t.onTestFinished(() => router.close({ drainMs: 0 }));
  const { url } = await router.listen();
  const before = router.stats(realm);
  const touched = new Set<string>();
  const underWay = () => {
    for (const [name, size] of Object.entries(router.stats(realm))) if (size > 0) touched.add(name);
  };

  await runSessions(router, { url, realm, count: 500, underWay });

  await expect.poll(() => router.stats(realm).sessions).toBe(0); // the router hears of the last sockets a moment later
  expect(router.stats(realm)).toEqual(before);
  expect(new Set(Object.values(before))).toEqual(new Set([0]));
  expect([...touched].sort()).toEqual(Object.keys(before).sort()); // each of them held something on the way
});
