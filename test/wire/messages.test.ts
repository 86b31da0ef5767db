import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message, MessageType } from "../../src/wire/messages.js";
import { Payload } from "../../src/wire/payload.js";
import { encodedAs } from "../../src/wire/payload-bytes.js";
import { id, portableValue, text } from "./arbitraries.js";
import {
  call,
  FIELDS,
  hex,
  JSON_,
  listBytes,
  listOf,
  plain,
  serializers,
  TYPES,
  toHex,
  utf8,
  violationOf,
  WITH_PAYLOAD,
} from "./support.js";

const unknownKeys = fc.dictionary(
  fc.stringMatching(/^_[a-z0-9_]{3,8}$/),
  fc.oneof(
    fc.integer(),
    fc.boolean(),
    text.filter((value) => !value.startsWith("\0")),
  ),
  { maxKeys: 3, noNullPrototype: true },
);

/** Messages of one type, with arbitrary values in all fields. */
function messages(type: MessageType): fc.Arbitrary<Message> {
  const [, fields] = FIELDS[type];
  const values = Object.entries(fields).map(([name, sample]) => {
    if (name === "requestType") return fc.constantFrom("PUBLISH", "SUBSCRIBE", "CALL", "INVOCATION");
    if (typeof sample === "object") return unknownKeys;
    return typeof sample === "number" ? id : text.filter((value) => !value.startsWith("\0"));
  });
  const names = Object.keys(fields);
  const payload = fc.record({
    args: fc.array(portableValue, { maxLength: 4 }),
    kwargs: fc.dictionary(text, portableValue, { maxKeys: 4, noNullPrototype: true }),
  });
  return fc.tuple(fc.tuple(...values), payload).map(([given, { args, kwargs }]) => {
    const message = { type, ...Object.fromEntries(names.map((name, index) => [name, given[index]])) };
    const whole = WITH_PAYLOAD.includes(type) ? { ...message, payload: Payload.of(args, kwargs) } : message;
    return whole as Message;
  });
}

describe.each(serializers)("$id", (serializer) => {
  test.each(TYPES)("%s comes back as it was sent", (type) => {
    fc.assert(
      fc.property(messages(type), (message) => {
        expect(plain(serializer.decode(serializer.encode(message)))).toEqual(plain(message));
      }),
      { numRuns: 60 },
    );
  });

  test("leaves the headroom asked for, in front of the same bytes", () => {
    const message = call(["x"], { a: 1 });
    let asked = 0;
    const bytes = serializer.encode(message, (length) => {
      asked = length;
      return 14;
    });
    expect(toHex(bytes.subarray(14))).toBe(toHex(serializer.encode(message)));
    expect(asked).toBe(bytes.length - 14);
  });

  test("a received payload leaves as the bytes it came as, under another head", () => {
    fc.assert(
      fc.property(messages("CALL"), fc.boolean(), (message, opened) => {
        const sent = serializer.encode(message);
        const { payload } = serializer.decode(sent) as Message & { payload: Payload };
        if (opened) void payload.args;
        const forwarded = serializer.encode({ type: "INVOCATION", request: 2, registration: 3, details: {}, payload });
        const received = (serializer.decode(forwarded) as Message & { payload: Payload }).payload;
        expect(toHex(encodedAs(received, serializer).bytes)).toBe(toHex(encodedAs(payload, serializer).bytes));
        const { bytes } = encodedAs(payload, serializer);
        expect(toHex(sent)).toContain(toHex(bytes));
        if (opened) expect(encodedAs(payload, serializer)).toBe(encodedAs(payload, serializer));
      }),
      { numRuns: 60 },
    );
  });

  test.each(serializers)("a payload goes over to $id with equal values", (other) => {
    fc.assert(
      fc.property(messages("EVENT"), (message) => {
        const received = serializer.decode(serializer.encode(message));
        expect(plain(other.decode(other.encode(received)))).toEqual(plain(message));
      }),
      { numRuns: 60 },
    );
  });

  describe.each(TYPES)("%s", (type) => {
    const list = listOf(type);
    const names = Object.keys(FIELDS[type][1]);

    test.each(names)("with a wrong %s is a violation that names the field", (name) => {
      const index = names.indexOf(name) + 1;
      const good = list[index];
      const wrong = [null, true, 1.5, -1, [], new Uint8Array(2), typeof good === "object" ? "x" : {}];
      if (typeof good === "string") wrong.push(7);
      if (typeof good === "number") wrong.push("7");
      for (const value of wrong) {
        const bytes = listBytes(serializer, list.with(index, value));
        const fault = violationOf(serializer, bytes);
        const binaryText = serializer.id === "json" && value instanceof Uint8Array && typeof good === "string";
        if (binaryText) expect(fault).toContain(`${type}.${name}: expected a string, got binary`);
        else expect(fault, `${String(value)}`).toMatch(new RegExp(`^${type}\\.${name}: expected `));
      }
    });

    test("with too few or too many elements is a violation", () => {
      const optional = type === "UNSUBSCRIBED" || type === "UNREGISTERED" ? 1 : 0;
      for (let length = 1; length < list.length - optional; length++) {
        expect(violationOf(serializer, listBytes(serializer, list.slice(0, length)))).toBe(
          `${type}: expected at least ${list.length - optional} elements, got ${length}`,
        );
      }
      const whole = WITH_PAYLOAD.includes(type) ? [...list, [], {}] : list;
      expect(violationOf(serializer, listBytes(serializer, whole))).toBeUndefined();
      expect(violationOf(serializer, listBytes(serializer, [...whole, {}]))).toBe(`${type}: too many elements`);
    });
  });

  test.each(WITH_PAYLOAD)("fact 8: %s takes a list as args and a dictionary as kwargs, nothing else", (type) => {
    for (const wrong of [{}, "x", 7, true, new Uint8Array(1)]) {
      const fault = violationOf(serializer, listBytes(serializer, [...listOf(type), wrong]));
      expect(fault).toBe(`${type}.args: expected a list`);
    }
    for (const wrong of [[], "x", 7, true, new Uint8Array(1)]) {
      const fault = violationOf(serializer, listBytes(serializer, [...listOf(type), [1], wrong]));
      expect(fault).toBe(`${type}.kwargs: expected a dictionary`);
    }
  });

  test("fact 8: null in place of args or kwargs is read as nothing, and never sent on", () => {
    const head = listOf("CALL");
    for (const [sent, args, kwargs, expected] of [
      [[null], [], {}, []],
      [[null, null], [], {}, []],
      [[null, { a: 1 }], [], { a: 1 }, [[], { a: 1 }]],
      [[[1], null], [1], {}, [[1]]],
    ] as const) {
      const message = serializer.decode(listBytes(serializer, [...head, ...sent]));
      expect(plain(message)).toMatchObject({ args, kwargs });
      expect(toHex(serializer.encode(message))).toBe(toHex(listBytes(serializer, [...head, ...expected])));
    }
  });

  test("fact 8: neither args nor kwargs are sent when both are empty, and [] as args when only kwargs are not", () => {
    const head = listOf("CALL");
    for (const [message, expected] of [
      [call(), []],
      [call([], {}), []],
      [call([1]), [[1]]],
      [call([], { a: 1 }), [[], { a: 1 }]],
      [call([1], { a: 1 }), [[1], { a: 1 }]],
    ] as const) {
      expect(toHex(serializer.encode(message))).toBe(toHex(listBytes(serializer, [...head, ...expected])));
    }
  });

  test("fact 12: what is no message is a violation", () => {
    expect(violationOf(serializer, new Uint8Array(0))).toMatch(/^malformed /);
    expect(violationOf(serializer, listBytes(serializer, []))).toBe("a message must not be empty");
    expect(violationOf(serializer, listBytes(serializer, [999]))).toBe("message type 999 is unknown");
    expect(violationOf(serializer, listBytes(serializer, ["CALL"]))).toBe(
      "a message must start with its type, an integer",
    );
    expect(violationOf(serializer, serializer.encodePayload({ args: [], kwargs: { a: 1 } }).bytes)).toBeDefined();
    const whole = listBytes(serializer, listOf("CALL"));
    expect(violationOf(serializer, Uint8Array.from([...whole, ...whole]))).toContain("bytes after the message");
  });

  test("a message that is cut anywhere is a violation", () => {
    const bytes = serializer.encode(
      call([1.5, "höhe", new Uint8Array(3), 2n ** 60n, [null, true]], { key: { a: -7 } }),
    );
    for (let end = 0; end < bytes.length; end++) {
      expect(violationOf(serializer, bytes.subarray(0, end)), `${end} bytes`).toBeDefined();
    }
  });

  test("a CALL that holds the same option twice is a violation that names the field", () => {
    const bytes = {
      json: utf8('[48,1,{"timeout":5,"a":{},"time\\u006fut":9},"a.b"]'),
      msgpack: hex("94 30 01 82 a774696d656f7574 05 a774696d656f7574 09 a3612e62"),
      cbor: hex("84 1830 01 a2 6774696d656f7574 05 6774696d656f7574 09 63612e62"),
    }[serializer.id];
    expect(violationOf(serializer, bytes)).toBe("CALL.options: duplicate key");
  });

  test("a payload may hold the same key twice", () => {
    const bytes = {
      json: utf8('[48,1,{},"a.b",[],{"a":1,"a":2}]'),
      msgpack: hex("96 30 01 80 a3612e62 90 82 a161 01 a161 02"),
      cbor: hex("86 1830 01 a0 63612e62 80 a2 6161 01 6161 02"),
    }[serializer.id];
    expect(plain(serializer.decode(bytes)).kwargs).toEqual({ a: 2 });
  });
});

test("fact 8: JSON as text tolerates null for args too", () => {
  expect(plain(JSON_.decode('[48,1,{},"a.b",null,{"a":1}]'))).toMatchObject({ args: [], kwargs: { a: 1 } });
});
