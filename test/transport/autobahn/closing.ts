/** Section 7: how a connection is closed. */
import { type Case, CLOSE, CONTINUATION, closeFrame, frame, PING, type Reply, TEXT } from "./case.js";

const VALID_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const INVALID_CODES = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
const UNDEFINED_CODES = [5000, 65_535];

const TEXT_MESSAGE = frame(TEXT, "Hello World!");
const NORMAL = closeFrame(1000);
const NOT_UTF8 = Buffer.from("cebae1bdb9cf83cebcceb5eda080656469746564", "hex");

/** A close that the steps send, and the codes that the server may answer with. */
function closes(
  number: string,
  what: string,
  steps: readonly Uint8Array[],
  codes: readonly number[] = [1000],
  replies: readonly Reply[] = [],
): Case {
  return { number, what, steps: [Buffer.concat(steps)], replies, close: { by: "steps", codes } };
}

/**
 * The suite lets a server drop the connection without a close frame where the client's close frame is not legal; ours
 * always answers with a code. An empty close frame has no code to repeat: the answer is empty too, 1005 here.
 */
export const CLOSING: readonly Case[] = [
  closes("7.1.1", "a message, then close", [TEXT_MESSAGE, NORMAL], [1000], [["message", "Hello World!"]]),
  closes("7.1.2", "two close frames", [NORMAL, frame(CLOSE)]),
  closes("7.1.3", "a ping behind close is not answered", [NORMAL, frame(PING)]),
  closes("7.1.4", "a message behind close is ignored", [NORMAL, TEXT_MESSAGE]),
  closes("7.1.5", "close between two fragments", [
    frame(TEXT, "fragment1", { fin: false }),
    NORMAL,
    frame(CONTINUATION, "fragment2"),
  ]),
  {
    ...closes(
      "7.1.6",
      "256 KiB, a message, close and a ping",
      [frame(TEXT, "BAsd7&jh23".repeat(26_215).slice(0, 262_144)), TEXT_MESSAGE, NORMAL, frame(PING)],
      [1000],
      [
        ["message", "BAsd7&jh23".repeat(26_215).slice(0, 262_144)],
        ["message", "Hello World!"],
      ],
    ),
    verdict: "INFORMATIONAL",
  },
  closes("7.3.1", "close without a code", [frame(CLOSE)], [1005]),
  closes("7.3.2", "close with a payload of one byte", [frame(CLOSE, "a")], [1002]),
  closes("7.3.3", "close with a code", [NORMAL]),
  closes("7.3.4", "close with a code and a reason", [closeFrame(1000, "Hello World!")]),
  closes("7.3.5", "close with a reason of 123 bytes, the longest", [closeFrame(1000, "*".repeat(123))]),
  closes("7.3.6", "close with a reason of 124 bytes, one too many", [closeFrame(1000, "*".repeat(124))], [1002]),
  closes("7.5.1", "close with a reason that is not UTF-8", [closeFrame(1000, NOT_UTF8)], [1002, 1007]),
  ...VALID_CODES.map((code, index) =>
    closes(`7.7.${index + 1}`, `close with the valid code ${code}`, [closeFrame(code)], [1000, code]),
  ),
  ...INVALID_CODES.map((code, index) =>
    closes(`7.9.${index + 1}`, `close with the invalid code ${code}`, [closeFrame(code)], [1002]),
  ),
  ...UNDEFINED_CODES.map(
    (code, index): Case => ({
      ...closes(
        `7.13.${index + 1}`,
        `close with the code ${code}, which no standard defines`,
        [closeFrame(code)],
        [1002],
      ),
      verdict: "INFORMATIONAL",
    }),
  ),
];
