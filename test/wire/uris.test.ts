import { describe, expect, test } from "vitest";
import * as uris from "../../src/wire/uris.js";

/** Every URI that the specification predefines: Basic Profile, "URIs", and Advanced Profile, "URIs". */
const SPECIFIED = [
  "wamp.close.close_realm",
  "wamp.close.goodbye_and_out",
  "wamp.close.killed",
  "wamp.close.system_shutdown",
  "wamp.error.authentication_denied",
  "wamp.error.authentication_failed",
  "wamp.error.authentication_required",
  "wamp.error.authorization_denied",
  "wamp.error.authorization_failed",
  "wamp.error.authorization_required",
  "wamp.error.canceled",
  "wamp.error.feature_not_supported",
  "wamp.error.invalid_argument",
  "wamp.error.invalid_uri",
  "wamp.error.network_failure",
  "wamp.error.no_available_callee",
  "wamp.error.no_matching_auth_method",
  "wamp.error.no_such_principal",
  "wamp.error.no_such_procedure",
  "wamp.error.no_such_realm",
  "wamp.error.no_such_registration",
  "wamp.error.no_such_role",
  "wamp.error.no_such_session",
  "wamp.error.no_such_subscription",
  "wamp.error.not_authorized",
  "wamp.error.option_disallowed.disclose_me",
  "wamp.error.option_not_allowed",
  "wamp.error.payload_size_exceeded",
  "wamp.error.procedure_already_exists",
  "wamp.error.protocol_violation",
  "wamp.error.timeout",
  "wamp.error.unavailable",
];
const IN_USE_THOUGH_UNSPECIFIED = ["wamp.error.runtime_error"];

test("the constants are the specification's URIs, each once", () => {
  const constants = Object.values<unknown>(uris).filter((value) => typeof value === "string");
  const ofWamp = constants.filter((uri) => uri.startsWith("wamp."));
  expect(ofWamp.toSorted()).toEqual([...SPECIFIED, ...IN_USE_THOUGH_UNSPECIFIED].toSorted());
  expect(constants.every((uri) => uris.isUri(uri, "exact", true))).toBe(true);
});

describe("fact 17", () => {
  // text, then whether it is valid as: loose exact, prefix, wildcard; strict exact, prefix, wildcard
  const table: [text: string, ...expected: boolean[]][] = [
    ["com.myapp.topic1", true, true, true, true, true, true],
    ["com", true, true, true, true, true, true],
    ["0_9.a", true, true, true, true, true, true],
    ["", false, true, true, false, true, true],
    ["com.", false, true, true, false, true, true],
    ["com.my", true, true, true, true, true, true],
    [".", false, false, true, false, false, true],
    ["..", false, false, true, false, false, true],
    [".com", false, false, true, false, false, true],
    ["com..topic", false, false, true, false, false, true],
    ["com.myapp..create.", false, false, true, false, false, true],
    ["com.MyApp", true, true, true, false, false, false],
    ["com.my-app", true, true, true, false, false, false],
    ["com.höhe", true, true, true, false, false, false],
    ["com.my app", false, false, false, false, false, false],
    ["com.my\tapp", false, false, false, false, false, false],
    ["com.myapp\n", false, false, false, false, false, false],
    ["com.#", false, false, false, false, false, false],
    ["com.a#b", false, false, false, false, false, false],
    ["com.\u00a0", false, false, false, false, false, false],
  ];
  test.each(table)("%j", (text: string, ...expected: boolean[]) => {
    const found = [false, true].flatMap((strict) =>
      (["exact", "prefix", "wildcard"] as const).map((match) => uris.isUri(text, match, strict)),
    );
    expect(found).toEqual(expected);
  });
});

test("a URI of millions of components is judged, whatever it holds", () => {
  const long = "a.".repeat(5_000_000);
  for (const strict of [false, true]) {
    expect(uris.isUri(`${long}a`, "exact", strict)).toBe(true);
    expect(uris.isUri(long, "prefix", strict)).toBe(true);
    expect(uris.isUri(".".repeat(5_000_000), "wildcard", strict)).toBe(true);
    expect(uris.isUri("a".repeat(5_000_000), "exact", strict)).toBe(true);
    for (const match of ["exact", "prefix", "wildcard"] as const) {
      expect(uris.isUri(`${long}#`, match, strict)).toBe(false);
    }
    expect(uris.isUri(`${".".repeat(5_000_000)}#`, "wildcard", strict)).toBe(false);
  }
});

test.each([
  "\0",
  "\u0001",
  "\u001f",
  "\u007f",
  "\u009f",
  "\ud800",
  "\udfff",
  "\udc00\ud800",
])("a URI that holds the control character or lone surrogate %j is none", (character) => {
  for (const match of ["exact", "prefix", "wildcard"] as const) {
    expect(uris.isUri(`com.a${character}b.c`, match)).toBe(false);
  }
  expect(uris.isUri("com.\u{1f600}.c")).toBe(true); // a whole pair
});

test("fact 18: only `wamp` as the first component is reserved", () => {
  expect(["wamp", "wamp.", "wamp.session.on_join"].map(uris.isReserved)).toEqual([true, true, true]);
  expect(["wampfoo.x", "com.wamp.x", "", "WAMP.x"].map(uris.isReserved)).toEqual([false, false, false, false]);
});
