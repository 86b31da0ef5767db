import { fromBase64, toBase64 } from "../../wire/bytes.js";
import { codecFor, codecOf, expecting, type OwnCodec, same, type ThinCodec } from "./codec.js";

/** A date as ISO 8601 text. */
export const isoDate: ThinCodec = /* @__PURE__ */ codecFor(
  "date",
  "string",
  (date: Date) => date.toISOString(),
  (text: string) => new Date(text),
);

/** A date without its time, as ISO 8601 text. */
export const isoDay: ThinCodec = /* @__PURE__ */ codecFor(
  "date",
  "string",
  (date: Date) => date.toISOString().slice(0, 10),
  (text: string) => new Date(text),
);

/** A date as milliseconds since 1970. */
export const epochMs: ThinCodec = /* @__PURE__ */ codecFor(
  "date",
  "number",
  (date: Date) => date.getTime(),
  (ms: number) => new Date(ms),
);

/** A date as seconds since 1970. */
export const epochSeconds: ThinCodec = /* @__PURE__ */ codecFor(
  "date",
  "number",
  (date: Date) => Math.floor(date.getTime() / 1_000),
  (seconds: number) => new Date(seconds * 1_000),
);

/** A bigint as decimal text. */
export const bigintText: ThinCodec = /* @__PURE__ */ codecFor(
  "bigint",
  "string",
  (value: bigint) => value.toString(),
  (text: string) => BigInt(text),
);

/** A bigint as a number. */
export const bigintNumber: ThinCodec = /* @__PURE__ */ codecFor(
  "bigint",
  "number",
  (value: bigint) => Number(value),
  (value: number) => BigInt(value),
);

/** A number as text. */
export const numberText: ThinCodec = /* @__PURE__ */ codecFor(
  "number",
  "string",
  (value: number) => value.toString(),
  (text: string) => Number.parseFloat(text),
);

/** A number as text that contains nothing else. */
export const exactNumberText: ThinCodec = /* @__PURE__ */ codecFor(
  "number",
  "string",
  (value: number) => value.toString(),
  Number,
);

/** A value as JSON text. */
export const jsonText: ThinCodec = /* @__PURE__ */ codecOf(
  (value: unknown) => JSON.stringify(value),
  /* @__PURE__ */ expecting("string", (text: string) => JSON.parse(text)),
);

/** Bytes as Base64 text. */
export const base64Bytes: ThinCodec = /* @__PURE__ */ codecFor(
  "Uint8Array",
  "string",
  (bytes: Uint8Array) => toBase64(bytes),
  (text: string) => {
    const bytes = fromBase64(text);
    if (bytes) return bytes;
    throw new TypeError("expected Base64");
  },
);

/** A map as a list of pairs. */
export const mapEntries: ThinCodec = /* @__PURE__ */ codecFor(
  "map",
  "array",
  (map: ReadonlyMap<unknown, unknown>) => [...map],
  (pairs: readonly (readonly [unknown, unknown])[]) => new Map(pairs),
);

/** A set as a list. */
export const setItems: ThinCodec = /* @__PURE__ */ codecFor(
  "set",
  "array",
  (set: ReadonlySet<unknown>) => [...set],
  (items: readonly unknown[]) => new Set(items),
);

/** A URL as text. */
export const urlText: ThinCodec = /* @__PURE__ */ codecFor(
  "URL",
  "string",
  (url: URL) => url.href,
  (text: string) => new URL(text),
);

/** Creates a codec from the contract's codecs file. */
export function own({ decode, encode }: OwnCodec): ThinCodec {
  return codecOf(encode, decode);
}

/** Creates a codec for changes that only the receiver makes, such as `.trim()`. */
export function onReceipt(receive: (value: never) => unknown): ThinCodec {
  return codecOf(same, receive);
}

export const trim: ThinCodec = /* @__PURE__ */ onReceipt((text: string) => text.trim());
export const lowerCase: ThinCodec = /* @__PURE__ */ onReceipt((text: string) => text.toLowerCase());
export const upperCase: ThinCodec = /* @__PURE__ */ onReceipt((text: string) => text.toUpperCase());
export const normalize: ThinCodec = /* @__PURE__ */ onReceipt((text: string) => text.normalize());
export const coercedString: ThinCodec = /* @__PURE__ */ onReceipt(String);
export const coercedNumber: ThinCodec = /* @__PURE__ */ onReceipt(Number);
export const coercedBoolean: ThinCodec = /* @__PURE__ */ onReceipt(Boolean);
