import { describe, expect, test } from "vitest";
import type { Message } from "../../src/wire/messages.js";
import type { Serializer } from "../../src/wire/serializer.js";
import { json as platformJson } from "../../src/wire/serializers/json-platform.js";
import { call, plain, serializers, utf8 } from "./support.js";

const PAIRS = serializers.flatMap((sender) => serializers.map((receiver) => ({ sender, receiver })));

/** The value that arrives when a sender writes a value, a router forwards it, and a receiver reads it. A rejection is thrown. */
function passed(value: unknown, sender: Serializer, receiver: Serializer): unknown {
  const atRouter = sender.decode(sender.encode(call([value], { value })));
  return arrived(atRouter, receiver, value);
}

function arrived(atRouter: Message, receiver: Serializer, value: unknown): unknown {
  const { args, kwargs } = plain(receiver.decode(receiver.encode(atRouter))) as unknown as {
    args: readonly unknown[];
    kwargs: { value?: unknown };
  };
  expect(kwargs.value, String(value)).toEqual(args[0]);
  return args[0];
}

/** A value, and what it arrives as in every pair. */
const TRAVEL: readonly (readonly [sent: unknown, arrives: unknown])[] = [
  ...[0, 1, -1, 2 ** 31, 2 ** 32, -(2 ** 32) - 1, 1_764_000_000_000, 2 ** 53 - 1, -(2 ** 53) + 1].map(
    (n) => [n, n] as const,
  ),
  ...[0n, 5n, -5n, 2n ** 53n - 1n].map((n) => [n, Number(n)] as const),
  ...[2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, -(2n ** 53n) - 1n].map((n) => [n, n] as const),
  ...[2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n)].map((n) => [n, n] as const),
  [2 ** 53, 2n ** 53n],
  [-(2 ** 53), -(2n ** 53n)],
  ...[-0, 0.1, -1.5, 2 ** 53 + 2, -(2 ** 60), 2 ** 64, 1e20, 1e21, 1e300, -1e300, 5e-324, Number.MAX_VALUE].map(
    (n) => [n, n] as const,
  ),
  ...["", "a", "höhe 日本 😀", "\ufeff", "12345678901234567890", "-9007199254740993", "1e5"].map(
    (text) => [text, text] as const,
  ),
  ...["\0A", "\0#5", "\0=", "\0\0AQ==", "a\0AQ==", "\u001f", "\u2028", '"\\"', "\ufffd"].map(
    (text) => [text, text] as const,
  ),
  [new Uint8Array([0, 255]), new Uint8Array([0, 255])],
  [new Uint8Array(0), new Uint8Array(0)],
  [
    [2n ** 60n, "\0x", new Uint8Array([1])],
    [2n ** 60n, "\0x", new Uint8Array([1])],
  ],
  [
    { "\0#1": 2n ** 60n, "12345678901234567890": ["\0x"] },
    { "\0#1": 2n ** 60n, "12345678901234567890": ["\0x"] },
  ],
  [JSON.parse('{"__proto__":{"a":[1]}}'), JSON.parse('{"__proto__":{"a":[1]}}')],
];

/** A value that no serializer sends. */
const REFUSED: readonly (readonly [value: unknown, why: string])[] = [
  [2n ** 64n, "beyond 64 bits"],
  [-(2n ** 63n) - 1n, "beyond 64 bits"],
  ["\ud800", "a lone surrogate"],
  ["\udc00\ud800", "a lone surrogate"],
  [{ "a\udfff": 1 }, "a lone surrogate"],
  [new Map(), "a Map cannot be serialized"],
  [() => 1, "a function cannot be serialized"],
];

/** A value that JSON does not send. */
const NOT_IN_JSON: readonly unknown[] = [Number.NaN, Infinity, -Infinity, "\0", "\0AQ==", "\0AQI="];

describe.each(PAIRS)("from $sender.id to $receiver.id", ({ sender, receiver }) => {
  test.each(TRAVEL)("%o arrives as %o", (value, expected) => {
    expect(passed(value, sender, receiver)).toStrictEqual(expected);
  });

  test.each(REFUSED)("%o is refused where it is sent: %s", (value, why) => {
    expect(() => sender.encode(call([{ value }]))).toThrow(TypeError);
    expect(() => sender.encode(call([{ value }]))).toThrow(new RegExp(`^args\\[0\\]\\.value.*: .*${why}`));
  });

  test.each(NOT_IN_JSON)("%j is refused where JSON is to carry it, with its path", (value) => {
    const pass = () => passed(value, sender, receiver);
    if (sender.id === "json" || receiver.id === "json") expect(pass).toThrow(/^args\[0\]: JSON (?:cannot|reserves) /);
    else expect(pass()).toStrictEqual(value);
  });
});

describe.each(serializers)("from a foreign JSON peer to $id", (receiver) => {
  const [JSON_] = serializers as [Serializer];
  const foreign = (value: string) => JSON_.decode(utf8(`[48,1,{},"a.b",[${value}],{"value":${value}}]`));

  test.each([
    ["12345678901234567890", 12345678901234567890n],
    ["-9007199254740992", -9007199254740992n],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["1.0", 1],
    ["1e400", Infinity],
    ["-0", -0],
    ["0.1234567890123456789012345", 0.12345678901234568],
  ])("%s arrives as %o", (text, expected) => {
    expect(arrived(foreign(text), receiver, text)).toStrictEqual(expected);
  });

  test.each([
    ['"\\ud800"', "\ud800"],
    ['{"\\udfff":1}', { "\udfff": 1 }],
    ["123456789012345678901", 123456789012345678901n],
  ])("%s reaches JSON and no other serializer", (text, expected) => {
    if (receiver.id === "json") expect(arrived(foreign(text), receiver, text)).toEqual(expected);
    else expect(() => arrived(foreign(text), receiver, text)).toThrow(/^args\[0\].* cannot be (?:serialized|encoded)/);
  });
});

test.each(TRAVEL)("JSON as browsers have it writes and reads %o as Node does", (value, expected) => {
  const [nodes] = serializers as [Serializer];
  const browsers = platformJson();
  const message: Message = { ...call([value]), type: "RESULT", request: 1, details: {} } as Message;
  expect(browsers.encodeText?.(message)).toBe(nodes.encodeText?.(message));
  const { args } = plain(browsers.decode(nodes.encodeText?.(message) ?? ""));
  expect(args).toStrictEqual([expected]);
});
