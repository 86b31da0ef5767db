/** Sections 1 to 5: framing, pings and pongs, reserved bits, opcodes, fragmentation. */
import {
  BINARY,
  type Case,
  CLEAN,
  CLOSE,
  CONTINUATION,
  chopped,
  frame,
  PING,
  PONG,
  PROTOCOL_ERROR,
  type Reply,
  type Step,
  TEXT,
} from "./case.js";

const LENGTHS = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536];
const HELLO = "Hello, world!";
const BYTES = "\x00\xff\xfe\xfd\xfc\xfb\x00\xff";
const ECHO: Reply = ["message", HELLO];

export const FRAMING: readonly Case[] = [
  ...LENGTHS.map((length, index) => whole(`1.1.${index + 1}`, length, { opcode: TEXT, fill: "*" })),
  ...LENGTHS.map((length, index) => whole(`1.2.${index + 1}`, length, { opcode: BINARY, fill: "\xfe" })),
];

/** The last case of each group comes in pieces of 997 bytes. */
function whole(
  number: string,
  length: number,
  { opcode, fill }: { readonly opcode: number; readonly fill: string },
): Case {
  const payload = fill.repeat(length);
  const bytes = frame(opcode, payload);
  const inPieces = number.endsWith(".8");
  return {
    number,
    what: `a ${opcode === TEXT ? "text" : "binary"} message of ${length} bytes${inPieces ? " in pieces of 997" : ""}`,
    steps: inPieces ? chopped(bytes, 997) : [bytes],
    replies: [["message", payload]],
    binary: opcode === BINARY,
    close: CLEAN,
  };
}

const PINGS = Array.from({ length: 10 }, (_, index) => `payload-${index}`);
const TEN_PINGS = Buffer.concat(PINGS.map((payload) => frame(PING, payload)));
const TEN_PONGS = PINGS.map((payload): Reply => ["pong", payload]);
const LONGEST_PING = "\xfe".repeat(125);
const UNSOLICITED = frame(PONG, "unsolicited pong payload");

export const PINGS_AND_PONGS: readonly Case[] = [
  { number: "2.1", what: "an empty ping", steps: [frame(PING)], replies: [["pong", ""]], close: CLEAN },
  { number: "2.2", what: "a ping of text", steps: [frame(PING, HELLO)], replies: [["pong", HELLO]], close: CLEAN },
  { number: "2.3", what: "a ping of bytes", steps: [frame(PING, BYTES)], replies: [["pong", BYTES]], close: CLEAN },
  {
    number: "2.4",
    what: "a ping of 125 bytes, the longest",
    steps: [frame(PING, LONGEST_PING)],
    replies: [["pong", LONGEST_PING]],
    close: CLEAN,
  },
  {
    number: "2.5",
    what: "a ping of 126 bytes, one too many",
    steps: [frame(PING, "\xfe".repeat(126))],
    replies: [],
    close: PROTOCOL_ERROR,
  },
  {
    number: "2.6",
    what: "a ping of 125 bytes, byte by byte",
    steps: chopped(frame(PING, LONGEST_PING), 1),
    replies: [["pong", LONGEST_PING]],
    close: CLEAN,
  },
  { number: "2.7", what: "an unsolicited empty pong", steps: [frame(PONG)], replies: [], close: CLEAN },
  { number: "2.8", what: "an unsolicited pong", steps: [UNSOLICITED], replies: [], close: CLEAN },
  {
    number: "2.9",
    what: "an unsolicited pong, then a ping",
    steps: [UNSOLICITED, frame(PING, "ping payload")],
    replies: [["pong", "ping payload"]],
    close: CLEAN,
  },
  { number: "2.10", what: "ten pings", steps: [TEN_PINGS], replies: TEN_PONGS, close: CLEAN },
  { number: "2.11", what: "ten pings, byte by byte", steps: chopped(TEN_PINGS, 1), replies: TEN_PONGS, close: CLEAN },
];

export const RESERVED_BITS: readonly Case[] = [
  { number: "3.1", what: "RSV 1 on text", steps: [frame(TEXT, HELLO, { rsv: 1 })], replies: [], close: PROTOCOL_ERROR },
  afterEcho("3.2", "RSV 2 behind a message", frame(TEXT, HELLO, { rsv: 2 }), "together"),
  afterEcho("3.3", "RSV 3 behind a message, frame by frame", frame(TEXT, HELLO, { rsv: 3 }), "frame by frame"),
  afterEcho("3.4", "RSV 4 behind a message, byte by byte", frame(TEXT, HELLO, { rsv: 4 }), "byte by byte"),
  {
    number: "3.5",
    what: "RSV 5 on binary",
    steps: [frame(BINARY, BYTES, { rsv: 5 })],
    replies: [],
    binary: true,
    close: PROTOCOL_ERROR,
  },
  {
    number: "3.6",
    what: "RSV 6 on a ping",
    steps: [frame(PING, HELLO, { rsv: 6 })],
    replies: [],
    close: PROTOCOL_ERROR,
  },
  { number: "3.7", what: "RSV 7 on close", steps: [frame(CLOSE, "", { rsv: 7 })], replies: [], close: PROTOCOL_ERROR },
];

export const OPCODES: readonly Case[] = [
  ...reservedOpcodes("4.1", [3, 4, 5, 6, 7]),
  ...reservedOpcodes("4.2", [11, 12, 13, 14, 15]),
];

/** In each group: alone, alone with a payload, and three times behind a message that must still be echoed. */
function reservedOpcodes(group: string, opcodes: readonly number[]): Case[] {
  return opcodes.map((opcode, index) => {
    const number = `${group}.${index + 1}`;
    const hasPayload = index === 1 || index === 3;
    const what = `the reserved opcode ${opcode}${hasPayload ? " with a payload" : ""}`;
    const reserved = frame(opcode, hasPayload ? "reserved opcode payload" : "");
    if (index < 2) return { number, what, steps: [reserved], replies: [], close: PROTOCOL_ERROR };
    return afterEcho(number, `${what} behind a message`, reserved, index === 4 ? "byte by byte" : "together");
  });
}

/** A message, a frame that is not legal, and a ping: the echo comes, the pong does not. */
function afterEcho(
  number: string,
  what: string,
  illegal: Buffer,
  how: "together" | "frame by frame" | "byte by byte",
): Case {
  const frames = [frame(TEXT, HELLO), illegal, frame(PING)];
  const all = Buffer.concat(frames);
  const steps = how === "together" ? [all] : how === "frame by frame" ? frames : chopped(all, 1);
  return { number, what, steps, replies: [ECHO], close: PROTOCOL_ERROR };
}

const [FIRST, LAST] = ["fragment1", "fragment2"] as const;
const WHOLE: Reply = ["message", FIRST + LAST];
const first = frame(TEXT, FIRST, { fin: false });
const last = frame(CONTINUATION, LAST);
const ping = frame(PING, "ping payload");
const PING_THEN_WHOLE: readonly Reply[] = [["pong", "ping payload"], WHOLE];

const nothingToContinue = (fin: boolean) => [frame(CONTINUATION, "no continuation", { fin }), frame(TEXT, HELLO)];
const repeated = (fin: boolean) => {
  const round = [
    frame(CONTINUATION, "fragment1", { fin }),
    frame(TEXT, "fragment2", { fin: false }),
    frame(CONTINUATION, "fragment3"),
  ];
  return [Buffer.concat([...round, ...round])];
};
const fails = (number: string, what: string, steps: readonly Step[]): Case => ({
  number,
  what,
  steps,
  replies: [],
  close: PROTOCOL_ERROR,
});
const passes = (number: string, what: string, steps: readonly Step[], replies: readonly Reply[] = [WHOLE]): Case => ({
  number,
  what,
  steps,
  replies,
  close: CLEAN,
});

const FIVE = ["fragment1", "fragment2", "fragment3", "fragment4", "fragment5"] as const;
const middle = (index: number) => frame(CONTINUATION, FIVE[index], { fin: index === 4 });
const FIVE_STEPS = [
  [frame(TEXT, FIVE[0], { fin: false }), middle(1), frame(PING, "pongme 1!")],
  [middle(2), middle(3), frame(PING, "pongme 2!"), middle(4)],
] as const;
const FIVE_REPLIES: readonly Reply[] = [
  ["pong", "pongme 1!"],
  ["pong", "pongme 2!"],
  ["message", FIVE.join("")],
];

export const FRAGMENTATION: readonly Case[] = [
  fails("5.1", "a ping in two frames", [frame(PING, FIRST, { fin: false }), last]),
  fails("5.2", "a pong in two frames", [frame(PONG, FIRST, { fin: false }), last]),
  passes("5.3", "a text in two frames", [Buffer.concat([first, last])]),
  passes("5.4", "a text in two frames, frame by frame", [first, last]),
  passes("5.5", "a text in two frames, byte by byte", chopped(Buffer.concat([first, last]), 1)),
  passes("5.6", "a ping between two frames", [Buffer.concat([first, ping, last])], PING_THEN_WHOLE),
  passes("5.7", "a ping between two frames, frame by frame", [first, ping, last], PING_THEN_WHOLE),
  passes(
    "5.8",
    "a ping between two frames, byte by byte",
    chopped(Buffer.concat([first, ping, last]), 1),
    PING_THEN_WHOLE,
  ),
  fails("5.9", "a last continuation of nothing", [Buffer.concat(nothingToContinue(true))]),
  fails("5.10", "a last continuation of nothing, frame by frame", nothingToContinue(true)),
  fails("5.11", "a last continuation of nothing, byte by byte", chopped(Buffer.concat(nothingToContinue(true)), 1)),
  fails("5.12", "a continuation of nothing", [Buffer.concat(nothingToContinue(false))]),
  fails("5.13", "a continuation of nothing, frame by frame", nothingToContinue(false)),
  fails("5.14", "a continuation of nothing, byte by byte", chopped(Buffer.concat(nothingToContinue(false)), 1)),
  {
    number: "5.15",
    what: "a message in two frames, then a continuation of nothing",
    steps: [Buffer.concat([first, last, frame(CONTINUATION, "fragment3", { fin: false }), frame(TEXT, "fragment4")])],
    replies: [WHOLE],
    close: PROTOCOL_ERROR,
  },
  fails("5.16", "twice: a continuation of nothing, then a message in two frames", repeated(false)),
  fails("5.17", "twice: a last continuation of nothing, then a message in two frames", repeated(true)),
  fails("5.18", "two text frames, the first without FIN", [Buffer.concat([first, frame(TEXT, LAST)])]),
  passes(
    "5.19",
    "five frames with two pings between them, a pause after the first ping",
    [Buffer.concat(FIVE_STEPS[0]), "pong", Buffer.concat(FIVE_STEPS[1])],
    FIVE_REPLIES,
  ),
  passes("5.20", "the same, frame by frame", [...FIVE_STEPS[0], "pong", ...FIVE_STEPS[1]], FIVE_REPLIES),
];
