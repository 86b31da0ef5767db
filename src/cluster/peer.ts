import type { CallFlow } from "../router/flow/call-flow.js";
import type { SessionFlow } from "../router/flow/session-flow.js";
import { Slices } from "../router/slices.js";
import { commonProtocol, PROTOCOL } from "./agreement.js";
import type { Incarnation, NodeId, PeerHello, Pipe } from "./engine.js";
import type { Frame } from "./frames/frame.js";
import { FrameWriter } from "./frames/write.js";
import { LinkFlow } from "./link-flow.js";

/** The maximum number of bytes gathered in one turn. Beyond it, frames are sent before the turn ends. */
const BATCH_BYTES = 64 * 1024;

/** The services that a peer uses. */
export interface PeerHost {
  send(peer: NodeId, frames: Uint8Array): void;
  pipe(peer: NodeId): Pipe;
  /** Runs a function in a later turn of the event loop. */
  defer(run: () => void): void;
  readonly flow: CallFlow;
  readonly report: (error: unknown) => void;
  /** Adds to the number of bytes queued for a peer. A negative number subtracts. */
  account(change: number): void;
}

/** A promise that others wait for. */
interface Awaited {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** Another node that is up. Frames for it are gathered and leave together at the end of the turn. */
export class Peer implements Incarnation {
  readonly node: NodeId;
  readonly incarnation: number;
  readonly realms: ReadonlySet<string>;
  /** The version of the frames that both speak. */
  readonly protocol: number;
  /** Publishers wait on it while too much is queued for this peer. */
  readonly flow: SessionFlow;
  readonly #hello: PeerHello;
  readonly #host: PeerHost;
  readonly #writer = new FrameWriter();
  readonly #pings = new Map<number, Awaited>(); // by number, until their PONG
  #lastPing = 0;
  #nextPing: (Awaited & { revision: number }) | undefined; // sent at the end of the turn
  readonly #snapshot: Slices<Frame>;
  #isTelling = false; // the state at its start is still being sent to it
  #isScheduled = false;
  #accounted = 0; // of the queued bytes
  #awaitsDrain = false;
  #isDown = false;
  /** Whether it shows no sign of life. */
  isSuspect = false;
  /** Whether it has sent the whole state of its realms. */
  isIntroduced = false;
  /** Resolves when it has sent its state or is down. */
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

  /** Returns the name of a realm in a frame of this peer. */
  realmOf(number: number): string | undefined {
    return this.#hello.realms[number];
  }

  /** The number of bytes queued for this peer. */
  get unsentBytes(): number {
    return this.#writer.length + this.#host.pipe(this.node).unsentBytes;
  }

  /** The number of bytes beyond which producers should wait. */
  get window(): number {
    return this.#host.pipe(this.node).window;
  }

  /** Calls back once when little is queued or the peer is down. Calls back at once where that is already so. */
  onceDrained(callback: () => void): void {
    this.#host.pipe(this.node).onceDrained(callback);
  }

  /** Sends a frame, in order. Throws `TypeError` for a payload that no serializer can write. Does nothing if the peer is down. */
  send(frame: Frame): void {
    if (this.#isDown) return;
    this.#writer.add(frame);
    this.#written();
  }

  /** Sends it the current state, step by step. Requests that wait for it are answered after it has received everything. */
  tell(frames: Iterable<Frame>): void {
    this.#isTelling = true;
    this.#snapshot.pushEach(this.#whileUp(frames));
    this.#snapshot.push({ type: "SNAPSHOT" });
    this.#snapshot.flush();
  }

  /** Sends frames from `writeFrame`, which may go to several peers. */
  sendWritten(frames: Uint8Array): void {
    if (this.#isDown) return;
    this.#writer.addWritten(frames);
    this.#written();
  }

  /** Resolves when the peer has processed all that was sent to it, and the directory up to a revision, or when it is down. */
  settled(revision: number): Promise<void> {
    if (this.#isDown) return Promise.resolve();
    this.#nextPing ??= { ...awaited(), revision };
    this.#nextPing.revision = Math.max(this.#nextPing.revision, revision);
    this.#schedule();
    return this.#nextPing.promise;
  }

  /** A PONG has arrived. */
  answered(number: number): void {
    this.#pings.get(number)?.resolve();
    this.#pings.delete(number);
  }

  /** A SNAPSHOT has arrived. */
  introduce(): void {
    this.isIntroduced = true;
    this.#introduced.resolve();
  }

  /** The peer is down: nobody waits for it any more. */
  down(): void {
    this.#isDown = true;
    this.#introduced.resolve();
    this.#nextPing?.resolve();
    for (const { resolve } of this.#pings.values()) resolve();
    this.#pings.clear();
    this.#account();
  }

  /** Sends the gathered frames. */
  flush(): void {
    if (this.#writer.length === 0 || this.#isDown) return;
    this.#host.send(this.node, this.#writer.take());
    this.#account();
    if (this.#awaitsDrain || this.#accounted <= BATCH_BYTES) return; // a small amount may be counted late
    this.#awaitsDrain = true;
    this.onceDrained(() => {
      this.#awaitsDrain = false;
      this.#account();
    });
  }

  /** Updates the count of queued bytes. */
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
    this.#host.defer(this.#endTurn);
  }

  *#whileUp(frames: Iterable<Frame>): Iterable<Frame> {
    for (const frame of frames) {
      if (this.#isDown) return;
      yield frame;
    }
  }

  /** Sends one frame of the state. Returns its cost. */
  #tell(frame: Frame): number {
    try {
      this.send(frame);
    } catch (error) {
      this.#host.report(error); // for example a testament with a value that no serializer can write
    }
    if (frame.type === "SNAPSHOT") {
      this.#isTelling = false;
      this.#schedule();
    }
    return 1;
  }

  readonly #endTurn = (): void => {
    this.#isScheduled = false;
    if (this.#isDown) return;
    const ping = this.#isTelling ? undefined : this.#nextPing;
    if (ping) this.#nextPing = undefined;
    if (ping) {
      const number = ++this.#lastPing;
      this.#pings.set(number, ping);
      this.#writer.add({ type: "PING", number, revision: ping.revision });
    }
    this.flush();
  };
}

function awaited(): Awaited {
  let resolve = () => {};
  const promise = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}
