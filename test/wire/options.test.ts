import { describe, expect, test } from "vitest";
import type { MessageType } from "../../src/wire/messages.js";
import { compact } from "../../src/wire/options.js";
import { FIELDS, listBytes, listOf, plain, serializers, violationOf } from "./support.js";

const STRING = { good: ["x", ""], wrong: [1, true, null, [], {}] };
const BOOLEAN = { good: [true, false], wrong: [1, 0, "hello", null, [], {}] };
const ID = { good: [1, 2 ** 53], wrong: [0, -1, 1.5, "1", null, true, []] };
const INTEGER = { good: [0, 1, -1], wrong: [1.5, "1", null, true, []] };
const NATURAL = { good: [0, 1, 60_000], wrong: [-1, 1.5, "1", null, true, []] };
const DICT = { good: [{}, { a: 1 }], wrong: [1, "x", null, [], true] };
const IDS = { good: [[], [1, 2 ** 53]], wrong: [1, "hello", {}, null, [0], ["hello"]] };
const STRINGS = { good: [[], ["a", "b"]], wrong: ["a", 1, {}, null, [123]] };
const MODE = { good: ["skip", "kill", "killnowait"], wrong: ["", "KILL", 1, null, true] };
const ROLES = { good: [{}, { caller: {} }, { x: { features: { a: 1 } } }], wrong: [[], "caller", null] };
const PASSTHRU = { ppt_scheme: STRING, ppt_serializer: STRING, ppt_cipher: STRING, ppt_keyid: STRING };
const MEMBER = { roles: ROLES, agent: STRING, authid: STRING, authrole: STRING, authextra: DICT };
const REVOCATION = { subscription: ID, registration: ID, reason: STRING };

type Kind = { readonly good: readonly unknown[]; readonly wrong: readonly unknown[] };

/** Every key that is known, by the dictionary it stands in. */
const KEYS: Partial<Record<MessageType, Readonly<Record<string, Kind>>>> = {
  HELLO: { ...MEMBER, authmethods: STRINGS },
  WELCOME: { ...MEMBER, realm: STRING, authmethod: STRING, authprovider: STRING },
  ABORT: { message: STRING },
  GOODBYE: { message: STRING },
  ERROR: PASSTHRU,
  PUBLISH: {
    ...PASSTHRU,
    acknowledge: BOOLEAN,
    exclude_me: BOOLEAN,
    disclose_me: BOOLEAN,
    retain: BOOLEAN,
    exclude: IDS,
    exclude_authid: STRINGS,
    exclude_authrole: STRINGS,
    eligible: IDS,
    eligible_authid: STRINGS,
    eligible_authrole: STRINGS,
    rkey: STRING,
  },
  SUBSCRIBE: { match: STRING, get_retained: BOOLEAN, nkey: STRING },
  UNSUBSCRIBED: REVOCATION,
  EVENT: {
    ...PASSTHRU,
    topic: STRING,
    publisher: ID,
    publisher_authid: STRING,
    publisher_authrole: STRING,
    trustlevel: INTEGER,
    retained: BOOLEAN,
    x_acknowledged_delivery: BOOLEAN,
  },
  CALL: {
    ...PASSTHRU,
    timeout: NATURAL,
    receive_progress: BOOLEAN,
    progress: BOOLEAN,
    disclose_me: BOOLEAN,
    runmode: STRING,
    rkey: STRING,
  },
  CANCEL: { mode: MODE },
  RESULT: { ...PASSTHRU, progress: BOOLEAN },
  REGISTER: { match: STRING, invoke: STRING, disclose_caller: BOOLEAN, forward_timeout: BOOLEAN },
  UNREGISTERED: REVOCATION,
  INVOCATION: {
    ...PASSTHRU,
    procedure: STRING,
    caller: ID,
    caller_authid: STRING,
    caller_authrole: STRING,
    trustlevel: INTEGER,
    timeout: NATURAL,
    receive_progress: BOOLEAN,
    progress: BOOLEAN,
  },
  INTERRUPT: { mode: MODE, reason: STRING },
  YIELD: { ...PASSTHRU, progress: BOOLEAN },
};

describe.each(serializers)("$id", (serializer) => {
  describe.each(Object.entries(KEYS) as [MessageType, Record<string, Kind>][])("%s", (type, keys) => {
    const field = Object.keys(FIELDS[type][1]).find((name) => name === "options" || name === "details") as string;
    const index = Object.keys(FIELDS[type][1]).indexOf(field) + 1;
    const bytesWith = (dict: object) => listBytes(serializer, listOf(type).with(index, dict));

    test.each(Object.entries(keys))("fact 7: the type of %s is checked", (key, { good, wrong }) => {
      for (const value of good) {
        expect(plain(serializer.decode(bytesWith({ [key]: value })))[field]).toEqual({ [key]: value });
      }
      for (const value of wrong) {
        const fault = violationOf(serializer, bytesWith({ [key]: value }));
        expect(fault, JSON.stringify(value)).toContain(`${type}.${field}.${key}`);
      }
    });

    test("fact 7: unknown keys are ignored, and stay for whoever knows them", () => {
      const dict = { _custom: [1], x_other: 1, forward_for: "x", constructor: 1, toString: null };
      expect(plain(serializer.decode(bytesWith(dict)))[field]).toEqual(dict);
    });
  });

  test("fact 7: `acknowledge: 1` is refused", () => {
    expect(violationOf(serializer, listBytes(serializer, [16, 1, { acknowledge: 1 }, "a.b"]))).toBe(
      "PUBLISH.options.acknowledge: expected true or false, got an integer",
    );
  });

  test("`_idempotent` of CALL, which is ours, is true or means nothing", () => {
    const call = (value: unknown) =>
      plain(serializer.decode(listBytes(serializer, [48, 1, { _idempotent: value }, "a.b"]))).options;
    expect([true, false, 1, "x"].map(call)).toEqual(
      [true, false, false, false].map((value) => ({ _idempotent: value })),
    );
  });

  test("`_traceparent` and `_tracestate` of CALL and PUBLISH, which are ours, may be anything", () => {
    const dict = { _traceparent: 7, _tracestate: [{ a: true }] };
    for (const tag of [16, 48]) {
      expect(plain(serializer.decode(listBytes(serializer, [tag, 1, dict, "a.b"]))).options).toEqual(dict);
    }
  });

  test("a role that is no dictionary is named with its path", () => {
    const hello = listBytes(serializer, [1, "realm1", { roles: { caller: { features: [] } } }]);
    expect(violationOf(serializer, hello)).toBe(
      "HELLO.details.roles.caller.features: expected a dictionary, got a list",
    );
  });
});

test("compact leaves out what is undefined, and nothing else", () => {
  const options = compact<{ a?: number; b?: boolean; c?: null; d?: string }>({ a: 0, b: false, c: null, d: undefined });
  expect(options).toStrictEqual({ a: 0, b: false, c: null });
});
