import { WampError } from "../wire/error.js";
import { UNAVAILABLE } from "../wire/uris.js";
import type { SessionFlow } from "./flow/session-flow.js";

/** Publications and bytes of one publisher that wait; it is not read while there are more. */
const MOST = 1_000;
const MOST_BYTES = 1024 * 1024;
/** Publications of a publisher that cannot be slowed down; what goes beyond is refused. */
const MOST_UNREAD = 10_000;

/** Who publishes, and how much. */
export interface LatePublication {
  /** A session, or what stands for the router itself. */
  readonly publisher: object;
  /** How the publisher is slowed down; `undefined` where it cannot be. */
  readonly flow: SessionFlow | undefined;
  readonly bytes: number;
}

/** What waits of one publisher. */
interface Line {
  waiting: number;
  bytes: number;
  /** Resolves when all of it is carried out; never rejects. */
  end: Promise<void>;
  stopped: SessionFlow | undefined;
}

/**
 * Publications that wait for a store to keep them, and those that wait behind them: each publisher's keep their order, and hold up nobody
 * else's.
 */
export class LatePublications {
  readonly #lines = new Map<object, Line>(); // publisher → what waits of it

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  has(publisher: object): boolean {
    return this.#lines.has(publisher);
  }

  /** Resolves when what waits of a publisher now is carried out; `undefined` where nothing does. Never rejects. */
  of(publisher: object): Promise<void> | undefined {
    return this.#lines.get(publisher)?.end;
  }

  /** Resolves when all that waits now is carried out. Never rejects. */
  async settled(): Promise<void> {
    await Promise.all([...this.#lines.values()].map(({ end }) => end));
  }

  /**
   * Carries a publication out behind those of its publisher that wait. Resolves, or rejects, as `carryOut` does. Throws `wamp.error.unavailable`
   * where a publisher that cannot be slowed down has too many.
   */
  push({ publisher, flow, bytes }: LatePublication, carryOut: () => Promise<void> | void): Promise<void> {
    const line = this.#lines.get(publisher) ?? { waiting: 0, bytes: 0, end: Promise.resolve(), stopped: undefined };
    if (line.waiting >= MOST_UNREAD)
      throw new WampError(UNAVAILABLE, {
        args: [`${MOST_UNREAD} events of this session wait until the event store has kept them; try again later`],
      });
    this.#lines.set(publisher, line);
    line.waiting++;
    line.bytes += bytes;
    if (flow && (line.waiting > MOST || line.bytes > MOST_BYTES)) {
      flow.stop(); // again, where something else has let it go on
      line.stopped = flow;
    }
    const carriedOut = line.end.then(carryOut);
    const over = () => this.#over(publisher, line, bytes);
    line.end = carriedOut.then(over, over); // whoever has pushed it is told of what it throws
    return carriedOut;
  }

  #over(publisher: object, line: Line, bytes: number): void {
    line.waiting--;
    line.bytes -= bytes;
    if (line.waiting === 0) this.#lines.delete(publisher);
    if (!line.stopped || line.waiting > MOST / 2 || line.bytes > MOST_BYTES / 2) return;
    line.stopped.start();
    line.stopped = undefined;
  }
}
