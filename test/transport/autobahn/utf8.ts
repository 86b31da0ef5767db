/**
 * Section 6: text must be UTF-8. Sections 6.5 to 6.23 are sequences of Markus Kuhn's decoder test, written here as the
 * bytes in hexadecimal.
 */
import { type Case, CLEAN, CONTINUATION, fragmented, frame, NOT_UTF8, type Step, TEXT } from "./case.js";

const GREEK = bytes("cebae1bdb9cf83cebcceb5"); // κόσμε
const MIXED = Buffer.from("Hello-µ@ßöäüàá-UTF-8!!");
const BOUNDARY = Buffer.byteLength("Hello-µ@ßöä");
const SURROGATE = Buffer.concat([GREEK, bytes("eda080"), Buffer.from("edited")]);
const BEYOND = [GREEK, bytes("f4908080"), Buffer.from("edited")] as const;
const ALL_BEYOND = Buffer.concat(BEYOND);
/** The same, cut right behind the byte that can no longer become a code point. */
const AT_THE_FAULT = [ALL_BEYOND.subarray(0, 12), ALL_BEYOND.subarray(12, 13), ALL_BEYOND.subarray(13)] as const;

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(" ", ""), "hex");
}

const valid = (number: string, what: string, steps: readonly Step[], message: Uint8Array): Case => ({
  number,
  what,
  steps,
  replies: [["message", Buffer.from(message).toString("latin1")]],
  close: CLEAN,
});
const invalid = (number: string, what: string, steps: readonly Step[]): Case => ({
  number,
  what,
  steps,
  replies: [],
  close: NOT_UTF8,
});

/**
 * A text that turns invalid in its second part. The suite's OK is a server that fails the connection then, NON-STRICT one
 * that fails it at the end of the message: RFC 6455, section 8.1, allows both. Ours checks a message once it is whole.
 */
const late = (number: string, what: string, steps: readonly Step[]): Case => ({
  ...invalid(number, what, steps),
  verdict: "NON-STRICT",
});
const inFrames = ([first, second, third]: readonly [Buffer, Buffer, Buffer]): Step[] => [
  frame(TEXT, first, { fin: false }),
  "probe",
  frame(CONTINUATION, second, { fin: false }),
  "probe",
  frame(CONTINUATION, third),
];
const inChops = (parts: readonly [Buffer, Buffer, Buffer]): Step[] => {
  const whole = frame(TEXT, ALL_BEYOND);
  const header = whole.length - ALL_BEYOND.length;
  const [a, b] = [header + parts[0].length, header + parts[0].length + parts[1].length];
  return [whole.subarray(0, a), "probe elsewhere", whole.subarray(a, b), "probe elsewhere", whole.subarray(b)];
};

const MESSAGES: readonly Case[] = [
  valid("6.1.1", "an empty string", [frame(TEXT)], Buffer.alloc(0)),
  valid(
    "6.1.2",
    "an empty string in three frames",
    [Buffer.concat([frame(TEXT, "", { fin: false }), frame(CONTINUATION, "", { fin: false }), frame(CONTINUATION)])],
    Buffer.alloc(0),
  ),
  valid(
    "6.1.3",
    "a text between two empty frames",
    [
      Buffer.concat([
        frame(TEXT, "", { fin: false }),
        frame(CONTINUATION, "middle frame payload", { fin: false }),
        frame(CONTINUATION),
      ]),
    ],
    Buffer.from("middle frame payload"),
  ),
  valid("6.2.1", "a valid text", [frame(TEXT, MIXED)], MIXED),
  valid(
    "6.2.2",
    "a valid text cut between two code points",
    [frame(TEXT, MIXED.subarray(0, BOUNDARY), { fin: false }), frame(CONTINUATION, MIXED.subarray(BOUNDARY))],
    MIXED,
  ),
  valid("6.2.3", "a valid text in frames of one byte", [Buffer.concat(fragmented(TEXT, MIXED, 1))], MIXED),
  valid("6.2.4", "Greek in frames of one byte", [Buffer.concat(fragmented(TEXT, GREEK, 1))], GREEK),
  invalid("6.3.1", "a surrogate in a text", [frame(TEXT, SURROGATE)]),
  invalid("6.3.2", "a surrogate in a text, in frames of one byte", [Buffer.concat(fragmented(TEXT, SURROGATE, 1))]),
  late("6.4.1", "a second frame that is beyond U+10FFFF", inFrames(BEYOND)),
  late("6.4.2", "a second frame of the one byte that cannot be", inFrames(AT_THE_FAULT)),
  late("6.4.3", "the middle of a frame that is beyond U+10FFFF", inChops(BEYOND)),
  late("6.4.4", "the middle of a frame of the one byte that cannot be", inChops(AT_THE_FAULT)),
];

/** Each prefix of a text is valid where it ends between two code points. */
const PREFIXES = Array.from({ length: GREEK.length }, (_, index) => GREEK.subarray(0, index + 1));
const BOUNDARIES = new Set([2, 5, 7, 9, 11]);
/** Every lead byte of a kind, each followed by a blank; the last of a range is left out, as in the suite. */
const leads = (from: number, to: number) =>
  Buffer.from(Array.from({ length: to - from }, (_, index) => [from + index, 0x20]).flat());
const INCOMPLETE = [
  "c0",
  "e080",
  "f08080",
  "f8808080",
  "fc80808080",
  "df",
  "efbf",
  "f7bfbf",
  "fbbfbfbf",
  "fdbfbfbfbf",
].map(bytes);
const NON_CHARACTERS = [0xf0, 0xf1, 0xf2, 0xf3, 0xf4].flatMap((lead) =>
  [0x8f, 0x9f, 0xaf, 0xbf]
    .filter((second) => (lead === 0xf4 ? second === 0x8f : lead !== 0xf0 || second !== 0x8f))
    .flatMap((second) => [Buffer.of(lead, second, 0xbf, 0xbe), Buffer.of(lead, second, 0xbf, 0xbf)]),
);

const all = (validity: boolean, ...texts: readonly (string | Buffer)[]) =>
  texts.map((text) => [typeof text === "string" ? bytes(text) : text, validity] as const);

/** The groups 6.5, 6.6 and so on, in order: what they are, and each sequence with whether it is valid. */
const SEQUENCES: readonly (readonly [string, readonly (readonly [Buffer, boolean])[]])[] = [
  [
    "valid sequences",
    all(
      true,
      Buffer.from("hello$world"),
      Buffer.from("hello¢world"),
      Buffer.from("hello€world"),
      Buffer.from("hello𤭢world"),
      GREEK,
    ),
  ],
  ["a prefix of a valid text", PREFIXES.map((text) => [text, BOUNDARIES.has(text.length)])],
  ["the first sequence of its length", all(true, "00", "c280", "e0a080", "f0908080")],
  ["the first sequence of five or six bytes", all(false, "f888808080", "fc8480808080")],
  ["the last sequence of its length", all(true, "7f", "dfbf", "efbfbf", "f48fbfbf")],
  ["the last sequence of four to six bytes", all(false, "f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf")],
  ["a boundary", [...all(true, "ed9fbf", "ee8080", "efbfbd", "f48fbfbf"), ...all(false, "f4908080")]],
  [
    "continuation bytes alone",
    all(
      false,
      "80",
      "bf",
      "80bf",
      "80bf80",
      "80bf80bf",
      "80bf80bf80",
      "80bf80bf80bf",
      Buffer.from(Array.from({ length: 0x3f }, (_, index) => 0x80 + index)),
    ),
  ],
  [
    "lead bytes alone",
    all(false, leads(0xc0, 0xdf), leads(0xe0, 0xef), leads(0xf0, 0xf7), leads(0xf8, 0xfb), leads(0xfc, 0xfd)),
  ],
  ["a last continuation byte missing", all(false, ...INCOMPLETE)],
  ["all of these behind each other", all(false, Buffer.concat(INCOMPLETE))],
  ["impossible bytes", all(false, "fe", "ff", "fefeffff")],
  ["an overlong slash", all(false, "c0af", "e080af", "f08080af", "f8808080af", "fc80808080af")],
  ["the highest overlong sequence", all(false, "c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf")],
  ["an overlong NUL", all(false, "c080", "e08080", "f0808080", "f880808080", "fc8080808080")],
  ["a surrogate alone", all(false, "eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf")],
  [
    "a pair of surrogates",
    all(
      false,
      "eda080edb080",
      "eda080edbfbf",
      "edadbfedb080",
      "edadbfedbfbf",
      "edae80edb080",
      "edae80edbfbf",
      "edafbfedb080",
      "edafbfedbfbf",
    ),
  ],
  ["a code point that is no character", all(true, "efbfbe", "efbfbf", ...NON_CHARACTERS)],
  ["a special code point", all(true, "efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbe", "efbfbf")],
];

export const UTF8: readonly Case[] = [
  ...MESSAGES,
  ...SEQUENCES.flatMap(([what, texts], group) =>
    texts.map(([text, isValid], index) => {
      const number = `6.${group + 5}.${index + 1}`;
      const words = `${what}: ${text.subarray(0, 8).toString("hex")}`;
      return isValid ? valid(number, words, [frame(TEXT, text)], text) : invalid(number, words, [frame(TEXT, text)]);
    }),
  ),
];
