import type { IncomingMessage, ServerResponse } from "node:http";
import type { ListenerHost } from "../listener.js";
import type { PeerInfo } from "../transport.js";

/** Serves HTTP requests at the port of a listener for WebSockets: `httpBridge()` or `longPoll()` of `wampact/http`. */
export interface HttpPart {
  /** Its requests are those below this path, such as `/api`. */
  readonly path: string;
  /** Methods and headers that pages of other origins may use, as CORS has them. */
  readonly cors: CorsRules;
  /** Called once for each listener that serves it. */
  serve(host: HttpHost): HttpService;
}

/** Methods and headers that pages of other origins may use. */
export interface CorsRules {
  readonly methods: readonly string[];
  readonly headers: readonly string[];
}

/** The listener of an HTTP part. */
export interface HttpHost {
  readonly router: ListenerHost;
  /** Largest body accepted, in bytes. */
  readonly maxMessageBytes: number;
  /** Unsent bytes beyond which a client that does not read is cut. */
  readonly maxUnsentBytes: number;
}

/** An HTTP part that serves. */
export interface HttpService {
  /** Answers a request. What it throws is a fault of ours, which is reported and answered with 500. */
  answer(exchange: HttpExchange): void | Promise<void>;
  /** Ends what is under way. Resolves when all of it is answered. */
  close(): Promise<void>;
}

/** One request, and where its answer goes. */
export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The segments of the path below that of the part, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly info: PeerInfo;
  /** Says that the body is awaited, which then has to come in time, or not any more. */
  expectBody(isExpected: boolean): void;
}
