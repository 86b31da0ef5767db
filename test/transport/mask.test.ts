import { expect, test } from "vitest";
import { applyMask } from "../../src/transport/websocket/frame.js";
import { createRandom } from "../support/mutate.js";

const LENGTHS = [...Array(70).keys(), 127, 128, 129, 253, 254, 255, 256, 257, 258, 259, 260, 1_000];

test("bytes of any length and place become what one XOR after the other makes of them, and ASCII is told from the rest", () => {
  const random = createRandom(5);
  for (const length of LENGTHS) {
    for (let place = 4; place < 8; place++) {
      for (const odd of [-1, 0, length >> 1, length - 1]) {
        const text = Uint8Array.from({ length }, (_, index) => (index === odd ? 0x80 : Math.floor(random() * 0x80)));
        const bytes = Uint8Array.from({ length: place + length + 4 }, () => Math.floor(random() * 256));
        const before = bytes.slice();
        const masked = text.map((byte, index) => byte ^ (bytes[place - 4 + (index & 3)] as number));
        bytes.set(masked, place);
        const isAscii = applyMask(bytes, place, place + length);
        before.set(text, place);
        expect(bytes).toEqual(before);
        if (odd >= 0 && length > 0) expect(isAscii).toBe(false);
        else if (length < 256) expect(isAscii).toBe(true);
      }
    }
  }
});

test.each([4_095, 4_096, 4_097, 4_111, 65_535, 65_536, 65_537, 131_079])("so do %i bytes", (length) => {
  const random = createRandom(length);
  for (let place = 4; place < 9; place++) {
    const bytes = Uint8Array.from({ length: place + length + 20 }, () => Math.floor(random() * 256));
    const expected = bytes.slice();
    for (let index = 0; index < length; index++)
      expected[place + index] = (bytes[place + index] as number) ^ (bytes[place - 4 + (index & 3)] as number);
    expect(applyMask(bytes, place, place + length)).toBe(false);
    expect(Buffer.compare(bytes, expected)).toBe(0);
  }
});
