import type { Readable, Writable } from "node:stream";

/** The maximum length of a line; longer lines are written in pieces. */
const LONGEST_LINE = 1024 * 1024;
const LINE_END = 10;

/** Forwards one stream to another in whole lines, so that lines of several streams do not mix. Waits for slow readers. */
export function forwardLines(from: Readable, to: Writable): void {
  let rest: Buffer = Buffer.alloc(0);
  from.on("data", (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.length > LONGEST_LINE ? bytes.length : bytes.lastIndexOf(LINE_END) + 1;
    rest = bytes.subarray(end);
    if (end === 0 || to.write(bytes.subarray(0, end)) || to.destroyed) return;
    from.pause();
    to.setMaxListeners(0); // one for each worker
    to.once("drain", () => from.resume());
  });
  from.once("end", () => {
    if (rest.length > 0) to.write(Buffer.concat([rest, Buffer.of(LINE_END)]));
  });
  from.on("error", () => {}); // the process has ended
}
