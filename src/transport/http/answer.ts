import type { ServerResponse } from "node:http";

/** A complete answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is UTF-8. */
  readonly body?: string | Uint8Array;
}

/** Sends an answer. Does nothing if one was sent or the client has disconnected. */
export function send(response: ServerResponse, { status, headers, body = "" }: HttpAnswer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...(status !== 204 && { "content-length": Buffer.byteLength(body) }),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

/** Returns an answer in plain text. */
export function words(status: number, text: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body: `${text}\n` };
}
