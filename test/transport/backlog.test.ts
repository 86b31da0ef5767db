/** The queue of a socket that accepts no more bytes: the order of messages, and the cost of holding them. */
import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { Backlog, type BacklogOwner, HELD_FRAME_BYTES } from "../../src/transport/backlog.js";
import { type SlowConnection, UnsentTotal } from "../../src/transport/unsent.js";

const frameOf = (length: number, fill: number) => new Uint8Array(length).fill(fill);

test("small and large frames leave in the order in which they came, and nothing stays counted", () => {
  const { backlog, total, socket } = slowSocket();
  const frames = Array.from({ length: 5_000 }, (_, index) =>
    frameOf(index % 7 === 0 ? 2_000 : index % 500, index % 251),
  );
  backlog.add(frames.slice(0, 3_000));
  backlog.add(frames.slice(3_000));
  backlog.writeAll();
  expect(Buffer.concat(socket.written).equals(Buffer.concat(frames))).toBe(true);
  expect(backlog.bytes).toBe(0);
  expect(total.bytes).toBe(0);
});

test("small frames that come while others are written wait behind them", () => {
  const { backlog, socket } = slowSocket();
  backlog.add([frameOf(10, 1)]);
  backlog.writeAll();
  backlog.add([frameOf(10, 2)]);
  backlog.writeAll();
  expect(Buffer.concat(socket.written)).toEqual(Buffer.concat([frameOf(10, 1), frameOf(10, 2)]));
});

test("a large frame counts for what it costs to hold it, too, and once for all who wait for it", () => {
  const total = new UnsentTotal(1e9);
  const frame = frameOf(1_000, 0);
  const first = slowSocket(total);
  first.backlog.add([frame]);
  expect(total.bytes).toBe(1_000 + HELD_FRAME_BYTES);
  expect(first.backlog.bytes).toBe(1_000 + HELD_FRAME_BYTES);
  const second = slowSocket(total);
  second.backlog.add([frame]);
  expect(total.bytes).toBeLessThan(1_000 + 2 * HELD_FRAME_BYTES);
  first.backlog.drop();
  second.backlog.drop();
  expect(total.bytes).toBe(0);
});

test("half a million small frames are held as a few hundred blocks", () => {
  const { backlog, total, socket } = slowSocket();
  const frame = frameOf(48, 0);
  for (let count = 0; count < 500_000; count++) backlog.add([frame]);
  expect(total.bytes).toBe(24e6);
  backlog.writeAll();
  expect(socket.written.length).toBeLessThan(500);
  expect(total.bytes).toBe(0);
});

test("a frame that goes beyond the bound cuts its connection, and no later one is held", () => {
  const { backlog, total, cuts } = slowSocket(new UnsentTotal(10_000));
  backlog.add(Array.from({ length: 20 }, () => frameOf(1_000, 0)));
  expect(cuts()).toBe(1);
  expect(total.bytes).toBe(0);
});

/** A socket that never asks for more. */
class FullSocket extends Duplex {
  readonly written: Uint8Array[] = [];

  override write(chunk: unknown): boolean {
    this.written.push(chunk as Uint8Array);
    return false;
  }

  override _read(): void {}
}

function slowSocket(total: UnsentTotal = new UnsentTotal(1e9)) {
  const socket = new FullSocket();
  let cuts = 0;
  const connection: SlowConnection = {
    get unsentBytes(): number {
      return backlog.bytes;
    },
    cut() {
      cuts++;
      socket.destroy();
      backlog.drop();
    },
  };
  const owner: BacklogOwner = {
    held: (frame) => total.hold(connection, frame),
    heldOwn: (bytes) => total.holdOwn(connection, bytes),
    released: (frame) => total.release(frame),
    releasedOwn: (bytes) => total.releaseOwn(bytes),
    emptied: () => total.forget(connection),
    failed: (error) => expect.unreachable(String(error)),
  };
  const backlog = new Backlog(socket, owner, { done() {} });
  return { backlog, total, socket, cuts: () => cuts };
}
