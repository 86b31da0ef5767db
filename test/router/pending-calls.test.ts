import { expect, test } from "vitest";
import { keptCall, type PendingCall, PendingCalls } from "../../src/router/pending-calls.js";
import type { RealmSession } from "../../src/router/realm-session.js";
import type { Call } from "../../src/wire/messages.js";
import { encodedAs } from "../../src/wire/payload-bytes.js";
import { json } from "../../src/wire/serializers/json.js";

const JSON_ = json();
const MiB = 1024 * 1024;

/** A CALL as it is received, in a network buffer that may be larger. */
function received(text: string, { before = 0, options = {} } = {}): Call {
  const bytes = new TextEncoder().encode(JSON.stringify([48, 1, options, "com.example.work", [text]]));
  const buffer = new Uint8Array(before + bytes.length);
  buffer.set(bytes, before);
  return JSON_.decode(buffer.subarray(before)) as Call;
}

const bufferOf = ({ payload }: Call) => encodedAs(payload, JSON_).bytes.buffer.byteLength;

test("a kept call has none of the keys that mean nothing", () => {
  const options = { timeout: 5, disclose_me: true, ppt_scheme: "x_a", rkey: "key", _junk: "x".repeat(1_000) };
  expect(keptCall(received("a", { options })).options).toEqual({ timeout: 5, disclose_me: true, ppt_scheme: "x_a" });
});

test("a small payload does not keep a network buffer, a large one is not copied", () => {
  expect(bufferOf(keptCall(received("a", { before: 60_000 })))).toBe(5);
  const large = received("x".repeat(60_000), { before: 100 });
  const bytesOf = ({ payload }: Call) => encodedAs(payload, JSON_).bytes;
  expect(bytesOf(keptCall(large)).buffer).toBe(bytesOf(large).buffer);
});

test("a session's calls keep at most 16 MiB for re-routing, and a call that is over makes room", () => {
  const caller = {} as RealmSession;
  const callee = { session: {} as RealmSession, discloseCaller: false, forwardTimeout: false };
  const calls = new PendingCalls();
  const message = keptCall(received("x".repeat(6 * MiB)));
  const add = (call: number) => {
    const discloser = {} as never;
    const reroute = { message, discloser, refused: undefined };
    const pending = { caller, call, callee, invocation: call, reroute, stopTimer() {} } as unknown as PendingCall;
    calls.add(pending);
    return pending;
  };
  const [first, second, third] = [add(1), add(2), add(3)];
  expect([first, second, third].map(({ reroute }) => reroute?.message)).toEqual([message, message, undefined]);
  calls.remove(third);
  expect(add(4).reroute).toBeUndefined();
  calls.remove(first);
  expect(add(5).reroute).toBeDefined();
  calls.forgetMessage(second);
  expect(add(6).reroute).toBeDefined();
});
