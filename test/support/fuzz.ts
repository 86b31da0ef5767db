import { expect, type TestContext } from "vitest";
import { connect } from "wampact/peer";
import { FrameClient, listBytes, listen, SERIALIZERS } from "./frames.js";
import { createRandom, mutateBytes, mutateList, pick } from "./mutate.js";
import { CLIENT_DETAILS, REALM } from "./raw.js";

/** Valid messages of every kind a client sends, to be spoilt. */
const SEEDS: readonly (readonly unknown[])[] = [
  [1, REALM, CLIENT_DETAILS],
  [3, {}, "com.example.abort"],
  [5, "signature", {}],
  [6, {}, "wamp.close.close_realm"],
  [8, 68, 1, {}, "com.example.error", [1], { a: 1 }],
  [16, 1, { acknowledge: true, exclude_me: false }, "com.fuzz.topic", [1, "two", { three: [3] }], { four: 4 }],
  [32, 2, { match: "prefix" }, "com.fuzz"],
  [34, 3, 1],
  [48, 4, { timeout: 5, receive_progress: true }, "com.fuzz.procedure", [1, [2, [3]]], { a: null }],
  [49, 4, { mode: "kill" }],
  [64, 5, { match: "wildcard", invoke: "roundrobin" }, "com.fuzz..procedure"],
  [66, 6, 1],
  [70, 1, { progress: true }, ["result"], { ok: true }],
  [337, 1],
];

/** Few messages to a connection, since the first one that is a violation ends it and the rest goes unread. */
const PER_CONNECTION = 4;

/**
 * Sends spoilt messages from throw-away connections, and checks after each of them that a bystander's calls go on. The
 * router must never report a fault of its own (`listen` fails the test when it does).
 */
export async function fuzzRouter(
  t: Pick<TestContext, "onTestFinished">,
  { seed, messages }: { readonly seed: number; readonly messages: number },
): Promise<void> {
  const random = createRandom(seed);
  const { url, router } = await listen(t, { maxMessageBytes: 64 * 1024 });
  const bystander = await connect({ url, realm: REALM });
  t.onTestFinished(() => bystander.close());
  await bystander.register("com.bystander.echo", ({ args }) => args[0]);
  let sent = 0;
  for (let connections = 0; sent < messages; connections++) {
    sent += await attack(t, { url, random, most: messages - sent, joined: random() < 0.9 });
    const answer = await bystander.call("com.bystander.echo", [connections]);
    expect(answer.args, `seed ${seed}, after ${sent} messages`).toEqual([connections]);
  }
  await expect.poll(() => router.sessions(REALM).length).toBe(1); // the others have all been undone
}

/** One connection's worth; returns how many messages it sent before it was ended. */
async function attack(
  t: Pick<TestContext, "onTestFinished">,
  {
    url,
    random,
    most,
    joined,
  }: { readonly url: string; readonly random: () => number; readonly most: number; readonly joined: boolean },
): Promise<number> {
  const serializer = pick(random, SERIALIZERS);
  const client = await (joined ? FrameClient.join : FrameClient.open)(t, url, serializer);
  const count = Math.min(most, 1 + Math.floor(random() * PER_CONNECTION));
  for (let sent = 0; sent < count; sent++) {
    const list = random() < 0.7 ? mutateList(random, pick(random, SEEDS)) : pick(random, SEEDS);
    const bytes = listBytes(serializer, list);
    client.sendBytes(
      random() < 0.5 ? mutateBytes(random, bytes) : bytes,
      random() < 0.01 ? !serializer.binary : serializer.binary,
    );
  }
  if (random() < 0.5) client.ws.terminate();
  else client.ws.close();
  await client.end();
  return count;
}
