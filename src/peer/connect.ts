import { CALL_STACKS } from "#call-stack";
import { json } from "#json";
import { openRawSocket, url } from "#rawsocket";
import { BATCHES, checkTls, openWebSocket, PINGS } from "#websocket";
import { SYSTEM_CLOCK } from "../session/clock.js";
import { RECORD_SEPARATOR } from "../transport/batch-reader.js";
import { BatchSplitter } from "../transport/batch-splitter.js";
import { messageSize } from "../transport/message-size.js";
import { SocketTransport } from "../transport/socket.js";
import type { Transport } from "../transport/transport.js";
import {
  batchedData,
  batchedSubprotocolOf,
  isBatched,
  subprotocolOf,
  webSocketBytes,
  webSocketData,
} from "../transport/websocket/websocket.js";
import type { Serializer } from "../wire/serializer.js";
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
import { PayloadSchemes } from "./payload-schemes.js";
import { SupervisedPeer } from "./supervised-peer.js";
import type { Supervision } from "./supervision.js";
import type { ConnectOptions, Peer, ReconnectOptions, StartablePeer } from "./types.js";

/**
 * Connects to a router and joins a realm. Resolves when the session stands. While the router cannot be reached it tries again, as
 * `reconnect` says, and `onError` is told once. Rejects when it is refused for good (`wamp.error.no_such_realm`, a rejected login, on Node 403),
 * when the bounds of `reconnect` are reached (with what the last attempt failed with), with `wamp.error.canceled` when `signal` is
 * aborted, and with `TypeError` for options that cannot be, which includes what a function for a secret gives.
 *
 * ```ts
 * const peer = await connect({ url: "ws://127.0.0.1:8080/ws", realm: "com.app" });
 * ```
 */
export async function connect(options: ConnectOptions): Promise<Peer> {
  const peer = new SupervisedPeer(supervisionOf(options));
  const { signal } = options;
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
 * Creates a peer that does not connect yet, for code that needs the peer before its session, such as a user interface. It is
 * `connecting`; `start()` connects, and `close()` gives that up. Until its session stands, it is a peer without a connection: calls and
 * publications wait or fail as `offline` says. Throws `TypeError` for options that cannot be.
 *
 * ```ts
 * const peer = createPeer({ url: "ws://127.0.0.1:8080/ws", realm: "com.app" });
 * const client = createCalculatorClient(peer);
 * peer.on("state", show);
 * await peer.start();
 * ```
 */
export function createPeer(options: Omit<ConnectOptions, "signal">): StartablePeer {
  return new SupervisedPeer(supervisionOf(options));
}

const realm: SettingRule = {
  expected: 'a URI such as "com.app"',
  accepts: (value) => typeof value === "string" && value !== "", // its form is the router's to judge
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
const OPTIONS: SettingRules<ConnectOptions> = {
  url,
  transports: list,
  transport: object,
  realm,
  auth,
  serializers,
  batches: flag,
  headers: {
    expected: "an object or a function that makes one",
    accepts: (value) => typeof value === "function" || object.accepts(value),
  },
  tls: object,
  reconnect: { expected: "an object or false", accepts: (value) => value === false || object.accepts(value) },
  connectTimeoutMs: positive,
  signal: object,
  passthru: list,
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

function supervisionOf(options: ConnectOptions): Supervision {
  checkSettings(withKnownUrls(options), OPTIONS, "connect");
  for (const [index, { instead }] of options.auth?.entries() ?? [])
    if (instead) throw new TypeError(`auth[${index}]: ${instead}`);
  if (options.realm === undefined) throw new TypeError(`connect.realm: expected ${realm.expected}, got nothing`);
  if (options.reconnect) checkSettings(options.reconnect, RECONNECT, "reconnect");
  const reconnect = options.transport ? false : (options.reconnect ?? {});
  return {
    realm: options.realm,
    auth: options.auth,
    open: options.transport ? onlyOnce(options.transport) : openerOf(options),
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
    schemes: new PayloadSchemes(options.passthru ?? []),
    onError: options.onError ?? ((error) => console.error(error)),
  };
}

/** The options without the URLs of further transports, which judge them. */
function withKnownUrls(options: ConnectOptions): ConnectOptions {
  const { url, transports } = options ?? {};
  if (!Array.isArray(transports)) return options;
  return { ...options, url: [url ?? []].flat().filter((each) => !transports.some((other) => other?.takes?.(each))) };
}

function onlyOnce(transport: Transport): Supervision["open"] {
  let opened = false;
  return async () => {
    if (opened) throw new TypeError("transport: it is closed, and a transport cannot be opened twice");
    opened = true;
    return transport;
  };
}

function urlsOf({ url = [] }: ConnectOptions): readonly string[] {
  return typeof url === "string" ? [url] : url;
}

/** Opens a socket to the URL whose turn it is, and joins it to the serializer that was agreed on. */
function openerOf(options: ConnectOptions): Supervision["open"] {
  const urls = urlsOf(options);
  if (urls.length === 0) throw new TypeError(`connect.url: expected ${url.expected}; or give a transport`);
  if (options.tls) checkTls(options.tls);
  const serializers = options.serializers ?? [json()];
  const byProtocol = new Map<string, Serializer>(serializers.map((each) => [subprotocolOf(each), each]));
  // Routers that follow the client's order get what all of them speak; ours prefers batches, wherever they stand.
  if (options.batches ?? BATCHES) for (const each of serializers) byProtocol.set(batchedSubprotocolOf(each), each);
  return async ({ attempt, signal, awaitsAnswer }) => {
    const url = urls[attempt % urls.length] as string;
    const given = { ...options, serializers, protocols: [...byProtocol.keys()], awaitsAnswer, signal };
    const opened = options.transports?.find((each) => each.takes(url))?.open(url, given) ?? openRawSocket?.(url, given);
    if (opened) return opened;
    const { socket, protocol, maxMessageBytes, tls } = await openWebSocket(url, given);
    const serializer = byProtocol.get(protocol);
    if (!serializer) {
      socket.close(1002, "no sub-protocol agreed on");
      throw new Error(`${url} agreed to the sub-protocol "${protocol}"; expected ${[...byProtocol.keys()].join(", ")}`);
    }
    const batched = isBatched(protocol);
    const encode = batched ? batchedData : webSocketData;
    return new SocketTransport({
      info: { kind: "websocket", tls },
      socket,
      serializer,
      maxMessageBytes,
      batches: batched ? new BatchSplitter(serializer.binary ? "length" : RECORD_SEPARATOR) : undefined,
      frame: (message) => encode(serializer, message),
      bytesOf: webSocketBytes,
    });
  };
}
