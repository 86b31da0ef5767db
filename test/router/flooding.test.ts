/** IDs that a client chooses so that a hash table of numbers would search all of them for each. */
import { expect, test } from "vitest";
import type { RealmSession } from "../../src/router/realm-session.js";
import { receiverFilter } from "../../src/router/receivers.js";
import { IdTable } from "../../src/session/id-table.js";
import { collidingIds } from "../support/colliding-ids.js";
import { startRouter } from "../support/raw.js";

const COLLIDING = collidingIds(16_000);

/** The CPU time of the best of three runs in milliseconds, in which other programs do not count. */
function cost(run: () => void): number {
  const costs = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...costs);
}

/** Compares IDs that collide with those of a client that counts. */
function timesAsExpensive(colliding: readonly number[], run: (ids: readonly number[]) => void): number {
  const counting = colliding.map((_, index) => index + 1);
  const [usual, attack] = [cost(() => run(counting)), cost(() => run(colliding))];
  return attack / Math.max(1, usual);
}

test("lists of receivers cost the same whatever IDs are in them", () => {
  const receiver = { id: 1, authid: "ada", authrole: "user" } as RealmSession;
  expect(timesAsExpensive(COLLIDING, (exclude) => void receiverFilter(undefined, { exclude })(receiver))).toBeLessThan(
    20,
  );
  expect(
    timesAsExpensive(COLLIDING, (eligible) => void receiverFilter(undefined, { eligible })(receiver)),
  ).toBeLessThan(20);
});

test("pending requests cost the same whatever IDs they have", () => {
  const ids = collidingIds(4_000, 8); // a new table has eight slots, and all of these need the first one
  const fill = (all: readonly number[]) => {
    const table = new IdTable<number>();
    for (const id of all) table.add(id, id);
    for (const id of all) table.get(id);
  };
  expect(timesAsExpensive(ids, fill)).toBeLessThan(20);
});

test("a publication with many chosen IDs does not stop the router", async (t) => {
  const router = startRouter(t);
  const [publisher, subscriber] = [await router.join(), await router.join()];
  subscriber.send({ type: "SUBSCRIBE", request: subscriber.next(), options: {}, topic: "com.app.news" });
  await subscriber.receive("SUBSCRIBED");
  const publish = async (eligible: readonly number[]) => {
    const before = process.cpuUsage();
    const request = publisher.next();
    const options = { acknowledge: true, eligible: [subscriber.session, ...eligible] };
    publisher.send({ type: "PUBLISH", request, options, topic: "com.app.news" });
    await publisher.answer(request);
    await subscriber.receive("EVENT");
    return process.cpuUsage(before).user / 1_000;
  };
  const counting = COLLIDING.map((_, index) => index + 1);
  await publish(counting); // the first one is slow
  const usual = await publish(counting);
  expect(await publish(COLLIDING)).toBeLessThan(20 * Math.max(1, usual));
});
