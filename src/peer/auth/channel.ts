import type { ChannelBinding, PeerInfo } from "../../transport/transport.js";
import { WampError } from "../../wire/error.js";
import { AUTHENTICATION_FAILED } from "../../wire/uris.js";

/** Returns the ID of the channel for channel binding. Throws without retry if the connection has none. */
export function requireChannel({ tls }: PeerInfo, kind: ChannelBinding): Uint8Array {
  const id = tls?.channelId(kind);
  if (id) return id;
  throw new WampError(AUTHENTICATION_FAILED, {
    args: [`channelBinding: this connection has no ${kind}; connect to a wss: URL, on Node`],
  });
}
