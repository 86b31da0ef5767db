import { describe, expect, test } from "vitest";
import { connect } from "wampact/peer";
import { FrameClient, listBytes, listen, SERIALIZERS } from "../support/frames.js";
import { fuzzRouter } from "../support/fuzz.js";
import { REALM } from "../support/raw.js";

const CALL = [48, 1, {}, "com.example.procedure", [1, "two"], { three: 3 }];

/** Lists that are no message, and what the ABORT says of them. */
const BAD_LISTS: readonly (readonly [string, readonly unknown[], string | RegExp])[] = [
  ["an empty list", [], "a message must not be empty"],
  ["an unknown type", [999], "message type 999 is unknown"],
  ["a type that is no number", ["CALL"], "a message must start with its type, an integer"],
  ["too few elements", [48, 1], "CALL: expected at least 4 elements, got 2"],
  ["too many elements", [...CALL, 1], "CALL: too many elements"],
  [
    "a request of 0",
    [48, 0, {}, "com.example"],
    "CALL.request: expected an integer in [1, 2^53], got one out of range",
  ],
  [
    "a request beyond 2^53",
    [48, 2n ** 53n + 1n, {}, "com.example"],
    /^CALL\.request: expected an integer in \[1, 2\^53\]/,
  ],
  [
    "a request that is a string",
    [48, "1", {}, "com.example"],
    "CALL.request: expected an integer in [1, 2^53], got a string",
  ],
  ["options that are a list", [48, 1, [], "com.example"], "CALL.options: expected a dictionary, got a list"],
  ["a URI that is a number", [48, 1, {}, 5], "CALL.procedure: expected a string, got an integer"],
  ["args that are a dictionary", [48, 1, {}, "com.example", {}], "CALL.args: expected a list"],
  ["kwargs that are a list", [48, 1, {}, "com.example", [], []], "CALL.kwargs: expected a dictionary"],
  [
    "an option of a wrong type",
    [16, 1, { acknowledge: 1 }, "com.example"],
    "PUBLISH.options.acknowledge: expected true or false, got an integer",
  ],
  [
    "a list of wrong items",
    [16, 1, { eligible: ["x"] }, "com.example"],
    "PUBLISH.options.eligible[0]: expected an integer in [1, 2^53], got a string",
  ],
  [
    "a cancel mode that does not exist",
    [49, 1, { mode: "now" }],
    'CANCEL.options.mode: expected "skip" or "kill" or "killnowait", got a string',
  ],
  [
    "an ERROR for what no client answers",
    [8, 48, 1, {}, "com.example"],
    "ERROR.requestType: a client answers INVOCATION only, got CALL",
  ],
];

describe.for(SERIALIZERS)("$id", (serializer) => {
  test.for(BAD_LISTS)("fact 11: %s is answered by ABORT wamp.error.protocol_violation that names the fault", async ([
    ,
    list,
    message,
  ], t) => {
    const { url, router } = await listen(t);
    const client = await FrameClient.join(t, url, serializer);
    client.sendList(list);
    const abort = await client.receive("ABORT");
    expect(abort.reason).toBe("wamp.error.protocol_violation");
    if (typeof message === "string") expect(abort.details.message).toBe(message);
    else expect(abort.details.message).toMatch(message);
    await client.end();
    expect(router.sessions(REALM)).toEqual([]);
  });

  test("a message cut off at any byte is answered by ABORT, and a bystander's calls go on", async (t) => {
    const { url } = await listen(t);
    const bystander = await connect({ url, realm: REALM });
    t.onTestFinished(() => bystander.close());
    await bystander.register("com.bystander.echo", ({ args }) => args[0]);
    const bytes = listBytes(serializer, CALL);
    for (let length = 0; length < bytes.length; length++) {
      const client = await FrameClient.join(t, url, serializer);
      client.sendBytes(bytes.subarray(0, length));
      expect((await client.receive("ABORT")).reason).toBe("wamp.error.protocol_violation");
      expect((await bystander.call("com.bystander.echo", [length])).args).toEqual([length]);
    }
  });

  test("a payload nested deeper than 128 levels is answered by ERROR, and the session goes on", async (t) => {
    const { url } = await listen(t);
    const client = await FrameClient.join(t, url, serializer);
    const [open, close] = { json: ["[", "]"], msgpack: ["\x91", "\x90"], cbor: ["\x81", "\x80"] }[serializer.id] as [
      string,
      string,
    ];
    const flat = Buffer.from(listBytes(serializer, [48, 1, {}, "com.example.procedure", ["@"]])).toString("latin1");
    const item = { json: '"@"', msgpack: "\xa1@", cbor: "\x61@" }[serializer.id];
    const deep = open.repeat(5_000) + (serializer.id === "json" ? close.repeat(5_000) : close);
    client.sendBytes(Buffer.from(flat.replace(item, deep), "latin1"));
    expect((await client.receive("ERROR")).payload.args[0]).toMatch(/nested deeper than 128 levels/);
    client.sendList([48, 2, {}, "wamp.session.count"]);
    await client.receive("RESULT");
  });

  test("a text in a payload that is not UTF-8 is answered by ABORT", async (t) => {
    if (serializer.id === "json") return; // the WebSocket itself refuses it: see its own test
    const { url } = await listen(t);
    const client = await FrameClient.join(t, url, serializer);
    const bytes = Buffer.from(listBytes(serializer, [48, 1, {}, "com.example.procedure", ["@@"]]));
    const at = bytes.lastIndexOf("@@");
    bytes[at] = 0xff;
    client.sendBytes(bytes);
    expect((await client.receive("ABORT")).details.message).toMatch(/UTF-8/);
  });
});

test("2,000 spoilt messages neither break the router nor disturb a bystander", async (t) => {
  await fuzzRouter(t, { seed: 12, messages: 2_000 }); // the fuzzer of the slow tier sends a million
});
