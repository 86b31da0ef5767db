import * as z from "zod";
import type { LogLevel } from "../operations/log/types.js";
import type { MetricsOptions } from "../operations/metrics/types.js";
import { orVariable, reference } from "./auth-schema.js";
import { MODE, TLS } from "./listener-schema.js";
import type { AdminSettings, LogSettings } from "./settings.js";
import { exact, expecting, flag, integer, oneOf, strict, text } from "./words.js";

const LEVELS = ["debug", "info", "warn", "error", "silent"] as const satisfies readonly LogLevel[];

/** What is logged. */
export const LOGS: z.ZodType<LogSettings> = exact(
  strict({
    level: oneOf(...LEVELS)
      .default("info")
      .describe("How much is logged."),
    format: oneOf("text", "json", "pino")
      .optional()
      .describe(
        "`pino` is written by that package, which is to be installed. Default: `text` on a terminal, else `json`.",
      ),
    pino: z
      .record(z.string(), z.unknown(), expecting("an object"))
      .optional()
      .describe("Options of the package `pino`, such as its `transport`."),
  } satisfies { readonly [Name in keyof Required<LogSettings>]: z.ZodType }),
);

/** The listener for operators. */
export const ADMIN: z.ZodType<AdminSettings> = exact(
  strict({
    host: orVariable(text('an address or name, or { "env": "NAME" }', true), "an address or name")
      .optional()
      .describe("Another address than one of this machine only needs a `token`. Default: 127.0.0.1."),
    port: orVariable(integer(0, 65_535), "an integer from 0 to 65535")
      .optional()
      .describe("0 takes any free port. Default: 8081."),
    path: text("the path of a Unix socket", true)
      .optional()
      .describe("Instead of host and port: a Unix socket, relative to the configuration."),
    mode: MODE.optional().describe("The permissions of the Unix socket, in octal digits. Default: 600."),
    token: reference()
      .optional()
      .describe(
        "What requests carry as `Authorization: Bearer …`, but those to `/healthz` and `/readyz`: 16 characters or more.",
      ),
    hosts: z
      .array(text("a name in lower case without port", true), expecting("a list"))
      .default([])
      .describe("Names under which it is reached, beside addresses and names such as `localhost`."),
    tls: TLS.optional().describe("Makes it `https:`. Default: no TLS."),
  } satisfies { readonly [Name in keyof Required<AdminSettings>]: z.ZodType }),
);

/** What is measured. */
export const METRICS: z.ZodType<MetricsOptions> = exact(
  strict({
    procedures: z
      .array(text("a URI or pattern", true), expecting("a list of URIs and patterns"))
      .optional()
      .describe(
        "Procedures that have series of their own; all others are counted as `other`. Default: the first that are called.",
      ),
    maxProcedures: integer(0).default(100).describe("How many procedures of all realms have series of their own."),
    process: flag().default(true).describe("Whether CPU, memory and event loop are measured, too."),
    gc: flag()
      .default(false)
      .describe("Whether garbage collections are measured, which costs a busy router about 2 % of its time."),
  } satisfies { readonly [Name in keyof Required<MetricsOptions>]: z.ZodType }),
);
