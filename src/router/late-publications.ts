import { WampError } from "../wire/error.js";
import { UNAVAILABLE } from "../wire/uris.js";
import type { SessionFlow } from "./flow/session-flow.js";

/** The maximum number of waiting publications of one publisher, and of their bytes. Beyond it, the publisher is not read. */
const MOST = 1_000;
const MOST_BYTES = 1024 * 1024;
/** The maximum number for a publisher that cannot be slowed down. Beyond it, publications are refused. */
const MOST_UNREAD = 10_000;

/** The publisher of a publication, and its size. */
export interface LatePublication {
  /** A session, or an object that stands for the router itself. */
  readonly publisher: object;
  /** The flow control of the publisher, or `undefined` if it has none. */
  readonly flow: SessionFlow | undefined;
  readonly bytes: number;
}

/** The waiting publications of one publisher. */
interface Line {
  waiting: number;
  bytes: number;
  /** Resolves when all have been carried out. Never rejects. */
  end: Promise<void>;
  stopped: SessionFlow | undefined;
}

/**
 * Publications that wait for a store, and those that wait behind them. Each publisher's publications keep their order, and delay
 * nobody else's.
 */
export class LatePublications {
  readonly #lines = new Map<object, Line>(); // publisher → waiting publications
  #stops = 0;

  /** The number of times that a publisher was not read because of its waiting publications. */
  get stops(): number {
    return this.#stops;
  }

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  has(publisher: object): boolean {
    return this.#lines.has(publisher);
  }

  /**
   * Resolves when the publisher's waiting publications have been carried out. Returns `undefined` if there are none. Never rejects.
   */
  of(publisher: object): Promise<void> | undefined {
    return this.#lines.get(publisher)?.end;
  }

  /** Resolves when all publications that wait now have been carried out. Never rejects. */
  async settled(): Promise<void> {
    await Promise.all([...this.#lines.values()].map(({ end }) => end));
  }

  /**
   * Carries out a publication after the publisher's waiting ones. Resolves or rejects as `carryOut` does. Throws
   * `wamp.error.unavailable` if a publisher that cannot be slowed down has too many.
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
      flow.stop(); // again, if something else has let it continue
      if (!line.stopped) this.#stops++;
      line.stopped = flow;
    }
    const carriedOut = line.end.then(carryOut);
    const over = () => this.#over(publisher, line, bytes);
    line.end = carriedOut.then(over, over); // the caller of `push` receives its exception
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
