import { expect, test } from "vitest";
import { KINDS } from "../../src/cluster/parcel.js";
import { ReliablePipe } from "../../src/cluster/reliable-pipe.js";
import { Timeline } from "../../src/cluster/simulation/timeline.js";

/** How long a message is on its way, in milliseconds. */
const DELAY_MS = 0.5;

/** Two ends of a pipe. Counts what they post and the timers that they start. */
class Ends {
  readonly timeline = new Timeline({ startMs: 0 });
  /** Messages with frames, and acknowledgements without any. */
  readonly posted = { frames: 0, acknowledgements: 0 };
  timers = 0;
  readonly near: ReliablePipe = this.#end({ other: () => this.far, receive: () => this.receivedNear() });
  readonly far: ReliablePipe = this.#end({ other: () => this.near, receive: () => this.receivedFar() });
  receivedNear: () => void = () => {};
  receivedFar: () => void = () => {};

  #end({ other, receive }: { readonly other: () => ReliablePipe; readonly receive: () => void }): ReliablePipe {
    return new ReliablePipe({
      clock: {
        now: () => this.timeline.nowMs,
        after: (delayMs, run) => {
          this.timers++;
          return this.timeline.after(delayMs, run);
        },
      },
      post: (head, body) => {
        this.posted[head.kind === KINDS.ack ? "acknowledgements" : "frames"]++;
        this.timeline.after(DELAY_MS, () => other().take({ ...head, from: 1, to: 1, body }));
      },
      receive,
    });
  }
}

const MESSAGE = Uint8Array.of(1);

test("messages that answer each other carry the acknowledgements, and start few timers", async () => {
  const ends = new Ends();
  ends.receivedFar = () => ends.far.send(MESSAGE);
  ends.receivedNear = () => ends.near.send(MESSAGE);
  ends.near.send(MESSAGE);
  await ends.timeline.pass(1_000);
  expect(ends.posted).toEqual({ frames: 2_001, acknowledgements: 0 });
  expect(ends.timers).toBeLessThan(250); // by time, not by message
});

test("a message that nothing answers is acknowledged by itself within 20 ms, after which no timer runs", async () => {
  const ends = new Ends();
  ends.near.send(MESSAGE);
  await ends.timeline.pass(20 + 2 * DELAY_MS);
  expect(ends.posted).toEqual({ frames: 1, acknowledgements: 1 });
  expect(ends.near.unsentBytes).toBe(0);
  await ends.timeline.pass(1_000);
  const { timers } = ends;
  await ends.timeline.pass(10_000);
  expect(ends.timers).toBe(timers);
  expect(ends.posted).toEqual({ frames: 1, acknowledgements: 1 });
});

test("an acknowledgement that is owed again after one was carried comes in time, too", async () => {
  const ends = new Ends();
  let answers = 0;
  ends.receivedFar = () => {
    if (answers++ < 15) ends.far.send(MESSAGE);
  };
  for (let sent = 0; sent < 16; sent++) {
    ends.near.send(MESSAGE);
    await ends.timeline.pass(1);
  }
  await ends.timeline.pass(20);
  expect(ends.near.unsentBytes).toBe(0);
  expect(ends.far.unsentBytes).toBe(0);
});
