import type { ChannelBinding, PeerInfo } from "../../transport/transport.js";
import type { Dict } from "../../wire/fields.js";
import { oneOf, type SettingRule } from "../../wire/settings.js";

/** Whether clients may or must bind their login to the TLS connection. */
export type ChannelPolicy = "optional" | "required";

export const channelPolicy: SettingRule = oneOf("optional", "required");

/** Returns the channel binding that a client's `authextra.channel_binding` requests, if any, or why it is not possible. */
export function requestedBinding(
  authextra: Dict | undefined,
  { tls }: PeerInfo,
  policy: ChannelPolicy = "optional",
):
  | { readonly binding: { readonly kind: ChannelBinding; readonly data: Uint8Array } | undefined }
  | { readonly why: string } {
  const asked = authextra?.channel_binding ?? undefined;
  if (asked === undefined) {
    return policy === "required" ? { why: "this realm requires channel_binding" } : { binding: undefined };
  }
  if (asked !== "tls-exporter" && asked !== "tls-unique")
    return { why: 'HELLO.details.authextra.channel_binding: expected "tls-exporter" or "tls-unique"' };
  const data = tls?.channelId(asked);
  return data
    ? { binding: { kind: asked, data } }
    : { why: `this connection does not support the channel binding ${asked}` };
}
