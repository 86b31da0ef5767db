import type * as z from "zod";
import type { LongPollOptions } from "../transport/longpoll/listener.js";
import type { HttpBridgeSettings } from "./settings.js";
import { exact, integer, positive, some, strict, text } from "./words.js";

const PATH = 'a path of letters, digits, "-", "_" and ".", such as "/api"';
const path = text(PATH, true);

const HTTP_BRIDGE: z.ZodType<HttpBridgeSettings> = exact(
  strict(
    {
      path: path.default("/api").describe("Where it is: calls go to `<path>/<realm>/call/<procedure>`."),
      realms: some(text("the name of a realm", true), "a list of realms")
        .optional()
        .describe("The realms that can be reached. Default: all."),
      maxRequests: integer(1)
        .default(1_000)
        .describe("Requests at once, without event streams. One more is answered with 503."),
      maxStreams: integer(1).default(1_000).describe("Streams of events at once; one more is answered with 503."),
      maxStreamBytes: integer(1)
        .default(64 * 1024 * 1024)
        .describe(
          "Bytes that wait for a stream whose client does not read. Beyond it, the next event cuts the stream.",
        ),
      heartbeatMs: positive().default(15_000).describe("How often a quiet stream sends a sign of life."),
      callTimeoutMs: positive().default(60_000).describe("Longest time a call may take."),
      maxSessions: integer(1).default(1_000).describe("Sessions kept for those who log in with a ticket."),
      idleMs: positive().default(30_000).describe("How long such a session stands without a request."),
      sessionMs: positive().default(300_000).describe("How old such a session gets: the next request logs in anew."),
      openapi: text("the path of a file", true)
        .optional()
        .describe("A document that is given at `<path>/openapi.json`, relative to the configuration. Default: none."),
    } satisfies { readonly [Name in keyof Required<HttpBridgeSettings>]: z.ZodType },
    "an object, such as {}",
  ),
);

const LONG_POLL: z.ZodType<LongPollOptions> = exact(
  strict(
    {
      path: path.default("/lp").describe("Its base URL: clients open a session at `<path>/open`."),
      pollMs: positive().default(10_000).describe("How long a request for messages waits for one."),
      silentMs: positive()
        .default(30_000)
        .describe("How long a client may be without such a request until it counts as dead."),
      maxSessions: integer(1).default(10_000).describe("Sessions at once; one more is answered with 503."),
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
    "Lets HTTP clients call, publish and hear events; {} for its defaults. Default: none.",
  ),
  longPoll: LONG_POLL.optional().describe("Takes WAMP over HTTP long-poll; {} for its defaults. Default: none."),
};
