import * as z from "zod";
import type { Router } from "../router/router.js";
import { CLUSTER } from "./cluster-schema.js";
import { LISTENER } from "./listener-schema.js";
import { ADMIN, LOGS, METRICS } from "./operations-schema.js";
import { REALM } from "./realm-schema.js";
import type { WampactConfig } from "./settings.js";
import { exact, expecting, flag, inCode, integer, oneOf, orFalse, positive, some, strict, text } from "./words.js";
import { MOST_WORKERS } from "./workers.js";

const PATHS = "a path or a list of paths";

const paths = () =>
  z.union([text("a path", true), some(text("a path", true), PATHS)], expecting(PATHS, { quotes: true }));

const CODEGEN = {
  schemas: paths()
    .optional()
    .describe("For `wampact codegen`: the contract files, or directories with contract files. Default: `schemas`."),
  out: text("a path", true)
    .optional()
    .describe("For `wampact codegen`: the output directory. Default: `generated` next to the contracts."),
  importExtension: oneOf("js", "ts", "none")
    .optional()
    .describe(
      'For `wampact codegen`: the extension of relative imports. Default: `ts` if the tsconfig allows it, `none` if it has `moduleResolution: "bundler"` and `noEmit`, else `js`.',
    ),
  thin: strict({
    contracts: paths()
      .optional()
      .describe("The contracts with a thin client: files, or directories of them. Default: all."),
    history: flag()
      .optional()
      .describe("Whether topics can read histories, which makes bundles larger. Default: false."),
    checkEvents: flag()
      .optional()
      .describe(
        "Whether the structure of events is checked against the contract, which makes bundles larger. Default: false.",
      ),
    middleware: flag()
      .optional()
      .describe("Whether clients take middleware (`use`), which makes bundles larger. Default: false."),
  })
    .optional()
    .describe("For `wampact codegen`: also generates thin clients, which do not import the contract. Default: none."),
};

/** The schema of a configuration. Its output contains the defaults. */
export const CONFIG: z.ZodType<WampactConfig> = exact(
  strict({
    realms: z
      .array(REALM, expecting('a list of realms, such as { "name": "com.app" }'))
      .min(1, expecting('at least one realm, such as { "name": "com.app" }'))
      .optional()
      .describe(
        "The realms. Sessions of different realms are isolated from each other. Default: `realm1`, for development.",
      ),
    listeners: z
      .array(LISTENER, expecting('a list of listeners, such as { "type": "websocket", "port": 8080 }'))
      .min(1, expecting('at least one listener, such as { "type": "websocket", "port": 8080 }'))
      .prefault([{ type: "websocket" }])
      .describe("The listeners for client connections."),
    cluster: CLUSTER.optional().describe(
      "The cluster of routers that share their realms. All routers must have the same realms. Default: no cluster.",
    ),
    workers: integer(1, MOST_WORKERS)
      .default(1)
      .describe("The number of processes in which the router runs. They share its ports."),
    serializers: z
      .array(oneOf("json", "msgpack", "cbor"), expecting("a list of serializers"))
      .min(1, expecting('at least one serializer, such as "json"'))
      .default(["json", "msgpack", "cbor"])
      .describe("The serializers of connections, in order of preference."),
    agent: text("a non-empty string", true)
      .default("wampact")
      .describe("The name of the router's software in WELCOME."),
    handshakeTimeoutMs: positive()
      .default(10_000)
      .describe("The timeout for each of: opening a connection, HELLO, authentication, and the answer to GOODBYE."),
    failedLogins: strict({
      slowAuthid: flag().default(true).describe("Whether failed logins with an `authid` delay further logins with it."),
      slowAddress: flag()
        .default(true)
        .describe(
          "Whether failed logins from an address delay further logins from it. Set to false behind a proxy on another machine.",
        ),
    })
      .prefault({})
      .describe("The delay of logins after failed ones."),
    maxHandshakesPerSecond: orFalse(positive(), "a positive number")
      .default(200)
      .describe("The maximum number of handshakes per second. Further connections wait. False: no limit."),
    maxTotalUnsentBytes: positive()
      .optional()
      .describe(
        "The maximum number of unsent bytes of all connections, and the maximum memory of their incomplete messages. Beyond it, the slowest connections are cut. Default: a quarter of the memory, at most 1 GiB.",
      ),
    drainMs: integer(0)
      .default(5_000)
      .describe("The maximum time to wait for pending calls at shutdown; 0: no waiting."),
    retryAfterMs: integer(0)
      .optional()
      .describe("The reconnect delay that clients are told at shutdown. Default: none."),
    logs: LOGS.prefault({}).describe("The log, which is written to standard error."),
    admin: ADMIN.optional().describe("The admin listener for health, readiness, metrics and reloads. Default: none."),
    metrics: METRICS.prefault({}).describe("The metrics of the admin listener."),
    control: z
      .union([text(), z.literal(false)], expecting("a path, or false", { quotes: true }))
      .optional()
      .describe(
        "The Unix socket for `wampact router reload`; false for none. Default: next to the configuration, else in XDG_RUNTIME_DIR.",
      ),
    onListening: inCode<(router: Router) => void | Promise<void>>("a function", (value) => typeof value === "function")
      .optional()
      .describe("A function that is called once the router listens."),
    ...CODEGEN,
    $schema: z.string(expecting("a string")).optional().describe("The path of this schema, for editors."),
  } satisfies { readonly [Name in keyof Required<WampactConfig>]: z.ZodType }),
);
