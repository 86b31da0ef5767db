import type { HttpExchange, HttpHost } from "../transport/http/part.js";
import type { EventStream } from "./event-stream.js";
import type { BridgeSettings } from "./options.js";
import type { RequestBody } from "./payload.js";
import type { HttpSessions, Wanted } from "./sessions.js";

/** The bridge, as its requests see it. */
export interface BridgeContext {
  readonly host: HttpHost;
  readonly settings: BridgeSettings;
  readonly sessions: HttpSessions;
  /** The body of a request that has to be JSON. Throws a refusal, and `undefined` where whoever asked is gone. */
  body(exchange: HttpExchange): Promise<RequestBody | undefined>;
  /** Begins a stream in answer to a request. Throws a refusal where there are too many. */
  stream(exchange: HttpExchange, slow: (why: string) => void): EventStream;
}

/** One request for something in a realm. */
export interface RealmRequest extends Wanted {
  readonly exchange: HttpExchange;
  /** The procedure or topic. */
  readonly uri: string;
  /** Aborted when whoever asked is gone. */
  readonly signal: AbortSignal;
}
