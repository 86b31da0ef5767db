/** Values that an attacker puts where others belong. */
import { Literal } from "./encode.js";
import type { Random } from "./random.js";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** Legal in a payload, each of them, and rare. */
const ODD: readonly unknown[] = [
  0,
  -1,
  -0,
  1.5,
  1e300,
  2 ** 53,
  -(2 ** 53),
  2n ** 63n,
  2n ** 64n - 1n,
  -(2n ** 63n),
  "",
  "\0",
  "\0AAEC",
  "\0not base64",
  "\u2028\u2029\ufeff",
  "𝄞".repeat(20),
  "a".repeat(300),
  "__proto__",
  "constructor",
  [],
  {},
  [[[[[[]]]]]],
  { "": null },
  { constructor: 1, toString: 2, hasOwnProperty: 3 },
  Uint8Array.of(),
  Uint8Array.of(0, 255, 128),
  null,
  true,
];

/** Values that have a wrong type almost everywhere. */
const WRONG: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  2 ** 53 + 2,
  2n ** 63n,
  "",
  "1",
  [],
  [[]],
  {},
  Uint8Array.of(1, 2, 3),
  ["a", 1, null],
];

/** Encodings that no JavaScript value has. Some of them are illegal. */
const LITERALS: readonly Literal[] = [
  new Literal({ json: "NaN", msgpack: hex("cb7ff8000000000000"), cbor: hex("fb7ff8000000000000") }),
  new Literal({ json: "1e999", msgpack: hex("ca7f800000"), cbor: hex("f97c00") }),
  new Literal({ json: "-0.0e-0", msgpack: hex("cb8000000000000000"), cbor: hex("f98000") }),
  new Literal({ json: '"\\ud800"', msgpack: hex("a3eda080"), cbor: hex("63eda080") }), // a lone surrogate
  new Literal({ json: '"\\udc00\\ud800"', msgpack: hex("a1ff"), cbor: hex("61ff") }),
  new Literal({ json: '{"a":1,"a":2}', msgpack: hex("82a16101a16102"), cbor: hex("a2616101616102") }), // a key twice
  new Literal({
    json: '{"__proto__":{"a":1}}',
    msgpack: hex("81a95f5f70726f746f5f5f80"),
    cbor: hex("a1695f5f70726f746f5f5fa0"),
  }),
  new Literal({ json: `1${"0".repeat(400)}`, msgpack: hex("cfffffffffffffffff"), cbor: hex("c249ffffffffffffffffff") }), // a bignum
  new Literal({ json: `-1${"0".repeat(40)}`, msgpack: hex("d38000000000000000"), cbor: hex("c34200ff") }),
  new Literal({ json: "01", msgpack: hex("d6ff00000000"), cbor: hex("c11a00000000") }), // a timestamp
  new Literal({ json: "'a'", msgpack: hex("c7050102030405ff"), cbor: hex("9f0102ff") }), // an extension; an open list
  new Literal({ json: "undefined", msgpack: hex("c1"), cbor: hex("f7") }),
  new Literal({ json: "{1:2}", msgpack: hex("810102"), cbor: hex("a10102") }), // a key that is no string
  new Literal({ json: "{null:2}", msgpack: hex("81c002"), cbor: hex("a1f602") }),
  new Literal({ json: "[1,]", msgpack: hex("ddffffffff"), cbor: hex("9affffffff") }), // a length that lies
  new Literal({ json: '"\\x"', msgpack: hex("dbffffffff"), cbor: hex("7bffffffffffffffff") }),
  new Literal({ json: "\t[ 1 , 2 ]\n", msgpack: hex("dc00020102"), cbor: hex("9a000000020102") }), // legal, and not the shortest
  new Literal({ json: '"\\u0061"', msgpack: hex("d90161"), cbor: hex("7f61616162ff") }),
  new Literal({ json: "1E+2", msgpack: hex("d200000064"), cbor: hex("f95640") }),
  new Literal({ json: "", msgpack: hex(""), cbor: hex("ff") }), // nothing, or a stray break
];

/** Lists in lists: legal down to 128 levels. */
function nested(depth: number): Literal {
  return new Literal({
    json: "[".repeat(depth) + "]".repeat(depth),
    msgpack: Buffer.concat([Buffer.alloc(depth - 1, 0x91), hex("90")]),
    cbor: Buffer.concat([Buffer.alloc(depth - 1, 0x81), hex("80")]),
  });
}

/** Dictionaries in dictionaries. */
function nestedDicts(depth: number): Literal {
  const repeated = (head: string) => Buffer.concat(Array.from({ length: depth }, () => hex(head)));
  return new Literal({
    json: `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`,
    msgpack: Buffer.concat([repeated("81a161"), hex("01")]),
    cbor: Buffer.concat([repeated("a16161"), hex("01")]),
  });
}

/** Tags on tags, in CBOR; elsewhere lists. */
function tagged(depth: number): Literal {
  return new Literal({
    json: nested(depth).json,
    msgpack: nested(depth).msgpack,
    cbor: Buffer.concat([Buffer.alloc(depth, 0xd7), hex("01")]),
  });
}

const LEGAL_DEPTHS: readonly Literal[] = [2, 10, 50, 100].map(nested);
const DEEP: readonly Literal[] = [129, 1_000, 20_000, 100_000].flatMap((depth) => [
  nested(depth),
  nestedDicts(depth),
  tagged(depth),
]);
const PAYLOAD_KINDS = { plain: 80, odd: 20, long: 1, many: 0.5, nested: 2, mixed: 6 };
const WRONG_KINDS = { wrong: 60, literal: 30, deep: 1, payload: 10 };
const PLAIN: readonly unknown[] = ["text", 42, { key: "value" }, [1, 2, 3], true];

/** A value that is legal in a payload, most often a plain one. */
export function payloadValue(random: Random): unknown {
  switch (random.weighted(PAYLOAD_KINDS)) {
    case "plain":
      return random.pick(PLAIN);
    case "odd":
      return random.pick(ODD);
    case "long":
      return random.pick(["x", "é", '"\\']).repeat(random.between(200, 4_000));
    case "many":
      return Object.fromEntries(Array.from({ length: random.between(20, 300) }, (_, index) => [`key${index}`, index]));
    case "nested":
      return random.pick(LEGAL_DEPTHS);
    default:
      return Array.from({ length: random.below(5) }, () => payloadValue(random));
  }
}

/** A value that is most likely not legal where it is put. */
export function wrongValue(random: Random): unknown {
  switch (random.weighted(WRONG_KINDS)) {
    case "wrong":
      return random.pick(WRONG);
    case "literal":
      return random.pick(LITERALS);
    case "deep":
      return random.pick(DEEP);
    default:
      return payloadValue(random);
  }
}

/** Positional arguments of a message: none as often as any. */
export function payloadArgs(random: Random): unknown[] {
  return Array.from({ length: Math.max(0, random.between(-3, 3)) }, () => payloadValue(random));
}

/** Keyword arguments of a message. */
export function payloadKwargs(random: Random): Record<string, unknown> {
  const kwargs: Record<string, unknown> = {};
  for (let left = random.between(-6, 3); left > 0; left--) kwargs[`k${left}`] = payloadValue(random);
  return kwargs;
}
