import { connect } from "../peer/connect.js";
import type { ConnectOptions, Peer } from "../peer/types.js";
import { createRouter, type Router } from "../router/router.js";

/** A router in this process, and peers of it, that end together. */
export interface TestRouter extends AsyncDisposable {
  readonly router: Router;
  /** A peer joined to the realm, over an in-memory transport. */
  connect(options?: Pick<ConnectOptions, "onError">): Promise<Peer>;
  /** Closes the peers, then the router. */
  close(): Promise<void>;
}

/**
 * A router for a test, in one line; nothing listens on a port and nothing is serialized.
 *
 * ```ts
 * await using router = createTestRouter();
 * const [service, consumer] = [await router.connect(), await router.connect()];
 * ```
 */
export function createTestRouter({ realm = "com.example" }: { readonly realm?: string } = {}): TestRouter {
  const router = createRouter({ realms: [{ name: realm }] });
  const peers: Peer[] = [];
  const close = async () => {
    await Promise.all(peers.map((peer) => peer.close()));
    await router.close();
  };
  return {
    router,
    async connect(options = {}) {
      const peer = await connect({ transport: router.attach(), realm, ...options });
      peers.push(peer);
      return peer;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
