import type { ServerResponse } from "node:http";

/** An answer that is known as a whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is UTF-8. */
  readonly body?: string | Uint8Array;
}

/** Sends an answer; nothing where one has been sent, or nobody is left to get it. */
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

/** An answer in plain words. */
export function words(status: number, text: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body: `${text}\n` };
}
