import { CALL_STACKS } from "#call-stack";
import { url } from "#rawsocket";
import { PINGS } from "#websocket";
import { SYSTEM_CLOCK } from "../session/clock.js";
import { messageSize } from "../transport/message-size.js";
import {
  callback,
  checkSettings,
  flag,
  list,
  natural,
  object,
  positive,
  type SettingRule,
  type SettingRules,
} from "../wire/settings.js";
import { canceled } from "./failures.js";
import { offline } from "./offline.js";
import { openerOf, urlsOf } from "./open-transport.js";
import type { PeerParts } from "./parts.js";
import type { SupervisedPeer } from "./supervised-peer.js";
import type { Supervision } from "./supervision.js";
import type { CallerOptions, ReconnectOptions } from "./types.js";

const realm: SettingRule = {
  expected: 'a URI such as "com.app"',
  accepts: (value) => typeof value === "string" && value !== "", // the router checks its form
};
const serializers: SettingRule = {
  expected: "a list of serializers, such as [json()]",
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => each?.decode),
};
const auth: SettingRule = {
  expected: "a list of methods, each once, such as [ticket({ … })]",
  accepts: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => each?.begin) &&
    new Set(value.map(({ method }) => method)).size === value.length,
};
/** The rules of the options that `connect` of every entry point takes. */
export const CONNECT_OPTIONS: SettingRules<CallerOptions> = {
  url,
  transports: list,
  transport: object,
  realm,
  auth,
  serializers,
  batches: flag,
  headers: {
    expected: "an object or a function that returns one",
    accepts: (value) => typeof value === "function" || object.accepts(value),
  },
  tls: object,
  reconnect: { expected: "an object or false", accepts: (value) => value === false || object.accepts(value) },
  connectTimeoutMs: positive,
  signal: object,
  pingIntervalMs: positive,
  heartbeatMs: natural,
  maxMessageBytes: messageSize,
  offline,
  callStacks: flag,
  clock: object,
  onError: callback,
};
const RECONNECT: SettingRules<ReconnectOptions> = {
  minMs: positive,
  maxMs: positive,
  attempts: positive,
  giveUpAfterMs: positive,
  stableAfterMs: positive,
};

/** Checks the options of an entry point's `connect`. Throws `TypeError` for an invalid one. */
export function checkConnect<Options extends CallerOptions>(options: Options, rules: SettingRules<Options>): void {
  checkSettings(withKnownUrls(options), rules, "connect");
}

/** Returns the options without the URLs of further transports, which check them. */
function withKnownUrls<Options extends CallerOptions>(options: Options): Options {
  const { url, transports } = options ?? {};
  if (!Array.isArray(transports)) return options;
  return { ...options, url: [url ?? []].flat().filter((each) => !transports.some((other) => other?.takes?.(each))) };
}

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
 * Returns the settings of a peer. `checkConnect` has checked its options. Throws `TypeError` for options that contradict each
 * other.
 */
export function supervisionOf(options: CallerOptions, parts: PeerParts): Supervision {
  for (const [index, { instead }] of options.auth?.entries() ?? [])
    if (instead) throw new TypeError(`auth[${index}]: ${instead}`);
  if (options.realm === undefined) throw new TypeError(`connect.realm: expected ${realm.expected}, got nothing`);
  if (options.reconnect) checkSettings(options.reconnect, RECONNECT, "reconnect");
  const reconnect = options.transport ? false : (options.reconnect ?? {});
  return {
    ...parts,
    realm: options.realm,
    auth: options.auth,
    open: openerOf(options),
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
    onError: options.onError ?? ((error) => console.error(error)),
  };
}
