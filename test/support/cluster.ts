import { expect, type TestContext } from "vitest";
import type { Router, RouterConfig } from "wampact/router";
import { createMemoryPair } from "../../src/transport/memory.js";
import { Hub } from "./hub.js";
import { RawClient, REALM } from "./raw.js";

/** Routers that are one realm, in this process. */
export interface TestCluster {
  readonly hub: Hub;
  readonly routers: readonly Router[];
  /** A client with a session at a router, by its place. */
  join(at: number, details?: object): Promise<RawClient>;
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
    routers.push(await hub.router("abcdefgh"[at] as string, { realms: [{ name: REALM }], onError, ...own }));
  }
  t.onTestFinished(async () => {
    await Promise.all(routers.map((router) => router.close({ drainMs: 0 })));
    expect(faults.map(String)).toEqual([]);
  });
  return {
    hub,
    routers,
    async join(at, details) {
      const [ours, theirs] = createMemoryPair();
      (routers[at] as Router).accept(theirs);
      const client = new RawClient(ours);
      await client.hello(REALM, details);
      return client;
    },
  };
}
