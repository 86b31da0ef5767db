import { expect, test } from "vitest";
import type { Frame } from "../../src/cluster/frames/frame.js";
import { IGNORABLE } from "../../src/cluster/frames/layout.js";
import { type FrameFault, readFrames } from "../../src/cluster/frames/read.js";
import { FrameWriter, writeFrame } from "../../src/cluster/frames/write.js";
import { Payload, type PayloadFormat } from "../../src/wire/payload.js";
import { encodedAs, receivedPayload } from "../../src/wire/payload-bytes.js";
import { cbor } from "../../src/wire/serializers/cbor.js";
import { msgpack } from "../../src/wire/serializers/msgpack.js";

const payload = Payload.of([1, "zwei"], { three: [3] });
const ofCall = { realm: 7, callee: 2 ** 53, request: 1 };
const who = { id: 5, authid: "ada", authrole: "user", authmethod: "ticket", authprovider: "static" };

const FRAMES: readonly Frame[] = [
  { type: "CALL", ...ofCall, registration: 9, details: { procedure: "com.ä", progress: true }, payload },
  { type: "RESULT", ...ofCall, details: {}, payload },
  { type: "ERROR", ...ofCall, error: "com.example.ünlucky", details: { ppt_scheme: "x_a" }, payload: Payload.EMPTY },
  { type: "RETURNED", ...ofCall, why: "denied" },
  { type: "CANCEL", ...ofCall, mode: "killnowait" },
  { type: "EVENT", realm: 0, publication: 3, topic: "com.example", details: { options: { exclude: [1] } }, payload },
  { type: "TESTAMENT", realm: 0, session: 3, number: 1, scope: "destroyed", topic: "com.b", details: {}, payload },
  { type: "STATE", realm: 65_535, details: { kind: "session", ...who, transport: "memory", features: [] } },
  { type: "SNAPSHOT" },
  { type: "PING", number: 1, revision: 0 },
  { type: "PONG", number: 2 ** 40 },
  { type: "ASK", realm: 1, number: 4, about: "holds", details: { key: "k" } },
  { type: "ANSWER", realm: 1, number: 4, details: { answer: [true] } },
  { type: "KILL", realm: 1, session: 8, reason: "wamp.close.killed", details: { message: "go" } },
  { type: "END_ALL", realm: 1, except: 8, reason: "wamp.close.killed", details: { silent: true } },
  { type: "CHOKE", realm: 1, callee: 8, side: "callers", isChoked: true },
];

function read(bytes: Uint8Array): { readonly frames: readonly Frame[]; readonly faults: readonly string[] } {
  const faults: string[] = [];
  const frames = [...readFrames(bytes, ({ message }: FrameFault) => void faults.push(message))];
  return { frames, faults };
}

/** A frame whose payload can be compared. */
function plain(frame: Frame): object {
  return "payload" in frame ? { ...frame, payload: { args: frame.payload.args, kwargs: frame.payload.kwargs } } : frame;
}

test("every frame is read as it was written, also behind others", () => {
  const writer = new FrameWriter();
  for (const frame of FRAMES) writer.add(frame);
  const { frames, faults } = read(writer.take());
  expect(faults).toEqual([]);
  expect(frames.map(plain)).toEqual(FRAMES.map(plain));
  expect(writer.length).toBe(0);
});

test.each(FRAMES)("a frame $type that is cut at any byte is a fault that names it", (frame) => {
  const bytes = writeFrame(frame);
  for (let length = 1; length < bytes.length; length++) {
    const cut = bytes.slice(0, length);
    const outside = read(cut);
    expect(outside.frames).toEqual([]);
    expect(outside.faults).toEqual([expect.stringMatching(length < 6 ? /its head is truncated/ : frame.type)]);
    if (length < 6) continue;
    new DataView(cut.buffer).setUint32(0, length - 4); // so that its length says nothing of it
    for (const fault of read(cut).faults) expect(fault).toContain(frame.type);
  }
});

test.each(FRAMES.filter((frame) => !("payload" in frame)))("a frame $type with more behind it is a fault", (frame) => {
  const bytes = new Uint8Array([...writeFrame(frame), 0]);
  new DataView(bytes.buffer).setUint32(0, bytes.length - 4);
  expect(read(bytes).faults).toEqual([`frame ${frame.type}: 1 bytes are left after its fields`]);
});

test("an unknown frame that may be ignored is left out, another one is a fault, and those behind both are read", () => {
  const [first, last] = [writeFrame({ type: "PONG", number: 1 }), writeFrame({ type: "PONG", number: 2 })];
  const unknown = (code: number) => {
    const bytes = writeFrame({ type: "PONG", number: 3 });
    bytes[4] = code;
    return bytes;
  };
  const { frames, faults } = read(new Uint8Array([...first, ...unknown(99 | IGNORABLE), ...unknown(99), ...last]));
  expect(frames).toEqual([
    { type: "PONG", number: 1 },
    { type: "PONG", number: 2 },
  ]);
  expect(faults).toEqual([
    "frame of type 99: the type is unknown, and may not be ignored: this node is too old for its cluster",
  ]);
});

test.each([
  ["RETURNED", { type: "RETURNED", ...ofCall, why: "gone" }, -1, 9, "why: 9 is not one of gone, denied, full"],
  ["PONG", { type: "PONG", number: 1 }, -8, 0xff, "number: "],
  ["STATE", { type: "STATE", realm: 1, details: { kind: "refresh" } }, -1, 0x41, "details: "],
  ["RESULT", { type: "RESULT", ...ofCall, details: {}, payload }, 5, 0x0c, "payload: "],
] as const)("a frame %s with a value that it cannot have is a fault that names the field", (type, frame, at, byte, words) => {
  const bytes = writeFrame(frame);
  bytes[at < 0 ? bytes.length + at : at] = byte;
  const { frames, faults } = read(bytes);
  expect(frames).toEqual([]);
  expect(faults).toEqual([expect.stringContaining(`frame ${type}: ${words}`)]);
});

test("a payload travels as the bytes that it came as, and is never decoded", () => {
  for (const real of [msgpack(), cbor()]) {
    const format: PayloadFormat = {
      id: real.id,
      decodePayload: () => expect.unreachable("it was decoded"),
      encodePayload: () => expect.unreachable("it was encoded"),
    };
    const encoded = real.encodePayload({ args: [1, 2], kwargs: {} });
    const sent = receivedPayload(format, encoded);
    const { frames } = read(writeFrame({ type: "RESULT", ...ofCall, details: {}, payload: sent }));
    const [got] = frames as [Extract<Frame, { type: "RESULT" }>];
    expect(got.payload.format?.id).toBe(real.id);
    expect(encodedAs(got.payload, real)).toEqual({ bytes: new Uint8Array(encoded.bytes), elements: encoded.elements });
    expect(got.payload.args).toEqual([1, 2]);
  }
});

test("values that JSON does not have travel all the same", () => {
  const odd = Payload.of([Number.NaN, 2n ** 60n, Uint8Array.of(1)]);
  const { frames } = read(writeFrame({ type: "RESULT", ...ofCall, details: {}, payload: odd }));
  expect(plain(frames[0] as Frame)).toMatchObject({ payload: { args: [Number.NaN, 2n ** 60n, Uint8Array.of(1)] } });
});

test("a frame that cannot be written leaves those before it as they are", () => {
  const writer = new FrameWriter();
  writer.add({ type: "PONG", number: 1 });
  const details = { answer: 1n };
  expect(() => writer.add({ type: "ANSWER", realm: 0, number: 1, details })).toThrow(TypeError);
  const unsendable = Payload.of([() => {}]);
  expect(() => writer.add({ type: "RESULT", ...ofCall, details: {}, payload: unsendable })).toThrow(TypeError);
  expect(read(writer.take())).toEqual({ frames: [{ type: "PONG", number: 1 }], faults: [] });
});
