import { CALL_STACKS } from "#call-stack";
import { DEVELOPMENT } from "#development";
import { PINGS } from "#websocket";
import { SYSTEM_CLOCK } from "../session/clock.js";
import { attempt, LAST_RESORT } from "../wire/attempt.js";
import { misuse } from "../wire/misuse.js";
import { canceled } from "./failures.js";
import { openerOf, urlsOf } from "./open-transport.js";
import type { PeerParts } from "./parts.js";
import type { SupervisedPeer } from "./supervised-peer.js";
import type { Supervision } from "./supervision.js";
import type { CallerOptions } from "./types.js";

/** Starts a peer, as its `connect` options specify. */
export async function startPeer<P extends SupervisedPeer>(peer: P, { signal }: CallerOptions): Promise<P> {
  if (signal?.aborted) throw canceled();
  const giveUp = () => peer.giveUp(canceled());
  signal?.addEventListener("abort", giveUp);
  try {
    await peer.start();
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
  return peer;
}

/**
 * Returns the settings of a peer, whose options have been checked. Throws `TypeError` if the realm or the URL is missing.
 */
export function supervisionOf(options: CallerOptions, parts: PeerParts): Supervision {
  if (typeof options.realm !== "string" || !options.realm) throw misuse("connect.realm", false); // checked in more words before, except in production bundles
  const { onError: told = LAST_RESORT } = options;
  const onError = (error: unknown) => attempt(told, LAST_RESORT, error);
  const reconnect = options.transport ? false : (options.reconnect ?? {});
  return {
    ...parts,
    realm: options.realm,
    beginLogin: loginOf(options, parts),
    open: openerOf({ ...options, onError }, parts),
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    reconnect: reconnect && {
      minMs: reconnect.minMs ?? 100,
      maxMs: reconnect.maxMs ?? 30_000,
      attempts: reconnect.attempts ?? Number.POSITIVE_INFINITY,
      giveUpAfterMs: reconnect.giveUpAfterMs ?? Number.POSITIVE_INFINITY,
      stableAfterMs: reconnect.stableAfterMs ?? 30_000,
      urls: urlsOf(options).length,
    },
    heartbeatMs: PINGS || options.transport ? 0 : (options.heartbeatMs ?? 45_000),
    offline: options.offline,
    callStacks: options.callStacks ?? CALL_STACKS,
    clock: options.clock ?? SYSTEM_CLOCK,
    onError,
  };
}

/** Returns a function that starts a login; `undefined` for an anonymous peer. */
function loginOf({ auth }: CallerOptions, parts: PeerParts): Supervision["beginLogin"] {
  if (!auth) return undefined;
  const login = parts.login ?? auth.find((each) => each.login)?.login;
  if (!login) throw misuse("auth", DEVELOPMENT && "wrap a method of your own by ownMethod() of wampact/caller");
  return (info) => login(auth, info);
}
