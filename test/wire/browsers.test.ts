import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Serializer } from "../../src/wire/serializer.js";
import { call, plain, serializers, toHex } from "./support.js";

const VALUES = [
  "höhe 日本 😀",
  "\ufeffBOM",
  "x".repeat(200_000),
  new Uint8Array([0, 255]),
  [1, -0, 2 ** 40, 2n ** 60n],
  { a: null },
];

describe("without Node's Buffer, as in browsers", () => {
  let bare: readonly Serializer[] = [];

  beforeAll(async () => {
    vi.stubGlobal("Buffer", undefined);
    vi.resetModules();
    const { json } = await import("../../src/wire/serializers/json.js");
    const { msgpack } = await import("../../src/msgpack.js");
    const { cbor } = await import("../../src/cbor.js");
    bare = [json(), msgpack(), cbor()];
    vi.unstubAllGlobals();
  });
  afterAll(() => vi.resetModules());

  test.each([0, 1, 2])("serializer %d writes the same bytes and reads the same values", (index) => {
    const serializer = bare[index] as Serializer;
    const withBuffer = serializers[index] as Serializer;
    const message = call([VALUES], { key: "\ufeffü" });
    const bytes = serializer.encode(message, () => 3).subarray(3);
    expect(toHex(bytes)).toBe(toHex(withBuffer.encode(message)));
    expect(plain(serializer.decode(bytes))).toEqual(plain(withBuffer.decode(bytes)));
  });
});
