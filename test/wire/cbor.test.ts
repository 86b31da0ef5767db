import { expect, test } from "vitest";
import { receivedPayload } from "../../src/wire/payload-bytes.js";
import { CBOR, hex, JSON_, MSGPACK, plain, toHex, violationOf } from "./support.js";

/** A CALL whose args are given in hex. */
const callOf = (args: string) => hex(`85 1830 01 a0 63612e62 ${args}`);
const argsOf = (args: string) => plain(CBOR.decode(callOf(args))).args;

test.each([
  ["integers", "85 1805 190005 1a00000005 1b0000000000000005 3b0000000000000005", [5, 5, 5, 5, -6]],
  ["lists", "9b 0000000000000001 05", [5]],
  ["dictionaries", "81 bb 0000000000000001 6161 05", [{ a: 5 }]],
  ["text", "81 7b 0000000000000001 61", ["a"]],
  ["binary", "81 5b 0000000000000001 61", [new Uint8Array([0x61])]],
  ["half floats", "84 f93e00 f97c00 f97e00 f98000", [1.5, Infinity, Number.NaN, -0]],
  ["single floats", "81 fa3fc00000", [1.5]],
])("longer and shorter forms are read: %s", (_, args, expected) => {
  expect(argsOf(args)).toEqual(expected);
});

test.each([
  ["lists", "9f 05 9f ff ff", [5, []]],
  ["dictionaries", "81 bf 6161 bf ff ff", [{ a: {} }]],
  ["text", "81 7f 6161 60 63c3a962 ff", ["aéb"]],
  ["text, empty", "81 7f ff", [""]],
  ["binary", "81 5f 4101 420203 ff", [new Uint8Array([1, 2, 3])]],
  ["keys", "81 bf 7f 6161 6162 ff 05 ff", [{ ab: 5 }]],
  [
    "text in long pieces",
    `82 7f 7818${"61".repeat(24)} 790100${"62".repeat(256)} ff 05`,
    [`${"a".repeat(24)}${"b".repeat(256)}`, 5],
  ],
])("indefinite lengths are read, and leave as they came: %s", (_, args, expected) => {
  expect(argsOf(args)).toEqual(expected);
  expect(toHex(CBOR.encode(CBOR.decode(callOf(args))))).toBe(toHex(callOf(args)));
});

test("an outer list without length is read, and its break is no part of the payload", () => {
  const bytes = hex("9f 1830 01 bf ff 7f 6161 622e62 ff 9f 05 ff bf 6161 05 ff ff");
  const message = CBOR.decode(bytes);
  expect(plain(message)).toEqual({
    type: "CALL",
    request: 1,
    options: {},
    procedure: "a.b",
    args: [5],
    kwargs: { a: 5 },
  });
  expect(toHex(CBOR.encode(message))).toBe("86183001a063612e629f05ffbf616105ff");
  expect(plain(CBOR.decode(hex("9f 1830 01 a0 63612e62 ff")))).toMatchObject({ args: [], kwargs: {} });
  expect(violationOf(CBOR, hex("9f 1830 01 a0 63612e62 80"))).toContain("the message ends too early");
  expect(violationOf(CBOR, hex("9f 1830 01 a0 63612e62 ff ff"))).toContain("bytes after the message");
});

test.each([
  ["a date as text", "81 c0 6161", ["a"]],
  ["a date as number", "81 c1 1a65920080", [1_704_067_200]],
  ["a bignum", "81 c2 420100", [new Uint8Array([1, 0])]],
  ["a typed array", "81 d840 420102", [new Uint8Array([1, 2])]],
  ["a set", "81 d90102 820102", [[1, 2]]],
  ["a shared value that holds itself", "81 d81c 81 d81d 00", [[0]]],
  ["a regular expression", "81 d81b 82 612a 60", [["*", ""]]],
  ["a record's definition", "81 d9dfff 83 1901ff 816161 05", [[511, ["a"], 5]]],
  ["packed values", "81 d833 82 80 80", [[[], []]]],
  ["tags in tags", "82 c1 c1 05 a1 6161 d9d9f7 06", [5, { a: 6 }]],
  ["a tag of 64 bits", "81 db ffffffffffffffff 05", [5]],
])("what is tagged arrives without its tag and leaves as it came: %s", (_, args, expected) => {
  expect(argsOf(args)).toEqual(expected);
  expect(toHex(CBOR.encode(CBOR.decode(callOf(args))))).toBe(toHex(callOf(args)));
});

test("undefined and simple values without a meaning arrive as null", () => {
  expect(argsOf("85 f7 e0 f3 f820 f8ff")).toEqual([null, null, null, null, null]);
  expect(argsOf("81 a1 6161 f7")).toEqual([{ a: null }]);
  expect(plain(CBOR.decode(callOf("f7")))).toMatchObject({ args: [], kwargs: {} });
});

test("an integer below −2^63, which only CBOR has, is read and passed on, and refused in any other serializer", () => {
  const message = CBOR.decode(callOf("81 3b ffffffffffffffff"));
  expect(plain(message).args).toEqual([-(2n ** 64n)]);
  expect(toHex(CBOR.encode(message))).toBe(toHex(callOf("81 3b ffffffffffffffff")));
  for (const other of [JSON_, MSGPACK]) {
    expect(() => other.encode(message)).toThrow(/^args\[0\]: an integer beyond 64 bits/);
  }
});

test.each([
  ["additional information 28", "81 1c", "reserved additional information 28"],
  ["additional information 30 of text", "81 7e", "reserved additional information 30"],
  ["additional information 29 of a simple value", "81 fd", "reserved additional information 29"],
  ["an integer of indefinite length", "81 1f", "an indefinite length that is not allowed"],
  ["a tag of indefinite length", "81 df 00", "an indefinite length that is not allowed"],
  ["a break where a value belongs", "81 ff", "an unexpected break"],
  ["a break in place of a member", "81 bf 6161 ff", "an unexpected break"],
  ["a simple value below 32 in two bytes", "81 f8 14", "a two-byte simple value that must use one byte"],
  ["text in pieces of binary", "81 7f 4161 ff", "a chunk of a different type"],
  ["text in pieces in pieces", "81 7f 7f 6161 ff ff", "a chunk of a different type"],
  ["text in pieces that cut a character", "81 7f 61c3 61a9 ff", "a text that is not UTF-8"],
  ["a key that is an integer", "81 a1 05 05", "a key that is not a string"],
  ["a key that is tagged", "81 a1 c0 6161 05", "a key that is not a string"],
  ["a list that announces 2^64−1 elements", "9b ffffffffffffffff 05", "the message ends too early"],
  ["a dictionary that announces 2^63 members", "81 bb 8000000000000000 6161 05", "the message ends too early"],
  ["text of 2^64−1 bytes", "81 7b ffffffffffffffff 61", "the message ends too early"],
  ["binary of 2^32 bytes", "81 5b 0000000100000000 61", "the message ends too early"],
  ["a list without end", "9f 05", "the message ends too early"],
  ["a dictionary without end", "81 bf 6161 05", "the message ends too early"],
  ["a tag of nothing", "81 c1", "the message ends too early"],
])("%s is a violation", (_, args, fault) => {
  expect(violationOf(CBOR, callOf(args))).toContain(`malformed CBOR: ${fault}`);
});

test("tags are no levels of nesting, however many there are", () => {
  expect(argsOf(`81 ${"c1".repeat(100_000)} 81 05`)).toEqual([[5]]);
});

test("a tagged list is no args, and a message must be a list", () => {
  expect(violationOf(CBOR, callOf("c1 80"))).toBe("CALL.args: expected a list");
  for (const message of ["d9d9f7 85 1830 01 a0 6161 80", "a0", "05", "f6", "1f"]) {
    expect(violationOf(CBOR, hex(message))).toBe("malformed CBOR: a message must be a list at byte 0");
  }
});

test("a payload of CBOR alone is decoded where it is asked for", () => {
  const payload = receivedPayload(CBOR, { bytes: hex("9f05ff bfff"), elements: 2 });
  expect([payload.args, payload.kwargs]).toEqual([[5], {}]);
});
