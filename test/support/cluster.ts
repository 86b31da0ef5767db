import { expect, type TestContext } from "vitest";
import type { Router, RouterConfig } from "wampact/router";
import type { Frame } from "../../dist/src/cluster/frames/frame.js";
import { createMemoryPair } from "../../src/transport/memory.js";
import type { Transport } from "../../src/transport/transport.js";
import { FULL_DETAILS } from "./advanced.js";
import { Hub } from "./hub.js";
import { RawClient, REALM } from "./raw.js";

/** Routers that are one realm, in this process. */
export interface TestCluster {
  readonly hub: Hub;
  readonly routers: readonly Router[];
  /** A client with a session at a router, by its place. With an identity it is one that the application attaches. */
  join(at: number, details?: object, identity?: Identity): Promise<RawClient>;
  /** The same, over a transport of which the router sees something else. */
  joinOver(at: number, over: (transport: Transport) => Transport): Promise<RawClient>;
  /** Resolves when what the clients of some routers have sent is carried out at all. */
  settle(...clients: readonly RawClient[]): Promise<void>;
  /** A client with a session at a router that the test has started. */
  joinAt(router: Router): Promise<RawClient>;
  /** Resolves when all that a router has told the others is carried out there. */
  settled(at: number): Promise<void>;
  /** How many frames of a type a router has sent. */
  framesFrom(at: number, type: Frame["type"]): number;
}

type Identity = { readonly authid?: string; readonly authrole?: string };

/** The name of a router, by its place. */
export function nodeAt(at: number): string {
  return "abcdefgh"[at] as string;
}

/** Starts so many routers, named `a`, `b` …, that end with their test. */
export async function startCluster(
  t: Pick<TestContext, "onTestFinished">,
  count: number,
  config: Partial<RouterConfig> | ((at: number) => Partial<RouterConfig>) = {},
  { prefersOwn = false } = {},
): Promise<TestCluster> {
  const hub = new Hub();
  hub.prefersOwn = prefersOwn;
  const faults: unknown[] = [];
  const routers: Router[] = [];
  for (let at = 0; at < count; at++) {
    const own = typeof config === "function" ? config(at) : config;
    const onError = (error: unknown) => faults.push(error);
    routers.push(await hub.router(nodeAt(at), { realms: [{ name: REALM }], onError, ...own }));
  }
  t.onTestFinished(async () => {
    await Promise.all(routers.map((router) => router.close({ drainMs: 0 })));
    expect(faults.map(String)).toEqual([]);
  });
  const open = (router: Router, identity: Identity | undefined) => {
    if (identity) return new RawClient(router.attach(identity));
    const [ours, theirs] = createMemoryPair();
    router.accept(theirs);
    return new RawClient(ours);
  };
  const join = async (router: Router, details?: object, identity?: Identity) => {
    const client = open(router, identity);
    await client.hello(REALM, details);
    return client;
  };
  return {
    hub,
    routers,
    join: (at, ...who) => join(routers[at] as Router, ...who),
    joinAt: join,
    async settled(at) {
      const member = hub.members.get(nodeAt(at));
      await member?.linkOf(REALM)?.flush();
    },
    framesFrom: (at, type) => hub.framesFrom(nodeAt(at), type),
    async joinOver(at, over) {
      const [ours, theirs] = createMemoryPair();
      (routers[at] as Router).accept(over(theirs));
      const client = new RawClient(ours);
      await client.hello(REALM, FULL_DETAILS);
      return client;
    },
    async settle(...clients) {
      for (let round = 0; round < 2; round++) {
        for (const client of clients) await meta(client, "wamp.session.count"); // which awaits what the other routers have sent
      }
    },
  };
}

/** Calls a meta procedure, whose answer is taken out of whatever else has come. Returns its first argument. */
export async function meta(client: RawClient, procedure: string, ...args: readonly unknown[]): Promise<unknown> {
  const request = client.call(procedure, {}, args);
  return (await client.answer(request)).args[0];
}

/** A transport that says that so many bytes wait to be sent, until the test says that there are none. */
export interface SlowTransport {
  unsentBytes: number;
  /** Whether nothing is read from it. */
  paused: boolean;
  over(to: Transport): Transport;
  drain(): void;
}

/** `maxUnsentBytes` is what it may hold; a quarter of it is much, half of it too much. */
export function slowTransport(maxUnsentBytes = 1_000): SlowTransport {
  const waiting: (() => void)[] = [];
  const state: SlowTransport = {
    unsentBytes: 0,
    paused: false,
    drain() {
      state.unsentBytes = 0;
      for (const callback of waiting.splice(0)) callback();
    },
    over: (to) => ({
      info: to.info,
      get unsentBytes() {
        return state.unsentBytes;
      },
      maxUnsentBytes,
      reading: {
        get paused() {
          return state.paused;
        },
        pause: () => {
          state.paused = true;
        },
        resume: () => {
          state.paused = false;
        },
      },
      open: (listener) => to.open(listener),
      send: (message) => to.send(message),
      close: (code, reason) => to.close(code, reason),
      onceDrained: (callback) => {
        if (state.unsentBytes === 0) callback();
        else waiting.push(callback);
      },
    }),
  };
  return state;
}
