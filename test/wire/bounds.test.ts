import { Encoder as CborLibrary } from "cbor-x";
import { Packr as MsgpackLibrary } from "msgpackr";
import { describe, expect, test } from "vitest";
import { ProtocolViolation } from "../../src/wire/error.js";
import type { Message } from "../../src/wire/messages.js";
import { RefusedPayload } from "../../src/wire/refused-payload.js";
import { cbor } from "../../src/wire/serializers/cbor.js";
import { json } from "../../src/wire/serializers/json.js";
import { json as platformJson } from "../../src/wire/serializers/json-platform.js";
import { msgpack } from "../../src/wire/serializers/msgpack.js";
import { FIELDS, listOf, plain, serializers, TYPES, utf8, violationOf, WITH_PAYLOAD } from "./support.js";

/** Dictionaries nest in lists and in each other: `levels` of them, in turn. */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function keys(count: number, prefix = "key"): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, index]));
}

const cborLibrary = new CborLibrary({ useRecords: false, tagUint8Array: false });
const msgpackLibrary = new MsgpackLibrary({ useRecords: false, variableMapSize: true });

/** A list as another peer may write it, which knows no bounds. */
function written(id: "json" | "msgpack" | "cbor", list: readonly unknown[]): Uint8Array {
  if (id === "json") return utf8(JSON.stringify(list));
  return id === "cbor" ? cborLibrary.encode(list) : msgpackLibrary.pack(list);
}

/** The error that `decode` throws. */
function thrown(decode: () => Message): unknown {
  try {
    decode();
    return undefined;
  } catch (error) {
    return error;
  }
}

const TOO_MANY = "options or details: expected at most 256 keys in one dictionary, got more";
const TOO_MANY_IN_ALL =
  "options or details: expected at most 1024 keys, those of nested dictionaries included, got more";
const TOO_MANY_VALUES =
  "options or details: expected at most 131072 values, those of nested lists and dictionaries included, got more";
const TOO_LONG = "options or details: expected keys of at most 256 characters, got a longer one";

/** The messages of which some field is a dictionary, and its place in the list. */
const WITH_DICT = TYPES.flatMap((type) => {
  const at = Object.values(FIELDS[type][1]).findIndex((value) => typeof value === "object");
  return at === -1 ? [] : [[type, at + 1] as const];
});

describe.each(serializers)("$id", (serializer) => {
  const withOptions = (options: unknown) => written(serializer.id, [48, 1, options, "a.b"]);

  test.each(WITH_DICT)("the options or details of %s hold at most 256 keys", (type, at) => {
    const list = listOf(type);
    expect(violationOf(serializer, written(serializer.id, list.with(at, keys(256))))).toBeUndefined();
    expect(violationOf(serializer, written(serializer.id, list.with(at, keys(257))))).toBe(TOO_MANY);
  });

  test("nested dictionaries hold at most 256 keys each, and 1,024 in all", () => {
    expect(violationOf(serializer, withOptions({ _one: { more: [keys(257)] } }))).toBe(TOO_MANY);
    const four = { _a: keys(255), _b: [keys(255)], _c: { d: keys(255) } };
    expect(violationOf(serializer, withOptions({ ...four, _e: keys(254) }))).toBeUndefined(); // 5 more hold them
    expect(violationOf(serializer, withOptions({ ...four, _e: keys(256) }))).toBe(TOO_MANY_IN_ALL);
    expect(violationOf(serializer, withOptions({ _list: Array(1_025).fill({ a: 1 }) }))).toBe(TOO_MANY_IN_ALL);
  });

  test("the keys of one message are not counted for the next", () => {
    for (let index = 0; index < 10; index++) {
      expect(violationOf(serializer, withOptions(keys(200)))).toBeUndefined();
    }
  });

  test("a key has at most 256 characters, which are no bytes", () => {
    for (const character of ["k", "é", "日", '"', "\n"]) {
      expect(violationOf(serializer, withOptions({ [character.repeat(256)]: 1 }))).toBeUndefined();
      expect(violationOf(serializer, withOptions({ [character.repeat(257)]: 1 }))).toBe(TOO_LONG);
      expect(violationOf(serializer, withOptions({ a: { [character.repeat(500_000)]: 1 } }))).toBe(TOO_LONG);
    }
  });

  test("a dictionary of 100,000 keys is refused wherever a message has no payload", () => {
    const many = keys(100_000);
    expect(violationOf(serializer, withOptions(many))).toBe(TOO_MANY);
    expect(
      violationOf(serializer, written(serializer.id, [1, "realm1", { roles: { caller: { features: many } } }])),
    ).toBe(TOO_MANY);
    for (const list of [[many], [48, many], [48, 1, {}, many], [99, many]]) {
      expect(violationOf(serializer, written(serializer.id, list))).toBeTypeOf("string");
    }
  });

  test("args and kwargs are not bounded, also where a peer sends null for args", () => {
    const many = keys(5_000, "k".repeat(300));
    expect(plain(serializer.decode(written(serializer.id, [48, 1, {}, "a.b", [many], many])))).toMatchObject({
      args: [many],
      kwargs: many,
    });
    const message = serializer.decode(written(serializer.id, [48, 1, {}, "a.b", null, many]));
    expect(plain(message)).toMatchObject({ args: [], kwargs: many });
    expect(plain(serializer.decode(serializer.encode(message)))).toMatchObject({ args: [], kwargs: many });
  });

  test("a list of 100,000 entries in the options is read", () => {
    const texts = Array.from({ length: 100_000 }, (_, index) => `authid-${index}`);
    const ids = Array.from({ length: 100_000 }, (_, index) => 2 ** 53 - index);
    for (const options of [{ eligible_authid: texts }, { eligible: ids }]) {
      expect(plain(serializer.decode(written(serializer.id, [16, 1, options, "a.b"]))).options).toEqual(options);
    }
  });

  test.each([
    ["one list", (count: number) => ({ _a: Array(count - 1).fill("") })],
    ["two lists", (count: number) => ({ _a: Array(1_000).fill(1), _b: Array(count - 1_002).fill(1) })],
    ["empty lists", (count: number) => ({ _a: Array(count - 1).fill([]) })],
    ["a nested list", (count: number) => ({ _a: [{ b: Array(count - 3).fill(null) }] })],
  ])("options hold at most 131,072 values: those of %s", (_name, options) => {
    expect(violationOf(serializer, withOptions(options(131_072)))).toBeUndefined();
    expect(violationOf(serializer, withOptions(options(131_073)))).toBe(TOO_MANY_VALUES);
    expect(violationOf(serializer, withOptions(options(131_072)))).toBeUndefined(); // it is counted from 0 again
  });

  test.each(["ppt_scheme", "ppt_serializer", "ppt_cipher", "ppt_keyid"])("%s has at most 1,024 characters", (key) => {
    expect(violationOf(serializer, withOptions({ [key]: "x".repeat(1_024) }))).toBeUndefined();
    expect(violationOf(serializer, withOptions({ [key]: "x".repeat(1_025) }))).toBe(
      `CALL.options.${key}: expected at most 1024 characters, got 1025`,
    );
  });

  test("options take at most 4 MiB", () => {
    const options = { _a: "a".repeat(4 * 1024 * 1024) };
    expect(violationOf(serializer, withOptions({ _a: options._a.slice(100) }))).toBeUndefined();
    expect(violationOf(serializer, withOptions(options))).toMatch(
      /^CALL\.options: expected at most 4194304 bytes, got more$/,
    );
  });

  test.each([
    ["HELLO.realm", (text: string) => [1, text, {}]],
    ["AUTHENTICATE.signature", (text: string) => [5, text, {}]],
    ["GOODBYE.reason", (text: string) => [6, {}, text]],
    ["ERROR.error", (text: string) => [8, 68, 1, {}, text]],
  ])("%s takes at most 256 KiB", (path, list) => {
    for (const character of ["a", "é", "\n"]) {
      expect(violationOf(serializer, written(serializer.id, list(character.repeat(100_000))))).toBeUndefined();
      expect(violationOf(serializer, written(serializer.id, list(character.repeat(270_000))))).toBe(
        `${path}: expected at most 262144 bytes, got more`,
      );
    }
  });

  test.each([
    ["CALL.procedure", 48],
    ["REGISTER.procedure", 64],
    ["PUBLISH.topic", 16],
    ["SUBSCRIBE.topic", 32],
  ])("a request is refused alone whose %s takes more than 256 KiB", (path, code) => {
    const error = thrown(() => serializer.decode(written(serializer.id, [code, 7, {}, "a".repeat(270_000)])));
    expect(error).toMatchObject({
      head: { request: 7 },
      error: { uri: "wamp.error.invalid_uri", args: [`${path}: expected at most 262144 bytes, got more`] },
    });
  });

  test("values of args and kwargs are not counted", () => {
    const many = Array(131_073).fill(1);
    const message = serializer.decode(written(serializer.id, [48, 1, {}, "a.b", many, { many }]));
    expect(plain(message)).toMatchObject({ args: many, kwargs: { many } });
  });

  test("a member of a list that is no ID is named by its place", () => {
    const options = { eligible: [1, 2, "three"] };
    expect(violationOf(serializer, written(serializer.id, [16, 1, options, "a.b"]))).toBe(
      "PUBLISH.options.eligible[2]: expected an integer in [1, 2^53], got a string",
    );
  });

  test("options nest at most 128 levels: deeper is a violation of the session", () => {
    expect(violationOf(serializer, withOptions({ _a: nested(127) }))).toBeUndefined();
    const error = thrown(() => serializer.decode(withOptions({ _a: [nested(127)] })));
    expect(error).toBeInstanceOf(ProtocolViolation);
    expect(error).not.toBeInstanceOf(RefusedPayload);
  });

  test.each(WITH_PAYLOAD)("%s whose payload nests deeper than 128 levels is told by its head", (type) => {
    const head = listOf(type);
    for (const payload of [[[nested(127)]], [[], { a: nested(127) }]]) {
      expect(violationOf(serializer, written(serializer.id, [...head, ...payload]))).toBeUndefined();
    }
    for (const payload of [[[nested(128)]], [[1], { a: nested(128) }], [null, { a: nested(200) }]]) {
      const error = thrown(() => serializer.decode(written(serializer.id, [...head, ...payload])));
      expect(error).toBeInstanceOf(RefusedPayload);
      const { head: message, error: answer } = error as RefusedPayload;
      expect(plain(message)).toEqual({
        ...plain(serializer.decode(written(serializer.id, head))),
        args: [],
        kwargs: {},
      });
      expect(answer).toMatchObject({ uri: "wamp.error.invalid_argument", args: [(error as Error).message] });
      expect((error as Error).message).toMatch(
        new RegExp(`^${type}: lists and dictionaries nested deeper than 128 levels`),
      );
    }
  });

  test("a head that is wrong is a violation of the session, however deep the payload", () => {
    const error = thrown(() => serializer.decode(written(serializer.id, [48, "one", {}, "a.b", [nested(200)]])));
    expect((error as Error).message).toMatch(/^CALL\.request: expected an integer/);
    expect(error).not.toBeInstanceOf(RefusedPayload);
  });

  test("a payload of millions of levels is refused", () => {
    const [open, close] = { json: ["[", "]"], msgpack: ["\x91", ""], cbor: ["\x81", ""] }[serializer.id] as [
      string,
      string,
    ];
    const [start, end] = [written(serializer.id, [48, 1, {}, "a.b", 5]), serializer.id === "json" ? "]" : ""];
    const [head, leaf] = [start.subarray(0, start.length - 1 - end.length), serializer.id === "json" ? "5" : "\x05"];
    const levels = 2_000_000;
    const bytes = Buffer.concat([head, Buffer.from(open.repeat(levels) + leaf + close.repeat(levels) + end, "latin1")]);
    expect(thrown(() => serializer.decode(bytes))).toBeInstanceOf(RefusedPayload);
    const trusted = serializer.decode(bytes, true) as Message & { payload: { args: unknown } };
    expect(() => trusted.payload.args).toThrow(/nested deeper than 128 levels/);
  });
});

describe.each([json, msgpack, cbor])("$name", (create) => {
  test.each([1, 2, 127, 129, 512])("with maxDepth %d, both ends count as many levels", (maxDepth) => {
    const serializer = create({ maxDepth });
    const message = (levels: number) =>
      serializer.decode(written(serializer.id, [48, 1, {}, "a.b", [nested(levels - 1)]]));
    expect(plain(message(maxDepth)).args).toEqual([nested(maxDepth - 1)]);
    expect(plain(serializer.decode(serializer.encode(message(maxDepth)))).args).toEqual([nested(maxDepth - 1)]);
    if (maxDepth < 512) expect(() => message(maxDepth + 1)).toThrow(`nested deeper than ${maxDepth} levels`);
    expect(() => serializer.encodePayload({ args: [nested(maxDepth)], kwargs: {} })).toThrow(
      new RegExp(`nested deeper than ${maxDepth} levels`),
    );
  });

  test.each([0, -1, 1.5, 513, Number.NaN, "128", null])("a maxDepth of %o is a TypeError", (maxDepth) => {
    expect(() => create({ maxDepth: maxDepth as number })).toThrow(
      /^(json|msgpack|cbor)\.maxDepth: expected an integer from 1 to 512, got /,
    );
  });

  test("an unknown option is a TypeError that names the known one", () => {
    expect(() => create({ maxdepth: 5 } as object)).toThrow('maxdepth: unknown option; did you mean "maxDepth"?');
  });
});

describe("JSON as browsers read it", () => {
  const serializer = platformJson();
  const result = (details: unknown, ...payload: unknown[]) => JSON.stringify([50, 1, details, ...payload]);

  test("a payload nests at most 128 levels, args the first; a deeper one is told by its head", () => {
    expect(plain(serializer.decode(result({}, [nested(127)]))).args).toEqual([nested(127)]);
    for (const payload of [[[nested(128)]], [[], { a: nested(128) }]]) {
      const error = thrown(() => serializer.decode(result({ progress: true }, ...payload)));
      expect(error).toBeInstanceOf(RefusedPayload);
      expect(plain((error as RefusedPayload).head)).toEqual({
        type: "RESULT",
        request: 1,
        details: { progress: true },
        args: [],
        kwargs: {},
      });
    }
    const deep = `[50,1,{},${"[".repeat(2_000_000)}"\\u0000AQ=="${"]".repeat(2_000_000)}]`;
    expect(thrown(() => serializer.decode(deep))).toBeInstanceOf(RefusedPayload);
    expect(thrown(() => serializer.decode(result({ a: nested(128) })))).not.toBeInstanceOf(RefusedPayload);
    expect(violationOf(serializer, result({ a: nested(128) }))).toContain("nested deeper than 128 levels");
  });

  test("brackets, colons and digits in texts count for nothing", () => {
    const texts = ["[".repeat(1_000), '\\"{[', "\\\\", `"${":".repeat(2_000)}`, "1".repeat(40)];
    expect(plain(serializer.decode(result({ texts }, texts)))).toMatchObject({ details: { texts }, args: texts });
  });

  test("integers beyond ±(2^53−1) arrive as BigInts, in args, kwargs and bytes", () => {
    const text = '[50,1,{"n":18446744073709551615},[9007199254740993,1.5,-0],{"a":-9007199254740992}]';
    for (const data of [text, utf8(text)]) {
      expect(plain(serializer.decode(data))).toEqual({
        type: "RESULT",
        request: 1,
        details: { n: 18446744073709551615n },
        args: [9007199254740993n, 1.5, -0],
        kwargs: { a: -9007199254740992n },
      });
    }
  });

  test("what is no message is a violation", () => {
    for (const text of ["", "[", "{}", "[]", "5", "]]]", '"', '{"a":1}', "[50", '[50,1,{"a"', "[99,{}]", "null"]) {
      expect(violationOf(serializer, text)).toBeTypeOf("string");
    }
  });
});

test("a platform's JSON reads a long text of escapes beside an integer beyond 2^53", () => {
  const text = '\n\\"'.repeat(3_000_000);
  const message = JSON.stringify([50, 1, {}, [0, text]]).replace("[0,", "[9007199254740993,");
  const [wide, arrived] = plain(platformJson().decode(message)).args as unknown[];
  expect(wide).toBe(9007199254740993n);
  expect(arrived === text).toBe(true); // a failure would print it
});
