import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "../../src/wire/messages.js";
import type { Payload } from "../../src/wire/payload.js";
import { json } from "../../src/wire/serializers/json.js";
import { text as anyText, portableValue } from "./arbitraries.js";
import { call, JSON_, plain, utf8, violationOf } from "./support.js";

const text = (message: Message) => new TextDecoder().decode(JSON_.encode(message));
const received = (args: string) => plain(JSON_.decode(utf8(`[48,1,{},"a.b",${args}]`))).args;

test("fact 44: binary leaves as U+0000 and Base64, padded, in the standard alphabet", () => {
  expect(text(call([new Uint8Array([16, 131, 251, 255])]))).toBe('[48,1,{},"a.b",["\\u0000EIP7/w=="]]');
  expect(text(call([new Uint8Array(0)]))).toBe('[48,1,{},"a.b",["\\u0000"]]');
  expect(JSON_.encodeText?.(call([], { a: new Uint8Array([1]) }))).toBe('[48,1,{},"a.b",[],{"a":"\\u0000AQ=="}]');
});

test("fact 44: a string of U+0000 and Base64 arrives as binary, at any depth", () => {
  expect(received('["\\u0000EIP7/w==",{"a":["\\u0000"]}]')).toEqual([
    new Uint8Array([16, 131, 251, 255]),
    { a: [new Uint8Array(0)] },
  ]);
  expect(plain(JSON_.decode('[48,1,{},"a.b",["\\u0000AQ=="]]')).args).toEqual([new Uint8Array([1])]);
});

test.each([
  "\0A",
  "\0AQ",
  "\0AQ=",
  "\0AQ===",
  "\0A Q=",
  "\0AQ==\n",
  "\0-_==",
  "\0\0",
  "AQ==",
  "a\0AQ==",
])("fact 44: %j is no binary and stays a string", (value) => {
  expect(received(JSON.stringify([value]))).toEqual([value]);
});

test.each([3_355_430, 3_355_431, 3_355_432])("fact 44: a binary of %d bytes arrives as it was sent", (length) => {
  const binary = new Uint8Array(Buffer.alloc(length, "a pattern of bytes \u00ff"));
  for (const data of [JSON_.encode(call([binary])), JSON_.encodeText?.(call([binary])) ?? ""]) {
    const [arrived] = plain(JSON_.decode(data)).args as [Uint8Array];
    expect(Buffer.compare(arrived, binary)).toBe(0);
  }
});

test("fact 44: a long text that is almost Base64 stays a string", () => {
  for (const end of ["*", "*===", "=AAA", "A===", "===="]) {
    const text = `\0${"AAAA".repeat(1_000_000)}${end}`;
    expect(received(JSON.stringify([text]))).toEqual([text]);
  }
});

test("fact 44: binary is a plain Uint8Array that holds nothing else", () => {
  const [value] = received('["\\u0000EIP7/w=="]') as [Uint8Array];
  expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype);
});

test("fact 44: typed arrays, buffers and views of a part leave as their bytes", () => {
  const bytes = new Uint8Array([0, 1, 2, 3]);
  const parts = [Buffer.from(bytes), bytes.buffer, bytes.subarray(1, 3), new DataView(bytes.buffer, 2)];
  expect(text(call(parts))).toBe('[48,1,{},"a.b",["\\u0000AAECAw==","\\u0000AAECAw==","\\u0000AQI=","\\u0000AgM="]]');
});

test("fact 44: a BigInt leaves as an integer", () => {
  expect(text(call([2n ** 64n - 1n, { a: [-1n, "x\\"] }, undefined]))).toBe(
    '[48,1,{},"a.b",[18446744073709551615,{"a":[-1,"x\\\\"]},null]]',
  );
});

test.each([Number.NaN, Infinity, -Infinity])("fact 44: %d is a TypeError that names its path", (value) => {
  expect(() => JSON_.encode(call([1, { a: [value] }]))).toThrow(
    new TypeError(`args[1].a[0]: JSON cannot represent ${value}; send null or a string, or use msgpack or cbor`),
  );
  expect(() => JSON_.encodeText?.(call([], { b: value }))).toThrow(/^kwargs\.b: /);
});

test("fact 44: an integer beyond ±(2^53−1) arrives as a BigInt, and stays exact in the bytes passed on", () => {
  const numbers = ["9007199254740992", "-9007199254740993", "18446744073709551615", "123456789012345678901234567890"];
  const bytes = utf8(`[48,1,{},"a.b",[${numbers}],{"a":[${numbers}]}]`);
  const message = JSON_.decode(bytes) as Message & { payload: Payload };
  expect(message.payload.args).toEqual(numbers.map(BigInt));
  expect(message.payload.kwargs).toEqual({ a: numbers.map(BigInt) });
  expect(text(message)).toBe(`[48,1,{},"a.b",[${numbers}],{"a":[${numbers}]}]`);
});

test("fact 44: a JSON number with a fraction or an exponent is a double, and so is a safe integer", () => {
  const written = [
    "1e300",
    "12345678901234567890.5",
    "1.8446744073709551615e19",
    "12345678901234567890E0",
    "1e-12345678901234567",
  ];
  expect(received(`[${written}]`)).toEqual(written.map(Number));
  expect(received("[0.12345678901234567890,9007199254740991,-9007199254740991]")).toEqual([
    Number("0.12345678901234567890"),
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ]);
});

test("fact 44: digits in texts and keys are no numbers, and a text is never taken for an integer", () => {
  const texts = [
    "12345678901234567890",
    ", 12345678901234567890",
    '\\", 12345678901234567890',
    "\0#5",
    "\0=",
    "\0#12345678901234567890",
  ];
  const value = { "12345678901234567890": texts, "\0#1": [1], '\\"': texts };
  const json = JSON.stringify(value);
  expect(received(`[12345678901234567890,${json},["\\u0000AQ=="] ]`)).toEqual([
    12345678901234567890n,
    value,
    [new Uint8Array([1])],
  ]);
  expect(received(`[${json}]`)).toEqual([value]);
});

test("fact 44: a number of more than 1,024 characters is a violation", () => {
  expect(received(`[${"9".repeat(1_024)}]`)).toEqual([BigInt("9".repeat(1_024))]);
  for (const number of ["9".repeat(1_025), `0.${"1".repeat(5_000_000)}`]) {
    expect(violationOf(JSON_, utf8(`[48,1,{},"a.b",[${number}]]`))).toContain("a number of more than 1024 characters");
  }
});

test("a number of millions of digits is a violation wherever it stands, at once", () => {
  const digits = "9".repeat(1_000_000);
  for (const text of [`[${digits},1,{},"a.b"]`, `[48,${digits},{},"a.b"]`, `[48,1,{"timeout":${digits}},"a.b"]`]) {
    expect(violationOf(JSON_, utf8(text))).toContain("a number of more than 1024 characters");
  }
  const trusted = JSON_.decode(utf8(`[48,1,{},"a.b",[${digits}]]`), true) as Message & { payload: Payload };
  expect(() => trusted.payload.args).toThrow("a number of more than 1024 characters");
});

test("an ID may have a fraction of zero or an exponent, and is exact up to 2^53", () => {
  const request = (text: string) => JSON_.decode(utf8(`[48,${text},{},"a.b"]`));
  for (const [text, id] of [
    ["7.0", 7],
    ["7e0", 7],
    ["7 ", 7],
    ["9007199254740991", 2 ** 53 - 1],
    ["9007199254740992", 2 ** 53],
  ] as const) {
    expect(request(text)).toMatchObject({ request: id });
  }
  for (const text of ["9007199254740993", "18446744073709551616", "7.5", "0", "-1"]) {
    expect(() => request(text)).toThrow("CALL.request: expected an integer in [1, 2^53]");
  }
});

test("fact 44: a double leaves as what is read as a double, and −0 stays −0", () => {
  const values = [-0, 2 ** 53 + 2, -(2 ** 60), 1e20, 1e21, 1e300, 5e-324, 0.1, 123456789.25];
  expect(plain(JSON_.decode(JSON_.encode(call(values)))).args).toEqual(values);
});

test("text that looks like what stands for numbers within the serializer stays text", () => {
  const texts = ["\\ud800-0.0", '"\\ud800', '\\"\\ud8005"', "\\\\ud8005"];
  const value = { '"\\ud8001"': [-0, 2n ** 60n, ...texts], "\\ud8002": texts };
  expect(plain(JSON_.decode(JSON_.encode(call([value, ...texts, -0])))).args).toEqual([value, ...texts, -0]);
});

test("a value whose toJSON sends something itself arrives whole", () => {
  const sends = { toJSON: () => text(call([1])) };
  expect(plain(JSON_.decode(JSON_.encode(call([-0, sends, 2n ** 60n])))).args).toEqual([
    -0,
    '[48,1,{},"a.b",[1]]',
    2n ** 60n,
  ]);
});

test("fact 44: a text that would be read as binary is a TypeError; any other text that begins with U+0000 travels", () => {
  expect(() => JSON_.encode(call([{ a: "\0AQ==" }]))).toThrow(/^args\[0\]\.a: JSON reserves strings .*for binary/);
  expect(() => JSON_.encodeText?.(call([], { b: "\0" }))).toThrow(/^kwargs\.b: JSON reserves strings/);
  const texts = ["\0A", "\0 text", "\0\0", "a\0AQ=="];
  expect(plain(JSON_.decode(JSON_.encode(call(texts)))).args).toEqual(texts);
});

test("white space and escapes do not matter in the head, and stay in a payload passed on", () => {
  const bytes = utf8(' [ 48 ,\n1 ,\t{ } , "a\\u002eb" , [ 1 , "\\u0041" ] ] ');
  const message = JSON_.decode(bytes);
  expect(plain(message)).toEqual({
    type: "CALL",
    request: 1,
    options: {},
    procedure: "a.b",
    args: [1, "A"],
    kwargs: {},
  });
  expect(text(message)).toBe('[48,1,{},"a.b",[ 1 , "\\u0041" ]]');
});

test("__proto__ is a key like any other", () => {
  const [value] = received('[{"__proto__":{"polluted":"\\u0000AQ=="}}]') as [object];
  expect(Object.keys(value)).toEqual(["__proto__"]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(text(call([value]))).toBe('[48,1,{},"a.b",[{"__proto__":{"polluted":"\\u0000AQ=="}}]]');
});

test("a fault quotes nothing of the message", () => {
  for (const bad of ['[5,"secret" "secret"]', '[5,"secret",{"secret":secret}]', '[5,"secret\n"]']) {
    expect(violationOf(JSON_, utf8(bad))).not.toContain("secret");
    expect(violationOf(JSON_, bad)).toMatch(/^malformed JSON/);
  }
});

test("a message that comes as text is read as its bytes are", () => {
  fc.assert(
    fc.property(
      fc.array(portableValue),
      fc.dictionary(anyText, portableValue, { noNullPrototype: true }),
      (args, kwargs) => {
        const message = call(args, kwargs);
        const encoded = JSON_.encodeText?.(message) as string;
        expect(plain(JSON_.decode(encoded))).toEqual(plain(JSON_.decode(utf8(encoded))));
      },
    ),
    { numRuns: 500 },
  );
});

test("an integer beyond 2^53 is exact wherever it stands in a text", () => {
  for (const digits of ["9007199254740993", "12345678901234567", "-9007199254740993"]) {
    for (let before = 0; before < 40; before++) {
      const [value] = plain(JSON_.decode(`[48,1,{},"${"x".repeat(before)}",[${digits}]]`)).args as unknown[];
      expect(value).toBe(BigInt(digits));
    }
  }
});

test("a text that nests too deep is refused, however short it is", () => {
  const nested = (level: number) => `${"[".repeat(level)}${"]".repeat(level)}`;
  expect(plain(JSON_.decode(`[48,1,{},"a.b",${nested(128)}]`)).args).toEqual(JSON.parse(nested(128)));
  expect(violationOf(JSON_, `[48,1,{},"a.b",${nested(129)}]`)).toContain("nested deeper than 128 levels");
  const shallow = json({ maxDepth: 2 });
  expect(violationOf(shallow, '[48,1,{},"a.b",[[[]]]]')).toContain("nested deeper than 2 levels");
});
