import { isIP } from "node:net";

/** The hostname of a Host header, in lower case and without port; `undefined` for one that is missing or none. */
export function hostnameOf(host: string | readonly string[] | undefined): string | undefined {
  if (typeof host !== "string" || /[/\\?#@\s]/.test(host) || !URL.canParse(`http://${host}`)) return undefined;
  return new URL(`http://${host}`).hostname;
}

/** Whether a hostname is one that stands for this machine, whatever a name server says. */
export function isLoopbackName(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (isIP(hostname) === 4 && hostname.startsWith("127."));
}

/** Whether a hostname is an address: no name server can make another machine's name of it. */
export function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[(.*)\]$/, "$1")) !== 0;
}
