import { DEVELOPMENT } from "#development";
import { jsonOf } from "#json";
import { openRawSocket } from "#rawsocket";
import { BATCHES, checkTls, openWebSocket } from "#websocket";
import { RECORD_SEPARATOR } from "../transport/batch-reader.js";
import { BatchSplitter } from "../transport/batch-splitter.js";
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
import { misuse } from "../wire/misuse.js";
import type { MessageSerializer } from "../wire/serializer.js";
import type { PeerParts } from "./parts.js";
import type { Supervision } from "./supervision.js";
import type { CallerOptions } from "./types.js";

/**
 * Returns a function that opens the transports of a peer: the given transport, otherwise sockets to its URLs. Throws `TypeError`
 * for invalid options.
 */
export function openerOf(options: CallerOptions, parts: Pick<PeerParts, "messages">): Supervision["open"] {
  return options.transport ? onlyOnce(options.transport) : socketsOf(options, parts);
}

function onlyOnce(transport: Transport): Supervision["open"] {
  let opened = false;
  return async () => {
    if (opened) throw misuse("transport", "it is closed and cannot be reopened");
    opened = true;
    return transport;
  };
}

/** Returns the URLs that are tried in turn. */
export function urlsOf({ url = [] }: CallerOptions): readonly string[] {
  return typeof url === "string" ? [url] : url;
}

/** Opens a socket to the next URL, and connects it to the negotiated serializer. */
function socketsOf(options: CallerOptions, { messages }: Pick<PeerParts, "messages">): Supervision["open"] {
  const urls = urlsOf(options);
  if (urls.length === 0) throw misuse("connect.url", false); // see `realm`
  if (options.tls) checkTls(options.tls);
  const serializers = options.serializers ?? [jsonOf(messages)];
  const byProtocol = new Map<string, MessageSerializer>(serializers.map((each) => [subprotocolOf(each), each]));
  // Routers that follow the client's order choose what all support. Our router prefers batches at any position.
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
      const expected = DEVELOPMENT ? `; expected ${[...byProtocol.keys()].join(", ")}` : "";
      throw new Error(`${url} agreed to the sub-protocol "${protocol}"${expected}`);
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
