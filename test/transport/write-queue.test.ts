/** The write queue of one turn: the order of messages, the number of writes, and the memory that holds the bytes. */
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { type WriteQueue, WriteScheduler } from "../../src/transport/write-queue.js";

/** A socket that takes what is written at once, or holds it until it is released. */
class TestSocket extends Socket {
  readonly given: Uint8Array[] = [];
  text = ""; // as it was when it was taken
  holds = false;
  #release: (() => void) | undefined;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.given.push(chunk);
    const take = () => {
      this.text += chunk.toString();
      done();
    };
    if (this.holds) this.#release = take;
    else take();
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "", done);
  }

  release(): void {
    this.holds = false;
    this.#release?.();
  }
}

/** Writes a text into the room that there is for it. False where there is none. */
function writeInto(queue: WriteQueue, text: string): boolean {
  const slab = queue.room(text.length);
  if (!slab) return false;
  slab.used += Buffer.from(slab.bytes.buffer).write(text, slab.used);
  return true;
}

const frame = (text: string) => [Buffer.from(text)];

test("what is written into a slab and frames leave in the order in which they came, in one write", () => {
  const scheduler = new WriteScheduler();
  const socket = new TestSocket();
  const queue = scheduler.queueFor(socket);
  expect(writeInto(queue, "one ")).toBe(true);
  queue.add(frame("two "));
  expect(writeInto(queue, "three")).toBe(true);
  expect(queue.unsentBytes).toBe(13);
  scheduler.flush();
  expect(socket.text).toBe("one two three");
  expect(socket.given.length).toBe(1);
  expect(queue.unsentBytes).toBe(0);
});

test("behind a frame there is no room: what follows is a frame, too", () => {
  const scheduler = new WriteScheduler();
  const socket = new TestSocket();
  const queue = scheduler.queueFor(socket);
  queue.add(frame("one "));
  expect(writeInto(queue, "two")).toBe(false);
  queue.add(frame("two"));
  scheduler.flush();
  expect(socket.text).toBe("one two");
});

test("a large frame leaves behind what is in a slab", () => {
  const scheduler = new WriteScheduler();
  const socket = new TestSocket();
  const queue = scheduler.queueFor(socket);
  writeInto(queue, "one ");
  queue.add([Buffer.from("two "), Buffer.from("three ")]);
  writeInto(queue, "four");
  scheduler.flush();
  expect(socket.text).toBe("one two three four");
});

test("a slab that is full is written at once", () => {
  const scheduler = new WriteScheduler();
  const socket = new TestSocket();
  const queue = scheduler.queueFor(socket);
  writeInto(queue, "a".repeat(40_000));
  writeInto(queue, "b".repeat(40_000));
  expect(socket.text).toBe("a".repeat(40_000));
  queue.add(frame("c".repeat(40_000)));
  scheduler.flush();
  expect(socket.text).toBe("a".repeat(40_000) + "b".repeat(40_000) + "c".repeat(40_000));
  expect(writeInto(queue, "x".repeat(64 * 1024 + 1))).toBe(false);
});

test("a slab is used again once the socket has let go of it, and not before", () => {
  const scheduler = new WriteScheduler();
  const [one, other] = [new TestSocket(), new TestSocket()];
  const [queue, another] = [scheduler.queueFor(one), scheduler.queueFor(other)];
  writeInto(queue, "first");
  scheduler.flush();
  writeInto(queue, "again");
  scheduler.flush();
  expect(one.given[0]?.buffer).toBe(one.given[1]?.buffer);

  one.holds = true;
  writeInto(queue, "held until it is read");
  scheduler.flush();
  writeInto(another, "of somebody else");
  scheduler.flush();
  one.release();
  expect(one.text).toMatch(/held until it is read$/);
  expect(other.text).toBe("of somebody else");
});

test("there is no room for a socket that takes no more, or keeps what it was given", () => {
  const scheduler = new WriteScheduler();
  const socket = new TestSocket();
  const queue = scheduler.queueFor(socket);
  socket.holds = true;
  queue.add(frame("x".repeat(socket.writableHighWaterMark + 1))); // Node versions and platforms differ in it
  scheduler.flush();
  expect(socket.writableNeedDrain).toBe(true);
  expect(writeInto(queue, "y")).toBe(false);
  socket.destroy();
  expect(writeInto(queue, "y")).toBe(false);
});

test("of many queues in one turn some gather frames, and the next turn lends slabs again", () => {
  const scheduler = new WriteScheduler();
  const sockets = Array.from({ length: 1_000 }, () => new TestSocket());
  const queues = sockets.map((socket) => scheduler.queueFor(socket));
  for (let turn = 0; turn < 3; turn++) {
    let lent = 0;
    for (const [index, queue] of queues.entries()) {
      if (writeInto(queue, `${turn} to ${index};`)) lent++;
      else queue.add(frame(`${turn} to ${index};`));
    }
    expect(lent).toBeGreaterThan(64);
    expect(lent).toBeLessThan(200);
    queues[turn]?.drop(); // whose slab goes back, too
    scheduler.flush();
  }
  expect(sockets[900]?.text).toBe("0 to 900;1 to 900;2 to 900;");
  expect(sockets[1]?.text).toBe("0 to 1;2 to 1;");
});
