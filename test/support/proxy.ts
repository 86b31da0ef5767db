/** A TCP proxy between a peer and its router, whose lines a test cuts, holds, slows and resets. Loopback only. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Finish } from "./peers.js";

/** `up` is from the client to the router. */
export type Direction = "up" | "down";

export interface Proxy {
  /** The router's URL, through this proxy. */
  readonly url: string;
  /** Bytes passed on so far. */
  readonly passed: Readonly<Record<Direction, number>>;
  /** Passes nothing on any more, and keeps every connection open: a black hole. Default: both ways. */
  hold(...directions: Direction[]): void;
  /** The same for the connections there are; those that come later pass. */
  strand(): void;
  /** Ends `hold`: what waited is passed on. */
  release(): void;
  /** Passes each chunk on so many milliseconds late; 0 ends it. */
  slow(delayMs: number): void;
  /** Ends every connection with FIN. */
  cut(): void;
  /** Ends every connection with RST. */
  reset(): void;
}

/** One connection's way in one direction. */
class Line {
  readonly #from: Socket;

  constructor(from: Socket, to: Socket, pass: (chunk: Buffer, to: Socket) => void) {
    this.#from = from;
    from.setNoDelay();
    from.on("data", (chunk: Buffer) => pass(chunk, to));
    from.on("end", () => to.end());
    from.on("error", () => to.destroy()); // a connection that a test has reset
  }

  set held(held: boolean) {
    if (held) this.#from.pause();
    else this.#from.resume();
  }
}

/** Starts a proxy to a `ws:` URL on this machine; it ends with its test. */
export async function startProxy(t: Finish, routerUrl: string): Promise<Proxy> {
  const { port, pathname } = new URL(routerUrl);
  const lines: Record<Direction, Set<Line>> = { up: new Set(), down: new Set() };
  const sockets = new Set<Socket>();
  const held: Record<Direction, boolean> = { up: false, down: false };
  const passed = { up: 0, down: 0 };
  let delayMs = 0;
  const addLine = (direction: Direction, from: Socket, to: Socket) => {
    const line = new Line(from, to, (chunk, target) => {
      passed[direction] += chunk.length;
      if (delayMs > 0) setTimeout(() => target.write(chunk), delayMs);
      else target.write(chunk);
    });
    line.held = held[direction];
    lines[direction].add(line);
    sockets.add(from);
    from.on("close", () => {
      lines[direction].delete(line);
      sockets.delete(from);
    });
  };
  const server = createServer((client) => {
    const router = connect(Number(port), "127.0.0.1");
    addLine("up", client, router);
    addLine("down", router, client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const setHeld = (directions: readonly Direction[], value: boolean) => {
    for (const direction of directions) {
      held[direction] = value;
      for (const line of lines[direction]) line.held = value;
    }
  };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  t.onTestFinished(async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    passed,
    hold: (...directions) => setHeld(directions.length > 0 ? directions : ["up", "down"], true),
    strand() {
      for (const direction of ["up", "down"] as const) for (const line of lines[direction]) line.held = true;
    },
    release: () => setHeld(["up", "down"], false),
    slow(ms) {
      delayMs = ms;
    },
    cut,
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
  };
}
