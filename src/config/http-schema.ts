import type * as z from "zod";
import type { LongPollOptions } from "../transport/longpoll/listener.js";
import type { HttpBridgeSettings } from "./settings.js";
import { exact, integer, positive, some, strict, text } from "./words.js";

const PATH = 'a path of letters, digits, "-", "_" and ".", such as "/api"';
const path = text(PATH, true);

const HTTP_BRIDGE: z.ZodType<HttpBridgeSettings> = exact(
  strict(
    {
      path: path.default("/api").describe("The base path. Calls go to `<path>/<realm>/call/<procedure>`."),
      realms: some(text("the name of a realm", true), "a list of realms")
        .optional()
        .describe("The realms that clients can reach. Default: all."),
      maxRequests: integer(1)
        .default(1_000)
        .describe(
          "The maximum number of concurrent requests, without event streams. Beyond it, requests are answered with 503.",
        ),
      maxStreams: integer(1)
        .default(1_000)
        .describe("The maximum number of concurrent event streams. Beyond it, requests are answered with 503."),
      maxStreamBytes: integer(1)
        .default(64 * 1024 * 1024)
        .describe(
          "The maximum size of the data that waits for a client that does not read. Beyond it, the next event cuts the stream.",
        ),
      heartbeatMs: positive()
        .default(15_000)
        .describe("The interval at which a stream without events sends a sign of life."),
      callTimeoutMs: positive().default(60_000).describe("The maximum time of a call."),
      maxSessions: integer(1).default(1_000).describe("The maximum number of sessions kept for authenticated clients."),
      idleMs: positive().default(30_000).describe("The time for which such a session is kept without a request."),
      sessionMs: positive()
        .default(300_000)
        .describe("The maximum age of such a session. The next request logs in again."),
      openapi: text("the path of a file", true)
        .optional()
        .describe(
          "The path of an OpenAPI document to serve at `<path>/openapi.json`, relative to the configuration. Default: none.",
        ),
    } satisfies { readonly [Name in keyof Required<HttpBridgeSettings>]: z.ZodType },
    "an object, such as {}",
  ),
);

const LONG_POLL: z.ZodType<LongPollOptions> = exact(
  strict(
    {
      path: path.default("/lp").describe("The base path. Clients open a session at `<path>/open`."),
      pollMs: positive().default(10_000).describe("The time for which a request waits for messages."),
      silentMs: positive()
        .default(30_000)
        .describe("The time after which a client without such a request counts as dead."),
      maxSessions: integer(1)
        .default(10_000)
        .describe("The maximum number of concurrent sessions. Beyond it, requests are answered with 503."),
    } satisfies { readonly [Name in keyof Required<LongPollOptions>]: z.ZodType },
    "an object, such as {}",
  ),
);

/** The settings of a listener that serve HTTP beside its WebSockets. */
export const HTTP: {
  readonly httpBridge: z.ZodOptional<z.ZodType<HttpBridgeSettings>>;
  readonly longPoll: z.ZodOptional<z.ZodType<LongPollOptions>>;
} = {
  httpBridge: HTTP_BRIDGE.optional().describe(
    "Serves calls, publications and events to HTTP clients; {} for its defaults. Default: none.",
  ),
  longPoll: LONG_POLL.optional().describe("Accepts WAMP over HTTP long-poll; {} for its defaults. Default: none."),
};
