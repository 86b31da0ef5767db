import type { TlsOptions } from "./tls-options.js";

/** What is known of an attempt to connect. */
export interface ConnectAttempt {
  readonly signal: AbortSignal;
  readonly tls?: TlsOptions | undefined;
  /** Says what an error means that comes of another protocol behind the port, such as TLS; `undefined` where it does not. */
  protocolFault(error: NodeJS.ErrnoException): string | undefined;
}

/** The error of an attempt to connect, in words, with what to do. */
export function connectFailure(url: string, { signal, tls, protocolFault }: ConnectAttempt, thrown: Error): Error {
  const error: Error = signal.aborted ? (signal.reason as Error) : thrown;
  // Node joins what each address of a name answered into one error without a message of its own.
  const errors: readonly Error[] = error instanceof AggregateError ? error.errors : [error];
  const causes = errors.map((each) => protocolFault(each) ?? `${each.message}${trustHint(each, tls)}`).join("; ");
  return new Error(`cannot connect to ${url}: ${causes}`, { cause: error });
}

/** Whether an error says that TLS was spoken to a port that does not. */
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

/** What to do about a certificate that nobody vouches for. */
function trustHint({ code }: NodeJS.ErrnoException, tls: TlsOptions = {}): string {
  if (!UNTRUSTED.has(code)) return "";
  return tls.ca === undefined ? "; give connect({ tls: { ca } })" : "; nothing in tls.ca has signed it";
}
