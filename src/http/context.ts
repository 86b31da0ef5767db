import type { HttpExchange, HttpHost } from "../transport/http/service.js";
import type { EventStream } from "./event-stream.js";
import type { BridgeSettings } from "./options.js";
import type { RequestBody } from "./payload.js";
import type { HttpSessions, Wanted } from "./sessions.js";

/** The bridge, as its requests use it. */
export interface BridgeContext {
  readonly host: HttpHost;
  readonly settings: BridgeSettings;
  readonly sessions: HttpSessions;
  /** Reads the body of a request, which must be JSON. Throws a refusal. Resolves with `undefined` if the client has disconnected. */
  body(exchange: HttpExchange): Promise<RequestBody | undefined>;
  /** Starts a stream in answer to a request. Throws a refusal if there are too many. */
  stream(exchange: HttpExchange, slow: (why: string) => void): EventStream;
}

/** One request to a realm. */
export interface RealmRequest extends Wanted {
  readonly exchange: HttpExchange;
  /** The procedure or topic. */
  readonly uri: string;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
}
