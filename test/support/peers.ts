/** Peers, and routers that listen, for tests: everything here ends with its test. */
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { expect, type TestContext, vi } from "vitest";
import { type CallerPeer, type ConnectOptions, connect, type Peer, type PeerState } from "wampact/peer";
import { createRouter, type Router, type RouterConfig } from "wampact/router";
import { REALM } from "./raw.js";

export type Finish = Pick<TestContext, "onTestFinished">;

/** A peer that ends with its test. What `onError` is told must be expected by the test, which then passes its own. */
export async function connectPeer(t: Finish, options: Partial<ConnectOptions>): Promise<Peer> {
  const told: unknown[] = [];
  const peer = await connect({ realm: REALM, onError: (error) => told.push(error), ...options });
  t.onTestFinished(async () => {
    await peer.close({ drainMs: 0 });
    expect(told.map(String), "what onError was told").toEqual([]);
  });
  return peer;
}

/** A peer of a router in this process. */
export function join(t: Finish, router: Router, options: Partial<ConnectOptions> = {}): Promise<Peer> {
  return connectPeer(t, { transport: router.attach(), ...options });
}

/** From here on, timers run when the test says so. Input and output go on as ever. */
export function stopTimers(t: Finish): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  t.onTestFinished(() => void vi.useRealTimers());
}

/** Resolves once something is true that nothing tells, without timers: those may be stopped. */
export async function waitFor(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

/** The error that a promise is rejected with. */
export async function failureOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable("expected a rejection"),
    (error: unknown) => error,
  );
}

/** A promise and what settles it. */
export interface Gate<T = void> {
  readonly promise: Promise<T>;
  open(value: T): void;
}

export function createGate<T = void>(): Gate<T> {
  let open: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** Values that callbacks bring, awaited one by one. */
export class Inbox<T> {
  readonly values: T[] = [];
  #wake: () => void = () => {};

  readonly push = (value: T): void => {
    this.values.push(value);
    this.#wake();
  };

  /** The next value that was not taken yet. */
  async next(): Promise<T> {
    while (this.values.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.values.shift() as T;
  }
}

/** The states of a peer from now on, each with its reason. */
export interface StateWatch {
  readonly states: readonly PeerState[];
  /** Resolves with the reason when this state is entered for the first time since the last `until`. */
  until(state: PeerState): Promise<string | undefined>;
}

export function watchStates(peer: CallerPeer): StateWatch {
  const states: PeerState[] = [];
  const inbox = new Inbox<readonly [PeerState, string | undefined]>();
  peer.on("state", (state, reason) => {
    states.push(state);
    inbox.push([state, reason]);
  });
  return {
    states,
    async until(wanted) {
      for (;;) {
        const [state, reason] = await inbox.next();
        if (state === wanted) return reason;
      }
    },
  };
}

/** A router behind a port, which a test can kill and start again on the same port. */
export interface TestServer {
  readonly url: string;
  readonly router: Router;
  /** Destroys every connection, as a crash would; the router still listens. */
  cut(): void;
  /** Destroys every connection and listens no more. */
  kill(): Promise<void>;
  /** Another router, which knows nothing of the first, on the same port. It listens when `prepare` is done with it. */
  restart<T = void>(prepare?: (router: Router) => Promise<T>): Promise<T>;
}

export async function startServer(t: Finish, config: Partial<RouterConfig> = {}): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const newRouter = () =>
    createRouter({ realms: [{ name: REALM }], onError: (error) => expect.unreachable(String(error)), ...config });
  let router = newRouter();
  let server = trackedServer(sockets);
  await router.listen({ server });
  const port = await listen(server, 0);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const kill = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    cut();
    await Promise.all([closed, router.close({ drainMs: 0 })]);
  };
  t.onTestFinished(kill);
  return {
    url: `ws://127.0.0.1:${port}/ws`,
    get router() {
      return router;
    },
    cut,
    kill,
    async restart<T>(prepare?: (router: Router) => Promise<T>) {
      router = newRouter();
      server = trackedServer(sockets);
      const prepared = (await prepare?.(router)) as T; // void where there is nothing to prepare
      await router.listen({ server });
      await listen(server, port);
      return prepared;
    },
  };
}

function trackedServer(sockets: Set<Socket>): Server {
  const server = createServer();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return server;
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}
