/** Peers of one router in this process, and a raw client beside them, for tests of the typed layer. */
import type { Peer } from "wampact/peer";
import type { RealmConfig } from "wampact/router";
import { type Finish, join } from "./peers.js";
import { type RawClient, REALM, startRouter } from "./raw.js";

export interface TypedSetup {
  readonly service: Peer;
  readonly consumer: Peer;
  readonly raw: RawClient;
  /** The errors that `onError` of the two peers has received. */
  readonly told: readonly unknown[];
}

export async function startTyped(t: Finish, realm: Partial<RealmConfig> = {}): Promise<TypedSetup> {
  const { router, join: joinRaw } = startRouter(t, { realms: [{ name: REALM, ...realm }] });
  const told: unknown[] = [];
  const onError = (error: unknown) => told.push(error);
  return {
    service: await join(t, router, { onError }),
    consumer: await join(t, router, { onError }),
    raw: await joinRaw(),
    told,
  };
}
