import { expect, test } from "vitest";
import { createClient, topic } from "wampact";
import { connect } from "wampact/peer";
import * as z from "zod";
import { REALM, startRouter } from "../support/raw.js";

test("a topic that its contract retains is kept by the broker, unless the publisher says otherwise", async (t) => {
  const router = startRouter(t);
  const peer = await connect({ transport: router.router.attach(), realm: REALM });
  t.onTestFinished(() => peer.close());
  const client = createClient(peer, {
    state: topic("com.example.state", { event: z.object({ on: z.boolean() }), retain: true }),
  });
  await client.state.publish({ on: true }, { acknowledge: true });
  await client.state.publish({ on: false }, { acknowledge: true, retain: false });
  const subscriber = await router.join();
  await subscriber.subscribe("com.example.state", { get_retained: true });
  expect(await subscriber.receive("EVENT")).toMatchObject({ details: { retained: true }, kwargs: { on: true } });
});
