/** Connects peers that log in to routers in this process, as remote clients do. */
import { expect } from "vitest";
import { type ClientAuth, connect, type Peer, type WampError } from "wampact/peer";
import type { Authenticator, Router, RouterConfig } from "wampact/router";
import { createMemoryPair } from "../../src/transport/memory.js";
import type { PeerInfo, Transport } from "../../src/transport/transport.js";
import { type Finish, failureOf } from "./peers.js";
import { CLIENT_DETAILS, type RawClient, REALM, type Received, startRouter, type TestRouter } from "./raw.js";

/** A router with one realm, and what goes in and out of it. */
export interface LoginRouter extends TestRouter {
  /** A peer that has logged in. */
  login(...auth: readonly ClientAuth[]): Promise<Peer>;
  /** The error that a failed login is rejected with. */
  refusal(...auth: readonly ClientAuth[]): Promise<WampError>;
}

/** The time that a login may take: on a busy machine the hash of a password takes long. */
const PATIENCE_MS = 120_000;

export function startLogins(
  t: Finish,
  auth: readonly Authenticator[],
  config: Partial<RouterConfig> = {},
): LoginRouter {
  const started = startRouter(t, { realms: [{ name: REALM, auth }], handshakeTimeoutMs: PATIENCE_MS, ...config });
  const login = async (...methods: readonly ClientAuth[]) => {
    const transport = transportTo(started.router);
    const peer = await connect({ transport, realm: REALM, auth: methods, connectTimeoutMs: PATIENCE_MS });
    t.onTestFinished(() => peer.close({ drainMs: 0 }));
    return peer;
  };
  return { ...started, login, refusal: (...methods) => failureOf(login(...methods)) as Promise<WampError> };
}

/** The client's end of a connection; `info` is what the router is told of it. */
export function transportTo(router: Router, info: Partial<PeerInfo> = {}): Transport {
  const [ours, theirs] = createMemoryPair();
  router.accept(Object.assign(theirs, { info: { ...theirs.info, ...info } }));
  return ours;
}

/** Says HELLO by one method and gives the CHALLENGE. */
export async function challengeOf(client: RawClient, authmethod: string, details: object = {}): Promise<Received> {
  client.send({ type: "HELLO", realm: REALM, details: { ...CLIENT_DETAILS, authmethods: [authmethod], ...details } });
  const challenge = await client.receive("CHALLENGE");
  expect(challenge.authmethod).toBe(authmethod);
  return challenge;
}

/** Answers a CHALLENGE and gives the ABORT that must follow, as [reason, message]. */
export async function abortOf(client: RawClient, signature: string, extra: object = {}): Promise<readonly unknown[]> {
  client.send({ type: "AUTHENTICATE", signature, extra });
  const { reason, details } = await client.receive("ABORT");
  return [reason, details.message];
}
