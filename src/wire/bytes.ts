import { NODE_BUFFER } from "#node-buffer";
import type { NodeBufferConstructor } from "./node-buffer.js";

/**
 * Text and byte helpers for all platforms. They use Node's `Buffer` if it exists, which is several times faster for short
 * strings, and the platform's `TextEncoder`, `TextDecoder` and `btoa` otherwise. Only expressions ask for it, so that bundles for
 * browsers lose that part.
 */
const decoder = /* @__PURE__ */ textDecoder();

/** Returns nothing on platforms without one, such as older versions of React Native. JSON does not need it. */
function textDecoder(): InstanceType<typeof TextDecoder> | undefined {
  return typeof TextDecoder === "undefined" ? undefined : new TextDecoder("utf-8", { ignoreBOM: true }); // a BOM is part of the text
}

/** Decodes UTF-8 bytes that are known to be valid. Throws `TypeError` on a platform without a decoder. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string {
  return NODE_BUFFER
    ? NODE_BUFFER.prototype.utf8Slice.call(bytes, start, end)
    : requireDecoder().decode(bytes.subarray(start, end));
}

function requireDecoder(): InstanceType<typeof TextDecoder> {
  if (decoder) return decoder;
  throw new TypeError("this platform has no TextDecoder: load a polyfill before wampact, or use json()");
}

/** Returns the length of a string in UTF-8 bytes. */
export function utf8Length(text: string): number {
  return NODE_BUFFER ? NODE_BUFFER.byteLength(text) : new TextEncoder().encode(text).length;
}

/** Writes a string as UTF-8 at an offset. Returns the number of bytes written. */
export function writeUtf8(bytes: Uint8Array, text: string, offset: number): number {
  return NODE_BUFFER
    ? NODE_BUFFER.prototype.utf8Write.call(bytes, text, offset)
    : new TextEncoder().encodeInto(text, bytes.subarray(offset)).written;
}

/** Allocates a byte array with undefined content. The caller must overwrite every byte. */
export function allocate(size: number): Uint8Array {
  return NODE_BUFFER ? NODE_BUFFER.allocUnsafe(size) : new Uint8Array(size);
}

export function toBase64(bytes: Uint8Array): string {
  return NODE_BUFFER
    ? NODE_BUFFER.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")
    : btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}

const NOT_BASE64 = /[^A-Za-z0-9+/]/; // one class, unanchored: matching keeps no stack, however long the text

/** Decodes padded Base64 in the standard alphabet. Returns `undefined` for any other text. */
export function fromBase64(text: string): Uint8Array | undefined {
  return isBase64(text) ? decodeBase64(text) : undefined;
}

const decodeBase64: (text: string) => Uint8Array = NODE_BUFFER
  ? (text) => {
      const { buffer, byteOffset, byteLength } = (NODE_BUFFER as NodeBufferConstructor).from(text, "base64");
      return new Uint8Array(buffer, byteOffset, byteLength); // a plain array
    }
  : (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));

/** Returns whether a text is padded Base64 in the standard alphabet. */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const end = text.search(NOT_BASE64);
  if (end === -1) return true;
  const padding = text.slice(end);
  return padding === "=" || padding === "==";
}

const LONE_SURROGATE = /\p{Cs}/u;
const LONE_SURROGATES = /\p{Cs}/gu;

/** Returns whether a text has no lone surrogate, so that UTF-8 can encode it. */
export function isWellFormed(text: string): boolean {
  const { isWellFormed: native } = text as { isWellFormed?(): boolean }; // Node 20 has it, browsers since 2023
  return native ? native.call(text) : !LONE_SURROGATE.test(text);
}

/** Returns the first characters of text from a peer, for an error message. Lone surrogates become U+FFFD. */
export function excerpt(text: string, most: number = 200): string {
  return text.slice(0, most).replaceAll(LONE_SURROGATES, "\ufffd");
}

/** From this length on, in bytes, the platform's check is faster than a loop. */
const LONG = 256;

interface NodeProcess {
  getBuiltinModule?(name: string): { isUtf8?(bytes: Uint8Array): boolean } | undefined;
}

function platformCheck(): ((bytes: Uint8Array) => boolean) | undefined {
  return (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.("node:buffer")?.isUtf8;
}

const platformIsUtf8 = /* @__PURE__ */ platformCheck();

/** Returns whether bytes are valid UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  if (platformIsUtf8 && end - start >= LONG) return platformIsUtf8(bytes.subarray(start, end));
  let at = start;
  while (at < end) {
    const lead = bytes[at] as number;
    if (lead < 0x80) at++;
    else {
      const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      if (lead < 0xc2 || lead > 0xf4 || at + length > end) return false;
      const second = bytes[at + 1] as number;
      if ((second & 0xc0) !== 0x80) return false;
      if (length > 2) {
        if (((bytes[at + 2] as number) & 0xc0) !== 0x80) return false;
        if (lead === 0xe0 ? second < 0xa0 : lead === 0xed && second > 0x9f) return false; // overlong, a surrogate
        if (length > 3) {
          if (((bytes[at + 3] as number) & 0xc0) !== 0x80) return false;
          if (lead === 0xf0 ? second < 0x90 : lead === 0xf4 && second > 0x8f) return false; // overlong, past U+10FFFF
        }
      }
      at += length;
    }
  }
  return true;
}
