import * as z from "zod";
import type { Router } from "../router/router.js";
import { CLUSTER } from "./cluster-schema.js";
import { LISTENER } from "./listener-schema.js";
import { ADMIN, LOGS, METRICS } from "./operations-schema.js";
import { REALM } from "./realm-schema.js";
import type { WampactConfig } from "./settings.js";
import { exact, expecting, flag, inCode, integer, oneOf, orFalse, positive, some, strict, text } from "./words.js";

const PATHS = "a path or a list of paths";

const paths = () => z.union([text(PATHS, true), some(text(PATHS, true), PATHS)], expecting(PATHS, { quotes: true }));

const CODEGEN = {
  schemas: paths()
    .optional()
    .describe("For `wampact codegen`: contract files, or directories of them. Default: `schemas`."),
  out: text("a path", true)
    .optional()
    .describe("For `wampact codegen`: where the generated files go. Default: `generated` beside the contracts."),
  importExtension: oneOf("js", "ts")
    .optional()
    .describe(
      "For `wampact codegen`: how relative imports end. Default: `ts` where the tsconfig allows it, else `js`.",
    ),
  thin: strict({
    contracts: paths().optional().describe("The contracts that have one: files, or directories of them. Default: all."),
    history: flag()
      .optional()
      .describe("Whether topics can read the events of the past, which adds to bundles. Default: false."),
    checkEvents: flag()
      .optional()
      .describe(
        "Whether events are checked against what the contract says of their structure, which adds to bundles. Default: false.",
      ),
  })
    .optional()
    .describe("For `wampact codegen`: prints thin clients as well, which do not import the contract. Default: none."),
};

/** Everything that a configuration may say. What is left out has its default in the output. */
export const CONFIG: z.ZodType<WampactConfig> = exact(
  strict({
    realms: z
      .array(REALM, expecting('a list of realms, such as { "name": "com.app" }'))
      .min(1, expecting('at least one realm, such as { "name": "com.app" }'))
      .optional()
      .describe("The realms, whose sessions never meet those of another. Default: `realm1`, for development."),
    listeners: z
      .array(LISTENER, expecting('a list of listeners, such as { "type": "websocket", "port": 8080 }'))
      .min(1, expecting('at least one listener, such as { "type": "websocket", "port": 8080 }'))
      .prefault([{ type: "websocket" }])
      .describe("The ways for clients to reach the router."),
    cluster: CLUSTER.optional().describe(
      "Other routers with which this one makes its realms one, which all have the same. Default: it is alone.",
    ),
    serializers: z
      .array(oneOf("json", "msgpack", "cbor"), expecting("a list of serializers"))
      .min(1, expecting('at least one serializer, such as "json"'))
      .default(["json", "msgpack", "cbor"])
      .describe("What connections may speak, in order of preference."),
    agent: text("a string that is not empty", true)
      .default("wampact")
      .describe("What WELCOME names as the router's software."),
    handshakeTimeoutMs: positive()
      .default(10_000)
      .describe(
        "Longest time a connection may take to open, to say HELLO, to be authenticated, or to answer GOODBYE: each.",
      ),
    failedLogins: strict({
      slowAuthid: flag().default(true).describe("Those under the same `authid`."),
      slowAddress: flag()
        .default(true)
        .describe("Those from the same address; false behind a proxy on another machine."),
    })
      .prefault({})
      .describe("Which failed logins slow down the next ones."),
    maxHandshakesPerSecond: orFalse(positive(), "a number above 0")
      .default(200)
      .describe("How many connections are let in within a second; those that come faster wait. False: all."),
    maxTotalUnsentBytes: positive()
      .optional()
      .describe(
        "Unsent bytes of all connections, beyond which those that read slowest are cut. Default: a quarter of the memory, at most 1 GiB.",
      ),
    drainMs: integer(0)
      .default(5_000)
      .describe("Longest time for calls under way to be answered when the router ends; 0 ends everything at once."),
    retryAfterMs: integer(0)
      .optional()
      .describe("When clients are told to try again, as the router ends. Default: nothing is told."),
    logs: LOGS.prefault({}).describe("What is logged, on standard error."),
    admin: ADMIN.optional().describe("A listener for operators: health, readiness, metrics, reloading. Default: none."),
    metrics: METRICS.prefault({}).describe("What is measured, where there is an admin listener."),
    control: z
      .union([text(), z.literal(false)], expecting("a path, or false", { quotes: true }))
      .optional()
      .describe(
        "The Unix socket for `wampact router reload`; false for none. Default: beside the configuration, else in XDG_RUNTIME_DIR.",
      ),
    onListening: inCode<(router: Router) => void | Promise<void>>("a function", (value) => typeof value === "function")
      .optional()
      .describe("Called once the router listens."),
    ...CODEGEN,
    $schema: z.string(expecting("a string")).optional().describe("This schema, for editors."),
  } satisfies { readonly [Name in keyof Required<WampactConfig>]: z.ZodType }),
);
