import { expressionText } from "./expression-text.js";

/** The two functions of a codec. */
export interface CodecFunctions {
  decode(wire: unknown): unknown;
  encode(value: unknown): unknown;
}

/** A value on the wire and the application's value for it. */
type Sample = readonly [wire: unknown, value: unknown];

const DATES = ["2024-02-29T12:34:56.789Z", "1969-07-20T20:17:40.001Z", "2024-01-01T00:00:00.000Z"].map(
  (text): Sample => [text, new Date(text)],
);
const NUMBERS = [0, -1.5, 1e21].map((value): Sample => [String(value), value]);
const BIGINTS = [0n, -7n, 9_007_199_254_740_991n];

/** Samples that only one of the two functions is run with. */
interface Samples {
  readonly both?: readonly Sample[];
  readonly decoded?: readonly Sample[];
  readonly encoded?: readonly Sample[];
}

/** The codecs that thin clients include, each with samples that prove that a contract's codec does the same. */
const CODECS: Readonly<Record<string, Samples>> = {
  isoDate: { both: DATES, decoded: [["2024-02-29T12:34:56+02:00", new Date("2024-02-29T10:34:56Z")]] },
  isoDay: {
    both: ["2024-02-29", "1969-07-20"].map((text) => [text, new Date(text)]),
    encoded: [["2024-02-29", new Date("2024-02-29T23:59:59.999Z")]],
  },
  epochMs: { both: DATES.map(([, date]) => [(date as Date).getTime(), date]) },
  epochSeconds: {
    both: [1_709_210_096, -14_182_940].map((seconds) => [seconds, new Date(seconds * 1_000)]),
    decoded: [[1.5, new Date(1_500)]],
    encoded: [-2, 1].map((seconds) => [seconds, new Date(seconds * 1_000 + 900)]),
  },
  bigintText: { both: [...BIGINTS, 2n ** 80n].map((value) => [String(value), value]), decoded: [["0x1F", 31n]] },
  bigintNumber: { both: BIGINTS.map((value) => [Number(value), value]) },
  numberText: {
    both: NUMBERS,
    decoded: [
      ["12px", 12],
      ["", Number.NaN],
    ],
  },
  exactNumberText: {
    both: NUMBERS,
    decoded: [
      ["12px", Number.NaN],
      ["", 0],
    ],
  },
  jsonText: {
    both: ['{"a":[1,null,"b",true]}', '"text"', "0", "null"].map((text) => [text, JSON.parse(text)]),
    decoded: [[" [ 1 ] ", [1]]],
  },
  base64Bytes: {
    both: [[], [0, 255], [251, 255, 254], [1, 2, 3, 4]].map((bytes) => {
      return [Buffer.from(bytes).toString("base64"), Uint8Array.from(bytes)];
    }),
  },
  mapEntries: {
    both: [
      [],
      [["a", 1]],
      [
        ["b", { c: 2 }],
        ["a", null],
      ],
    ].map((pairs) => [pairs, new Map(pairs as [unknown, unknown][])]),
  },
  setItems: { both: [[], ["a"], ["b", 2, "a"]].map((items) => [items, new Set(items)]) },
  urlText: {
    both: ["https://example.com/", "https://user@example.com:81/a?b=c#d"].map((text) => [text, new URL(text)]),
    decoded: [["https://EXAMPLE.com", new URL("https://example.com/")]],
  },
};

/** Texts in which functions such as `text.trim().replace(/\s+/g, " ")` or `text.trim().slice(0, 50)` differ from `text.trim()`. */
const TEXTS = [
  "",
  "  Ab c\t",
  "STRASSE İ",
  "straße",
  "e\u0301\u00a0",
  "\n9 ",
  " a  b\r\n\r\n\tc ",
  "\u{1F600}\ufb01\u212b\ud800",
  Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code)).join(""),
  `Start ${"aB1 ".repeat(5_000)}`,
];

/** The functions that `.trim()` and similar methods run. */
const OVERWRITES: Readonly<Record<string, (text: string) => string>> = {
  trim: (text) => text.trim(),
  lowerCase: (text) => text.toLowerCase(),
  upperCase: (text) => text.toUpperCase(),
  normalize: (text) => text.normalize(),
};

/** Returns the name of the codec of `wampact/thin` that does the same as the given one, as far as samples show. */
export function knownCodec({ decode, encode }: CodecFunctions): string | undefined {
  return nameOf(CODECS, ({ both = [], decoded = [], encoded = [] }) => {
    return (
      [...both, ...decoded].every(([wire, value]) => equal(decode(wire), value)) &&
      [...both, ...encoded].every(([wire, value]) => equal(encode(value), wire))
    );
  });
}

/** Returns the name of the known function that changes a text in the same way. */
export function knownOverwrite(change: (value: unknown) => unknown): string | undefined {
  return nameOf(OVERWRITES, (known) => TEXTS.every((text) => change(text) === known(text)));
}

function nameOf<T>(candidates: Readonly<Record<string, T>>, test: (candidate: T) => boolean): string | undefined {
  for (const [name, candidate] of Object.entries(candidates)) {
    try {
      if (test(candidate)) return name;
    } catch {
      // a codec of another kind of value
    }
  }
  return undefined;
}

function equal(a: unknown, b: unknown): boolean {
  const text = expressionText(a);
  return text !== undefined && text === expressionText(b);
}
