import type { TlsOptions } from "./tls-options.js";

/** The context of a connection attempt. */
export interface ConnectAttempt {
  readonly signal: AbortSignal;
  readonly tls?: TlsOptions | undefined;
  /** Explains an error caused by a different protocol on the port, such as TLS; `undefined` for any other error. */
  protocolFault(error: NodeJS.ErrnoException): string | undefined;
}

/** Returns a URL for messages, which end up in logs: without user, password and query, where applications put tokens. */
export function shownUrl(url: string): string {
  return url.replace(/^(wss?:\/\/)[^/?#]*@/, "$1").replace(/^(wss?:[^?]*\?).*/, "$1…");
}

/** Returns the error of a connection attempt, with a message that says what to do. */
export function connectFailure(url: string, { signal, tls, protocolFault }: ConnectAttempt, thrown: Error): Error {
  const error: Error = signal.aborted ? (signal.reason as Error) : thrown;
  // For a name with several addresses, Node throws an AggregateError without a message.
  const errors: readonly Error[] = error instanceof AggregateError ? error.errors : [error];
  const causes = errors.map((each) => protocolFault(each) ?? `${each.message}${trustHint(each, tls)}`).join("; ");
  return new Error(`cannot connect to ${shownUrl(url)}: ${causes}`, { cause: error });
}

/** Returns whether an error means that the port does not use TLS. */
export function speaksNoTls({ message }: Error): boolean {
  return /wrong version number|packet length too long/.test(message);
}

const UNTRUSTED: ReadonlySet<string | undefined> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Returns a hint for an untrusted certificate. */
function trustHint({ code }: NodeJS.ErrnoException, tls: TlsOptions = {}): string {
  if (!UNTRUSTED.has(code)) return "";
  return tls.ca === undefined ? "; pass connect({ tls: { ca } })" : "; no certificate in tls.ca has signed it";
}
