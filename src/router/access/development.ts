import { BlockList, isIP } from "node:net";
import { hostnameOf, isLoopbackName } from "../../transport/hostname.js";
import type { PeerInfo } from "../../transport/transport.js";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Headers that proxies, shared servers and delivery networks add: whoever is behind them is not known to be on this machine. Underscores are
 * read as hyphens, since some write them so.
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

const WAYS_OUT = "give the realm authenticators (`auth`) or roles (`roles`), or open it to everybody with `open: true`";

/**
 * Why a connection may not come into a realm that has neither authenticators nor roles, which is for this machine only; `undefined` where it
 * may. Judged for each connection: a listener cannot know of proxies, shared servers and containers.
 */
export function outsideRefusal({ remoteAddress, headers }: PeerInfo): string | undefined {
  const outside = outsideWords(remoteAddress, headers);
  return outside && `this realm is for development and takes clients of this machine only, ${outside}; ${WAYS_OUT}`;
}

/** Why a router does not listen on a public address where all of its realms are for development. */
export function publicListeningRefusal(host: string): string {
  return `host: all realms of this router are for development, which take clients of this machine only, so that "${host}" would let nobody in; ${WAYS_OUT}`;
}

/** Whether an address or name, as given to `listen`, is one of this machine only. */
export function isLocalAddress(host: string): boolean {
  const version = isIP(host);
  if (version === 0) return isLoopbackName(host);
  return LOOPBACK.check(host, version === 4 ? "ipv4" : "ipv6");
}

function outsideWords(remoteAddress: string | undefined, headers: PeerInfo["headers"]): string | undefined {
  if (remoteAddress !== undefined && !isLocalAddress(remoteAddress)) return "and this one comes from another";
  if (!headers) return undefined;
  const forwarded = Object.keys(headers).find(isForwarding);
  if (forwarded !== undefined) return `and a proxy has passed this one on (header ${forwarded})`;
  const host = hostnameOf(headers.host);
  return host !== undefined && isLoopbackName(host) ? undefined : "under a name such as localhost (header Host)";
}

function isForwarding(header: string): boolean {
  const name = header.replaceAll("_", "-");
  return FORWARDING.some((each) => each.test(name));
}
