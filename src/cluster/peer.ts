import type { CallFlow } from "../router/flow/call-flow.js";
import type { SessionFlow } from "../router/flow/session-flow.js";
import { Slices } from "../router/slices.js";
import { commonProtocol, PROTOCOL } from "./agreement.js";
import type { Incarnation, NodeId, PeerHello, Pipe } from "./engine.js";
import type { Frame } from "./frames/frame.js";
import { FrameWriter } from "./frames/write.js";
import { LinkFlow } from "./link-flow.js";

/** Frames are gathered up to this many bytes, and sent before the turn ends beyond it. */
const BATCH_BYTES = 64 * 1024;

/** What a peer is reached by. */
export interface PeerHost {
  send(peer: NodeId, frames: Uint8Array): void;
  pipe(peer: NodeId): Pipe;
  /** Runs a function in a later turn of the event loop. */
  defer(run: () => void): void;
  readonly flow: CallFlow;
  readonly report: (error: unknown) => void;
  /** Counts bytes that wait for a peer, or do not any more where it is negative. */
  account(change: number): void;
}

/** A promise that others wait for. */
interface Awaited {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** Another node that is up: what is sent to it in one turn leaves together. */
export class Peer implements Incarnation {
  readonly node: NodeId;
  readonly incarnation: number;
  readonly realms: ReadonlySet<string>;
  /** The version of the frames that both speak. */
  readonly protocol: number;
  /** Publishers wait for it, where much waits for this peer. */
  readonly flow: SessionFlow;
  readonly #hello: PeerHello;
  readonly #host: PeerHost;
  readonly #writer = new FrameWriter();
  readonly #pings = new Map<number, Awaited>(); // by number, until their PONG
  #lastPing = 0;
  #nextPing: (Awaited & { revision: number }) | undefined; // which goes out at the end of the turn
  readonly #snapshot: Slices<Frame>;
  #isTelling = false; // it has yet to be told all that was so when it came up
  #isScheduled = false;
  #accounted = 0; // of what waits
  #awaitsDrain = false;
  #isDown = false;
  /** It shows no sign of life. */
  isSuspect = false;
  /** All state of its realms has been told. */
  isIntroduced = false;
  /** Resolves when that is so, or the peer is gone. */
  readonly introduced: Promise<void>;
  readonly #introduced: Awaited;

  constructor(hello: PeerHello, host: PeerHost) {
    this.node = hello.node;
    this.incarnation = hello.incarnation;
    this.realms = new Set(hello.realms);
    this.protocol = commonProtocol({ protocol: PROTOCOL }, hello);
    this.#hello = hello;
    this.#host = host;
    this.#introduced = awaited();
    this.#snapshot = new Slices((frame) => this.#tell(frame), host.defer);
    this.introduced = this.#introduced.promise;
    this.flow = new LinkFlow(this, host, () => {}).flow;
  }

  /** The name of a realm in a frame of this peer. */
  realmOf(number: number): string | undefined {
    return this.#hello.realms[number];
  }

  /** Bytes that wait for this peer. */
  get unsentBytes(): number {
    return this.#writer.length + this.#host.pipe(this.node).unsentBytes;
  }

  /** Bytes beyond which whoever makes more should wait. */
  get window(): number {
    return this.#host.pipe(this.node).window;
  }

  /** Calls back, once, when little waits or the peer is gone: at once where that is so. */
  onceDrained(callback: () => void): void {
    this.#host.pipe(this.node).onceDrained(callback);
  }

  /** Sends a frame, in order. Throws `TypeError` for a payload that no serializer can write; one that is down is sent nothing. */
  send(frame: Frame): void {
    if (this.#isDown) return;
    this.#writer.add(frame);
    this.#written();
  }

  /** Tells it, bit by bit, what was so when it came up. Nobody who waits for it is answered before it has been told all. */
  tell(frames: Iterable<Frame>): void {
    this.#isTelling = true;
    this.#snapshot.pushEach(this.#whileUp(frames));
    this.#snapshot.push({ type: "SNAPSHOT" });
    this.#snapshot.flush();
  }

  /** Sends frames that `writeFrame` has made, which may go to several. */
  sendWritten(frames: Uint8Array): void {
    if (this.#isDown) return;
    this.#writer.addWritten(frames);
    this.#written();
  }

  /** Resolves when the peer has carried out all that was sent to it, and the directory up to a revision; and when it is gone. */
  settled(revision: number): Promise<void> {
    if (this.#isDown) return Promise.resolve();
    this.#nextPing ??= { ...awaited(), revision };
    this.#nextPing.revision = Math.max(this.#nextPing.revision, revision);
    this.#schedule();
    return this.#nextPing.promise;
  }

  /** PONG has come. */
  answered(number: number): void {
    this.#pings.get(number)?.resolve();
    this.#pings.delete(number);
  }

  /** SNAPSHOT has come. */
  introduce(): void {
    this.isIntroduced = true;
    this.#introduced.resolve();
  }

  /** It is gone: nobody waits for it any more. */
  down(): void {
    this.#isDown = true;
    this.#introduced.resolve();
    this.#nextPing?.resolve();
    for (const { resolve } of this.#pings.values()) resolve();
    this.#pings.clear();
    this.#account();
  }

  /** Sends what was gathered. */
  flush(): void {
    if (this.#writer.length === 0 || this.#isDown) return;
    this.#host.send(this.node, this.#writer.take());
    this.#account();
    if (this.#awaitsDrain || this.#accounted <= BATCH_BYTES) return; // little may be counted late
    this.#awaitsDrain = true;
    this.onceDrained(() => {
      this.#awaitsDrain = false;
      this.#account();
    });
  }

  /** Counts what waits now. */
  #account(): void {
    const waits = this.#isDown ? 0 : this.unsentBytes;
    this.#host.account(waits - this.#accounted);
    this.#accounted = waits;
  }

  #written(): void {
    if (this.#writer.length > BATCH_BYTES) this.flush();
    else this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#host.defer(() => {
      this.#isScheduled = false;
      this.#endTurn();
    });
  }

  *#whileUp(frames: Iterable<Frame>): Iterable<Frame> {
    for (const frame of frames) {
      if (this.#isDown) return;
      yield frame;
    }
  }

  /** Returns the cost. */
  #tell(frame: Frame): number {
    try {
      this.send(frame);
    } catch (error) {
      this.#host.report(error); // such as a testament of a value that no serializer has
    }
    if (frame.type === "SNAPSHOT") {
      this.#isTelling = false;
      this.#schedule();
    }
    return 1;
  }

  #endTurn(): void {
    if (this.#isDown) return;
    const ping = this.#isTelling ? undefined : this.#nextPing;
    if (ping) this.#nextPing = undefined;
    if (ping) {
      const number = ++this.#lastPing;
      this.#pings.set(number, ping);
      this.#writer.add({ type: "PING", number, revision: ping.revision });
    }
    this.flush();
  }
}

function awaited(): Awaited {
  let resolve = () => {};
  const promise = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}
