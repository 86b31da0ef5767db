import { timerMs } from "../timer.js";
import type { WebSocketData } from "../websocket/websocket.js";

/** One request. */
export interface Post {
  readonly body?: WebSocketData;
  /** Cancels the request. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** A complete answer. */
export interface Posted {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** Makes the requests of one long-poll session. Each request has a time limit. */
export class Requests {
  readonly #fetch: typeof fetch;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(fetchOnce: typeof fetch, headers: Readonly<Record<string, string>>) {
    this.#fetch = (input, init) => fetchOnce(input, init); // the platform's `fetch` must not be called as a method
    this.#headers = headers;
  }

  async post(url: string, { body, signal, timeoutMs }: Post): Promise<Posted> {
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
      return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    }
  }
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
