import * as z from "zod";
import type { LogLevel } from "../operations/log/types.js";
import type { MetricsOptions } from "../operations/metrics/types.js";
import { orVariable, reference } from "./auth-schema.js";
import { MODE, TLS } from "./listener-schema.js";
import type { AdminSettings, LogSettings } from "./settings.js";
import { exact, expecting, flag, integer, oneOf, strict, text } from "./words.js";

const LEVELS = ["debug", "info", "warn", "error", "silent"] as const satisfies readonly LogLevel[];

/** The log settings. */
export const LOGS: z.ZodType<LogSettings> = exact(
  strict({
    level: oneOf(...LEVELS)
      .default("info")
      .describe("The log level."),
    format: oneOf("text", "json", "pino")
      .optional()
      .describe("The log format. `pino` needs the package `pino`. Default: `text` on a terminal, else `json`."),
    pino: z
      .record(z.string(), z.unknown(), expecting("an object"))
      .optional()
      .describe("The options of the package `pino`, such as `transport`."),
  } satisfies { readonly [Name in keyof Required<LogSettings>]: z.ZodType }),
);

/** The settings of the admin listener. */
export const ADMIN: z.ZodType<AdminSettings> = exact(
  strict({
    host: orVariable(text('an address or name, or { "env": "NAME" }', true), "an address or name")
      .optional()
      .describe(
        "The address to listen on. An address that other machines can reach needs a `token`. Default: 127.0.0.1.",
      ),
    port: orVariable(integer(0, 65_535), "an integer from 0 to 65535")
      .optional()
      .describe("The port to listen on. 0: any free port. Default: 8081."),
    path: text("the path of a Unix socket", true)
      .optional()
      .describe("The path of a Unix socket, relative to the configuration, instead of host and port."),
    mode: MODE.optional().describe("The permissions of the Unix socket, in octal digits. Default: 600."),
    token: reference()
      .optional()
      .describe(
        "The token that requests send as `Authorization: Bearer …`, at least 16 characters. `/healthz` and `/readyz` need none.",
      ),
    hosts: z
      .array(text("a name in lower case without port", true), expecting("a list"))
      .default([])
      .describe("The host names of the listener, besides IP addresses and `localhost`."),
    tls: TLS.optional().describe("Enables TLS (`https:`). Default: no TLS."),
  } satisfies { readonly [Name in keyof Required<AdminSettings>]: z.ZodType }),
);

/** The metrics settings. */
export const METRICS: z.ZodType<MetricsOptions> = exact(
  strict({
    procedures: z
      .array(text("a URI or pattern", true), expecting("a list of URIs and patterns"))
      .optional()
      .describe(
        "The procedures with their own time series. All others are counted as `other`. Default: the first ones called.",
      ),
    maxProcedures: integer(0)
      .default(100)
      .describe("The maximum number of procedures, over all realms, with their own time series."),
    process: flag().default(true).describe("Whether to measure CPU, memory and event loop."),
    gc: flag()
      .default(false)
      .describe("Whether to measure garbage collections, which costs a busy router about 2 % of its time."),
  } satisfies { readonly [Name in keyof Required<MetricsOptions>]: z.ZodType }),
);
