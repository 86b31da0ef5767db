import { connect } from "../peer/connect.js";
import type { ConnectOptions, Peer } from "../peer/types.js";
import type { RealmConfig } from "../router/config.js";
import { createRouter, type Router } from "../router/router.js";
import type { Clock } from "../session/clock.js";

/** A router in this process and its peers, which are closed together. */
export interface TestRouter extends AsyncDisposable {
  readonly router: Router;
  /** Creates a peer that is joined to the realm over an in-memory transport. */
  connect(options?: Pick<ConnectOptions, "onError" | "passthru">): Promise<Peer>;
  /** Closes the peers, then the router. */
  close(): Promise<void>;
}

/** Options of a test router: the settings of its realm, and the clock. */
export interface TestRouterOptions extends Partial<RealmConfig> {
  /** The clock of the router and its peers, such as `createFakeClock()`. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Creates a router for a test. It listens on no port and serializes nothing.
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
