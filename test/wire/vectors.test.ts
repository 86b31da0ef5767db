import { describe, expect, test } from "vitest";
import type { Message } from "../../src/wire/messages.js";
import { Payload } from "../../src/wire/payload.js";
import { CBOR, hex, JSON_, MSGPACK, plain, TYPES, toHex, utf8 } from "./support.js";
import vectors from "./vectors.json" with { type: "json" };

test("the specification's samples hold every message type", () => {
  expect(new Set(vectors.samples.map((sample) => sample.message.type))).toEqual(new Set(TYPES));
});

describe.each(vectors.samples)("$description", (sample) => {
  const { args, kwargs } = sample as { args?: unknown[]; kwargs?: Record<string, unknown> };
  const encoded = [
    [JSON_, utf8(sample.json)],
    [MSGPACK, hex(sample.msgpack)],
    [CBOR, hex(sample.cbor)],
  ] as const;

  test.each(encoded)("%o decodes it", (serializer, bytes) => {
    const { args: gotArgs = [], kwargs: gotKwargs = {}, ...head } = plain(serializer.decode(bytes));
    expect([head, gotArgs, gotKwargs]).toEqual([sample.message, args ?? [], kwargs ?? {}]);
  });

  test.each(encoded)("%o writes the same bytes", (serializer, bytes) => {
    const payload = Payload.of(args, kwargs);
    expect(toHex(serializer.encode({ ...sample.message, payload } as Message))).toBe(toHex(bytes));
    expect(toHex(serializer.encode(serializer.decode(bytes)))).toBe(toHex(bytes));
  });

  test("JSON decodes it as text and writes the same text", () => {
    expect(JSON_.encodeText?.(JSON_.decode(sample.json))).toBe(sample.json);
  });
});
