import { connect } from "../peer/connect.js";
import type { ConnectOptions, Peer } from "../peer/types.js";
import type { RealmConfig } from "../router/config.js";
import { createRouter, type Router } from "../router/router.js";
import type { Clock } from "../session/clock.js";

/** A router in this process, and peers of it, that end together. */
export interface TestRouter extends AsyncDisposable {
  readonly router: Router;
  /** A peer joined to the realm, over an in-memory transport. */
  connect(options?: Pick<ConnectOptions, "onError" | "passthru">): Promise<Peer>;
  /** Closes the peers, then the router. */
  close(): Promise<void>;
}

/** The realm of a test's router: any of its settings; and the time. */
export interface TestRouterOptions extends Partial<RealmConfig> {
  /** Such as `createFakeClock()`; its peers have it too. Default: the system's. */
  readonly clock?: Clock;
}

/**
 * A router for a test, in one line; nothing listens on a port and nothing is serialized.
 *
 * ```ts
 * await using router = createTestRouter();
 * const [service, consumer] = [await router.connect(), await router.connect()];
 * ```
 */
export function createTestRouter({ clock, ...realm }: TestRouterOptions = {}): TestRouter {
  const name = realm.name ?? "com.example";
  const time = clock ? { clock } : {};
  const router = createRouter({ realms: [{ ...realm, name }], ...time });
  const peers: Peer[] = [];
  const close = async () => {
    await Promise.all(peers.map((peer) => peer.close({ drainMs: 0 })));
    await router.close();
  };
  return {
    router,
    async connect(options = {}) {
      const peer = await connect({ transport: router.attach(), realm: name, ...time, ...options });
      peers.push(peer);
      return peer;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
