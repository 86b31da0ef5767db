import type { IncomingMessage, ServerResponse } from "node:http";
import type { ListenerHost } from "../listener.js";
import type { PeerInfo } from "../transport.js";
import type { HttpAnswer } from "./answer.js";
import type { HttpPart } from "./part.js";

/** An HTTP part with its service. Apart from `HttpPart`, so that the types of a router need no types of Node. */
export interface ServedPart extends HttpPart {
  /** The CORS methods and headers for pages of other origins. */
  readonly cors: CorsRules;
  /** Starts the service. Called once for each listener. */
  serve(host: HttpHost): HttpService;
}

/** Returns whether a part has a service: `HttpPart` hides it. */
export function isServed(part: HttpPart): part is ServedPart {
  return typeof (part as Partial<ServedPart>).serve === "function";
}

/** The methods and headers that pages of other origins may use. */
export interface CorsRules {
  readonly methods: readonly string[];
  readonly headers: readonly string[];
}

/** The listener of an HTTP part. */
export interface HttpHost {
  readonly router: ListenerHost;
  /** The maximum size of a body, in bytes. */
  readonly maxMessageBytes: number;
  /** The number of unsent bytes beyond which a client that does not read is cut. */
  readonly maxUnsentBytes: number;
}

/** A running HTTP part. */
export interface HttpService {
  /** Answers a request. An exception is a fault of the part: it is reported and answered with 500. */
  answer(exchange: HttpExchange): void | Promise<void>;
  /** Ends all requests. Resolves when all are answered. */
  close(): Promise<void>;
}

/** One request, and the place for its answer. */
export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The decoded segments of the path below that of the part. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly info: PeerInfo;
  /** Sends a complete answer. Does nothing if one was sent or the client has disconnected. */
  reply(answer: HttpAnswer): void;
  /** Counts the memory of a body that has arrived in part, in bytes; 0 once it is complete. Beyond a limit, the connection is cut. */
  unfinished(bytes: number): void;
  /** Starts or stops the time limit for the body. */
  expectBody(isExpected: boolean): void;
}
