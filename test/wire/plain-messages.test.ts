import { expect, test } from "vitest";
import { ProtocolViolation } from "../../src/wire/error.js";
import { LAYOUT } from "../../src/wire/layout.js";
import type { Message } from "../../src/wire/messages.js";
import { Payload } from "../../src/wire/payload.js";
import { encodedAs, receivedPayload } from "../../src/wire/payload-bytes.js";
import { RefusedPayload } from "../../src/wire/refused-payload.js";
import { readMessage, type Serializer } from "../../src/wire/serializer.js";
import { jsonFormats } from "../../src/wire/serializers/json.js";
import { JsonReader } from "../../src/wire/serializers/json-reader.js";
import { JsonRules } from "../../src/wire/serializers/json-text.js";
import { createRandom, pick } from "../support/mutate.js";
import { JSON_, listOf, plain, serializers, TYPES, toHex, utf8, WITH_PAYLOAD } from "./support.js";

const SEED = 20261126;
const MUTATIONS = 100_000;

/** Reads JSON with no second way to read heads. */
const general = new JsonReader(8, jsonFormats(8, new JsonRules(8)));
Object.defineProperty(general, "plainHead", { value: undefined });
let read = 0; // heads at once
class CountingReader extends JsonReader {
  override plainHead() {
    const head = super.plainHead();
    if (head) read++;
    return head;
  }
}
const quick = new CountingReader(8, jsonFormats(8, new JsonRules(8)));

const PAYLOADS = [
  "",
  ",[]",
  ',["xx"]',
  ',[1,2.5,{"a":[null]}],{"k":{}}',
  ",[],{}",
  ",null",
  ",[9007199254740993]",
  ",[[[[[[[[[[]]]]]]]]]]",
];
const HEADS = TYPES.map((type) => JSON.stringify(listOf(type)).slice(0, -1));
const OTHER_HEADS = [
  '[48,9007199254740991,{},"com.example.a"',
  '[48,9007199254740992,{},"com.example.a"',
  '[48,12345678901234567890,{},"com.example.a"',
  '[16,1,{"acknowledge":true},"com.example.a"',
  `[48,1,{},"${"long.".repeat(300)}"`,
  '[48,1,{},"com.example.\\u0061"',
  '[70,77,{"progress":true}',
];
const ODD = utf8('[[]]{{}},,,""\\ \t\n0011789-+.eEnulaé\u0000\u007f');

/** The result of reading, for comparison: the message, or the error with all its members. */
function outcome(reader: JsonReader, bytes: Uint8Array, trusted: boolean): unknown {
  try {
    return told(readMessage(reader, bytes, trusted));
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    const { name, message, reason } = error;
    const head = error instanceof RefusedPayload && [told(error.head), error.error.uri, error.error.args];
    return [name, message, reason, head];
  }
}

/** A message's own keys, in their order, and its payload as the bytes that it stays. */
function told(message: Message): unknown {
  if (!("payload" in message)) return Object.entries(message);
  const { payload } = message;
  const { elements, bytes } = payload === Payload.EMPTY ? { elements: 0, bytes: [] } : encodedAs(payload, JSON_);
  return [...Object.entries({ ...message, payload: undefined }), elements, ...bytes];
}

/** Bytes with one to three of them changed, taken out or put in. */
function mutated(random: () => number, bytes: Uint8Array): Uint8Array {
  const result = [...bytes];
  for (let change = Math.floor(random() * 3); change >= 0; change--) {
    const at = Math.floor(random() * result.length);
    const byte = random() < 0.9 ? (ODD[Math.floor(random() * ODD.length)] as number) : Math.floor(random() * 256);
    result.splice(at, random() < 0.7 ? 1 : 0, ...(random() < 0.7 ? [byte] : []));
  }
  return Uint8Array.from(result);
}

test(`heads that are read at once are what they are when read element by element: ${MUTATIONS} messages`, () => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // most are errors, twice
  const random = createRandom(SEED);
  for (let count = 0; count < MUTATIONS; count++) {
    const whole = utf8(`${pick(random, random() < 0.8 ? HEADS : OTHER_HEADS)}${pick(random, PAYLOADS)}]`);
    const bytes = random() < 0.1 ? whole : mutated(random, whole);
    const trusted = random() < 0.2;
    const expected = JSON.stringify(outcome(general, bytes, trusted));
    const got = JSON.stringify(outcome(quick, bytes, trusted));
    if (got !== expected) expect.fail(`${JSON.stringify(String(Buffer.from(bytes)))}: ${got} in place of ${expected}`);
  }
  Error.stackTraceLimit = stackTraceLimit;
  expect(read).toBeGreaterThan(MUTATIONS / 5); // else nothing was compared
});

/** Messages of each kind, plain and not, with payloads of many sizes in one format. */
function* messages(format: Serializer): Iterable<Message> {
  const ids = [1, 9, 10, 99, 100, 127, 128, 255, 256, 65_535, 65_536, 999_999_999, 2 ** 31, 2 ** 32 + 1, 2 ** 53];
  for (const type of TYPES) {
    const [, ...names] = LAYOUT[type];
    const base = format.decode(format.encode(decoded(type)));
    for (const [index, id] of ids.entries()) {
      const heads = Object.fromEntries(
        names.map((name, at) => [
          name,
          typeof base[name as keyof Message] === "number"
            ? (ids[(index + at) % ids.length] ?? id)
            : base[name as keyof Message],
        ]),
      );
      const message = { ...base, ...heads } as Message;
      if (!WITH_PAYLOAD.includes(type)) yield message;
      else
        for (const length of [0, 1, 60, 95, 96, 97, 98, 99, 100, 101, 1_000, 32 * 1024]) {
          const payload =
            length === 0
              ? Payload.EMPTY
              : receivedPayload(
                  format,
                  format.encodePayload({ args: ["x".repeat(length)], kwargs: length % 2 === 0 ? {} : { k: [1] } }),
                );
          yield { ...message, payload } as Message;
        }
    }
    for (const name of names)
      if (["options", "details", "extra"].includes(name)) yield { ...base, [name]: { x_key: 1 } } as Message;
  }
}

function decoded(type: (typeof TYPES)[number]): Message {
  return JSON_.decode(utf8(JSON.stringify(listOf(type))));
}

test.each(
  serializers,
)("$id: what is written straight to where it is sent from is what encoding gives", (serializer) => {
  let written = 0;
  for (const message of messages(serializer)) {
    const expected = serializer.encode(message);
    const size = serializer.plain?.prepare(message) ?? 0;
    if (size === 0) continue;
    const bytes = new Uint8Array(size + 10).fill(0xee);
    serializer.plain?.write(bytes, 5);
    expect(toHex(bytes), JSON.stringify(plain(message)).slice(0, 200)).toBe(
      `${"ee".repeat(5)}${toHex(expected)}${"ee".repeat(5)}`,
    );
    written++;
  }
  expect(written).toBeGreaterThan(500);
});

test.each(
  serializers,
)("$id: a payload of another format, a large one and options are left to encoding", (serializer) => {
  const other = serializers.find(({ id }) => id !== serializer.id) as Serializer;
  const payload = receivedPayload(other, other.encodePayload({ args: [1], kwargs: {} }));
  const large = receivedPayload(serializer, serializer.encodePayload({ args: ["x".repeat(33_000)], kwargs: {} }));
  const small = receivedPayload(serializer, serializer.encodePayload({ args: [1], kwargs: {} }));
  const result = { type: "RESULT", request: 1, details: {} } as const;
  expect(serializer.plain?.prepare({ ...result, payload })).toBe(0);
  expect(serializer.plain?.prepare({ ...result, payload: large })).toBe(0);
  expect(serializer.plain?.prepare({ ...result, payload: Payload.of([1]) })).toBe(0);
  expect(serializer.plain?.prepare({ ...result, details: { progress: true }, payload: small })).toBe(0);
  expect(serializer.plain?.prepare({ ...result, payload: small })).toBeGreaterThan(0);
});
