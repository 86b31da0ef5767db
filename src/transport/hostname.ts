import { isIP } from "node:net";

/** Returns the hostname of a Host header, in lower case without port; `undefined` if it is missing or invalid. */
export function hostnameOf(host: string | readonly string[] | undefined): string | undefined {
  if (typeof host !== "string" || /[/\\?#@\s]/.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname;
}

/** Returns whether a hostname always means this machine, without asking a name server. */
export function isLoopbackName(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (isIP(hostname) === 4 && hostname.startsWith("127."));
}

/** Returns whether a hostname is an IP address, which no name server can redirect. */
export function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[(.*)\]$/, "$1")) !== 0;
}
