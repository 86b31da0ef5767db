import { jsonOf } from "#json";
import { openRawSocket } from "#rawsocket";
import { BATCHES, checkTls, openWebSocket } from "#websocket";
import type { Transport } from "../transport/transport.js";
import { offeredBy } from "../transport/websocket/websocket.js";
import { misuse } from "../wire/misuse.js";
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
  const offered = offeredBy(serializers, options.batches ?? BATCHES);
  return async ({ attempt, signal, awaitsAnswer }) => {
    const url = urls[attempt % urls.length] as string;
    const given = { ...options, serializers, protocols: [...offered.keys()], offered, awaitsAnswer, signal };
    return (
      options.transports?.find((each) => each.takes(url))?.open(url, given) ??
      openRawSocket?.(url, given) ??
      openWebSocket(url, given)
    );
  };
}
