import { expect, test } from "vitest";
import { createMemoryPair } from "../../src/transport/memory.js";
import type { Message } from "../../src/wire/messages.js";
import { Payload } from "../../src/wire/payload.js";

type Event = Extract<Message, { type: "EVENT" }>;

const event = (publication: number, args: readonly unknown[], details: object = {}): Event => ({
  type: "EVENT",
  subscription: 1,
  publication,
  details,
  payload: Payload.of(args),
});

/** One end's messages and closes, as they come. */
function listenTo(transport: ReturnType<typeof createMemoryPair>[0]) {
  const heard = { messages: [] as Event[], closes: [] as string[] };
  transport.open({
    receive: (message) => heard.messages.push(message as Event),
    refused: ({ message }) => expect.unreachable(message),
    violation: (fault) => expect.unreachable(fault.message),
    closed: (reason) => heard.closes.push(reason),
  });
  return heard;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("messages arrive in order, later than send, and those sent before open wait for it", async () => {
  const [left, right] = createMemoryPair();
  left.send(event(1, ["first"]));
  left.send(event(2, ["second"]));
  const heard = listenTo(right);
  left.send(event(3, ["third"]));
  expect(heard.messages).toEqual([]);
  await turn();
  expect(heard.messages.map(({ publication, payload }) => [publication, payload.args[0]])).toEqual([
    [1, "first"],
    [2, "second"],
    [3, "third"],
  ]);
});

test("sender and receiver share no object: neither sees what the other changes", async () => {
  const [left, right] = createMemoryPair();
  const heard = listenTo(right);
  const sent = { list: [1], bytes: Uint8Array.of(1, 2), nested: { a: 1 } };
  const details = { topic: "com.example" };
  left.send(event(1, [sent], details));
  sent.list.push(2);
  sent.bytes[0] = 9;
  sent.nested.a = 9;
  await turn();
  const [message] = heard.messages;
  expect(message?.payload.args).toEqual([{ list: [1], bytes: Uint8Array.of(1, 2), nested: { a: 1 } }]);
  expect(message?.details).toEqual(details);
  expect(message?.details).not.toBe(details);
});

test("a close is told once to each side, whoever closes and however often", async () => {
  const [left, right] = createMemoryPair();
  const [a, b] = [listenTo(left), listenTo(right)];
  left.send(event(1, []));
  left.close(1000, "enough");
  right.close(1000, "too");
  left.close();
  left.send(event(2, []));
  await turn();
  expect([a.closes, b.closes]).toEqual([["enough"], ["enough"]]);
});

test("a value that cannot travel is a TypeError that names its path", () => {
  const [left] = createMemoryPair();
  expect(() => left.send(event(1, [{ a: [() => 1] }]))).toThrow(
    new TypeError("args[0].a[0]: a function cannot be serialized; send plain data"),
  );
});
