import { timerMs } from "../timer.js";
import type { WebSocketData } from "../websocket/websocket.js";

/** One request. */
export interface Post {
  readonly body?: WebSocketData;
  /** Cancels the request. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** The maximum size of the answer, in bytes. Reading stops at it. Default: 64 KiB. */
  readonly maxBytes?: number;
}

/** An answer. */
export interface Posted {
  readonly status: number;
  /** Its body; the beginning of a body that is larger than allowed. */
  readonly bytes: Uint8Array;
  readonly isTooLarge: boolean;
}

/** The maximum size of answers that bring no messages. */
const MOST_BYTES = 64 * 1024;

/** Makes the requests of one long-poll session. Each request has a time limit. */
export class Requests {
  readonly #fetch: typeof fetch;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(fetchOnce: typeof fetch, headers: Readonly<Record<string, string>>) {
    this.#fetch = (input, init) => fetchOnce(input, init); // the platform's `fetch` must not be called as a method
    this.#headers = headers;
  }

  async post(url: string, { body, signal, timeoutMs, maxBytes = MOST_BYTES }: Post): Promise<Posted> {
    const controller = new AbortController();
    const giveUp = () => controller.abort(signal.reason);
    const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timerMs(timeoutMs));
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    try {
      const type = typeof body === "string" ? "application/json" : "application/octet-stream";
      const response = await this.#fetch(url, {
        method: "POST",
        headers: { "content-type": type, ...this.#headers },
        ...(body !== undefined && { body: body as string | Uint8Array<ArrayBuffer> }),
        signal: controller.signal,
        credentials: "include", // a proxy may use a cookie to find the session's router
      });
      return { status: response.status, ...(await readUpTo(response, maxBytes)) };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    }
  }
}

/** Reads a body, and cancels the rest of one that is too large. */
async function readUpTo(response: Response, maxBytes: number): Promise<Omit<Posted, "status">> {
  if (!response.body) return readWhole(response, maxBytes);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= maxBytes) {
    const { done, value } = await reader.read();
    if (done) return { bytes: joined(chunks, length), isTooLarge: false };
    chunks.push(value);
    length += value.length;
  }
  reader.cancel().catch(() => {}); // a connection that breaks meanwhile is of no use any more
  return { bytes: joined(chunks, length).subarray(0, maxBytes), isTooLarge: true };
}

/** Reads a body of a `fetch` that has no streams, such as React Native's, or an empty one. */
async function readWhole(response: Response, maxBytes: number): Promise<Omit<Posted, "status">> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { bytes: bytes.subarray(0, maxBytes), isTooLarge: bytes.length > maxBytes };
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks;
  if (first && chunks.length === 1) return first;
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** Returns whether a request was accepted. The specification says 202; routers send 204. */
export function isTaken({ status }: Posted): boolean {
  return status >= 200 && status <= 204;
}

export function textOf({ bytes }: Posted): string {
  return new TextDecoder().decode(bytes);
}

/** Returns the status and text of an answer, for errors. */
export function wordsOf(answer: Posted): string {
  return `${answer.status} ${textOf(answer).trim().slice(0, 200)}`.trim();
}
