import { BlockList, isIP } from "node:net";
import { hostnameOf, isLoopbackName } from "../../transport/hostname.js";
import type { PeerInfo } from "../../transport/transport.js";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Headers of proxies, shared servers and CDNs. A client behind them is not known to be on this machine. Underscores count as
 * hyphens, because some proxies use them.
 */
const FORWARDING: readonly RegExp[] = [
  /^(?:forwarded|via|cdn-loop)$/,
  /^(?:x-forwarded|x-forward-for|x-original|x-originating-ip|x-proxyuser-ip)(?:-|$)/,
  /^(?:front-end-https|x-amz-cf-id|x-amzn-trace-id|x-scheme|x-url-scheme|x-varnish)$/,
  /^(?:x-remote|remote)-(?:ip|addr)$/,
  /(?:^|-)(?:client|real)-?ip$/,
  /-(?:client-connection|socket)-?ip$/,
  /^(?:cf|fastly|fly|x-akamai|x-appengine|x-azure|x-envoy|x-vercel)-/,
];

const WAYS_OUT =
  "set authenticators (`auth`) or roles (`roles`) for the realm, or open it to everyone with `open: true`";

/**
 * Returns why a connection may not join a realm without authenticators and roles, which is for this machine only; `undefined` if it
 * may. Checked per connection, because a listener cannot know about proxies, shared servers and containers.
 */
export function outsideRefusal({ remoteAddress, headers }: PeerInfo): string | undefined {
  const outside = outsideWords(remoteAddress, headers);
  return outside && `this realm is for development and accepts only clients on this machine, ${outside}; ${WAYS_OUT}`;
}

/** Returns the error for listening on a public address with only development realms. */
export function publicListeningRefusal(host: string): string {
  return `host: all realms of this router are for development and accept only clients on this machine, so listening on "${host}" is useless; ${WAYS_OUT}`;
}

/** Returns whether an address or name, as given to `listen`, belongs to this machine only. */
export function isLocalAddress(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return isLoopbackName(host);
  return LOOPBACK.check(host, version === 4 ? "ipv4" : "ipv6");
}

function outsideWords(remoteAddress: string | undefined, headers: PeerInfo["headers"]): string | undefined {
  if (remoteAddress !== undefined && !isLocalAddress(remoteAddress)) return "but this client is on another machine";
  if (!headers) return undefined;
  const forwarded = Object.keys(headers).find(isForwarding);
  if (forwarded !== undefined) return `but this request was forwarded by a proxy (header ${forwarded})`;
  const host = hostnameOf(headers.host);
  return host !== undefined && isLoopbackName(host)
    ? undefined
    : "and only under a name such as localhost (header Host)";
}

function isForwarding(header: string): boolean {
  const name = header.replaceAll("_", "-");
  return FORWARDING.some((each) => each.test(name));
}
