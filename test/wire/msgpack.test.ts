import { expect, test } from "vitest";
import type { Message } from "../../src/wire/messages.js";
import type { Payload } from "../../src/wire/payload.js";
import { hex, MSGPACK, plain, toHex, violationOf } from "./support.js";

/** A CALL whose args are given in hex. */
const callOf = (args: string) => hex(`95 30 01 80 a3612e62 ${args}`);
const argsOf = (args: string) => plain(MSGPACK.decode(callOf(args))).args;

test.each([
  ["lists", "dc 0001 05", [5]],
  ["lists of 32 bits", "dd 00000001 05", [5]],
  ["dictionaries", "91 de 0001 a161 05", [{ a: 5 }]],
  ["dictionaries of 32 bits", "91 df 00000001 a161 05", [{ a: 5 }]],
  ["text", "91 d9 01 61", ["a"]],
  ["text of 16 bits", "91 da 0001 61", ["a"]],
  ["text of 32 bits", "91 db 00000001 61", ["a"]],
  ["keys", "91 81 db 00000001 61 05", [{ a: 5 }]],
  ["binary", "91 c6 00000001 61", [new Uint8Array([0x61])]],
  [
    "integers",
    "98 cc05 cd0005 ce00000005 cf0000000000000005 d005 d10005 d200000005 d3fffffffffffffffb",
    [5, 5, 5, 5, 5, 5, 5, -5],
  ],
  ["floats", "91 ca 3fc00000", [1.5]],
])("longer forms than needed are read: %s", (_, args, expected) => {
  expect(argsOf(args)).toEqual(expected);
});

test("the outer list may be of any form", () => {
  for (const head of ["dc0004", "dd00000004"]) {
    expect(plain(MSGPACK.decode(hex(`${head} 30 01 80 a3612e62`)))).toMatchObject({ type: "CALL", procedure: "a.b" });
  }
});

test.each([
  ["fixext 1", "91 d4 05 61"],
  ["fixext 1, which the library takes for a record's definition", "91 d4 72 40"],
  ["fixext 4, a timestamp", "91 d6 ff 00000000"],
  ["fixext 4, the library's reference", "92 d6 69 00000001 d6 70 00000001"],
  ["fixext 4, the library's bundle of strings", "91 d6 62 00000001"],
  ["ext 8", "91 c7 03 05 010203"],
  ["ext 8, empty", "91 c7 00 05"],
  ["ext 8, the library's regular expression", "91 c7 04 78 92a12aa0"],
  ["ext 16", `91 c8 0100 65 ${"07".repeat(256)}`],
  ["ext 16, short", "91 c8 0001 65 07"],
  ["ext 32", `91 c9 00010000 65 ${"07".repeat(65_536)}`],
])("an extension's bytes arrive as binary and leave as they came: %s", (_, args) => {
  const message = MSGPACK.decode(callOf(args)) as Message & { payload: Payload };
  for (const value of message.payload.args) {
    expect(value).toBeInstanceOf(Uint8Array);
    expect(toHex(callOf(args))).toContain(toHex(value as Uint8Array));
  }
  expect(toHex(MSGPACK.encode(message))).toBe(toHex(callOf(args)));
});

test("what stands beside an extension is read as ever", () => {
  expect(argsOf("94 41 d4 72 41 41 82 a161 c7 02 05 0102 a9 5f5f70726f746f5f5f 2a")).toEqual([
    0x41,
    new Uint8Array([0x41]),
    0x41,
    JSON.parse('{"a":{"0":1,"1":2},"__proto__":42}', (key, value) => (key === "a" ? new Uint8Array([1, 2]) : value)),
  ]);
});

test("an extension in options is no known value", () => {
  expect(violationOf(MSGPACK, hex("94 30 01 81 a774696d656f7574 d4 05 01 a3612e62"))).toBe(
    "CALL.options.timeout: expected a non-negative integer, got binary",
  );
});

test.each([
  ["0xc1", "91 c1", "a byte that MessagePack never uses at byte 10"],
  ["a key that is an integer", "91 81 05 05", "a key that is not a string at byte 10"],
  ["a key that is binary", "91 81 c4 01 61 05", "a key that is not a string"],
  ["a list that announces 2^32−1 elements", "dd ffffffff 05", "the message ends too early"],
  ["a dictionary that announces 2^32−1 members", "91 df ffffffff a161 05", "the message ends too early"],
  ["text of 2^32−1 bytes", "91 db ffffffff 61", "the message ends too early"],
  ["binary of 2^32−1 bytes", "91 c6 ffffffff 61", "the message ends too early"],
  ["an extension of 2^32−1 bytes", "91 c9 ffffffff 05 61", "the message ends too early"],
  ["an integer cut short", "91 cf 00000000", "the message ends too early"],
])("%s is a violation", (_, args, fault) => {
  expect(violationOf(MSGPACK, callOf(args))).toContain(`malformed MessagePack: ${fault}`);
});

test("an outer list that announces more than there is, or is none, is a violation", () => {
  expect(violationOf(MSGPACK, hex("dd ffffffff 30 01 80 a3612e62"))).toContain("malformed MessagePack");
  for (const message of ["81 a161 05", "30", "c0", "a161"]) {
    expect(violationOf(MSGPACK, hex(message))).toBe("malformed MessagePack: a message must be a list at byte 0");
  }
});
