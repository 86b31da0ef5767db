import { expect, type TestContext } from "vitest";
import type { Router, RouterConfig } from "wampact/router";
import type { Frame } from "../../dist/src/cluster/frames/frame.js";
import { createMemoryPair } from "../../src/transport/memory.js";
import { Hub } from "./hub.js";
import { RawClient, REALM } from "./raw.js";

/** Routers that are one realm, in this process. */
export interface TestCluster {
  readonly hub: Hub;
  readonly routers: readonly Router[];
  /** A client with a session at a router, by its place. With an identity it is one that the application attaches. */
  join(at: number, details?: object, identity?: Identity): Promise<RawClient>;
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
): Promise<TestCluster> {
  const hub = new Hub();
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
  };
}
