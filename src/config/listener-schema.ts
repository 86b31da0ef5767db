import * as z from "zod";
import { orVariable, reference, referring } from "./auth-schema.js";
import type { ListenerSettings, TlsSettings, WebSocketSettings } from "./settings.js";
import { exact, expecting, expectingKind, flag, integer, oneOf, orFalse, positive, strict, text } from "./words.js";

const MiB = 1024 * 1024;

/** TLS of a listener. */
export const TLS: z.ZodType<TlsSettings> = exact(
  strict(
    {
      cert: referring("a file with certificates in PEM").describe("The certificate, and those that vouch for it."),
      key: referring("a file with the private key in PEM").describe("Its private key."),
      ca: referring("a file with certificates in PEM")
        .optional()
        .describe("Authorities that certificates of clients are held to."),
      passphrase: reference().optional().describe("Of an encrypted key."),
      requestCert: flag().default(false).describe("Whether clients are asked for a certificate."),
      rejectUnauthorized: flag()
        .default(true)
        .describe("Whether a client without a valid one is refused, where they are asked."),
      minVersion: oneOf("TLSv1.2", "TLSv1.3").default("TLSv1.2").describe("The oldest version taken."),
      ciphers: text("names of cipher suites, as OpenSSL has them", true)
        .optional()
        .describe("Cipher suites. Default: Node's."),
    } satisfies { readonly [Name in keyof Required<TlsSettings>]: z.ZodType },
    'an object, such as { "cert": "cert.pem", "key": "key.pem" }',
  ),
);

/** Where a listener is reached. */
const ADDRESS = {
  host: orVariable(text("", true), "an address or name")
    .default("127.0.0.1")
    .describe("`127.0.0.1`: this machine only. `0.0.0.0` or `::`: all of its addresses."),
  port: orVariable(integer(0, 65_535), "an integer from 0 to 65535").default(8080).describe("0: any free port."),
};

const path = text('a path that starts with "/", such as "/ws"', true);

const websocket = strict({
  type: z.literal("websocket").describe("WebSockets, of browsers and others."),
  ...ADDRESS,
  path: z
    .union(
      [path, z.array(path).min(1)],
      expecting('a path that starts with "/", such as "/ws", or a list of them', { quotes: true }),
    )
    .default("/ws")
    .describe("The path of the URL, or several."),
  tls: TLS.optional().describe("Makes it `wss:`. Default: no TLS."),
  origins: z
    .array(text('an origin such as "https://app.example"', true), expecting("a list"))
    .default([])
    .describe("Origins of the web pages that may connect. Pages of this machine always may."),
  hosts: z
    .array(text("a name in lower case without port", true), expecting("a list"))
    .optional()
    .describe("Names under which clients reach the router; a request under another is refused. Default: any."),
  maxMessageBytes: integer(1, 2 ** 31 - 1)
    .default(16 * MiB)
    .describe("Largest message accepted."),
  maxUnsentBytes: positive()
    .default(64 * MiB)
    .describe("Unsent bytes beyond which a connection that does not read is cut."),
  pingIntervalMs: orFalse(positive(), "a number above 0")
    .default(10_000)
    .describe("How often a connection is pinged; one that stays silent for two of them is cut. False: never."),
  perMessageDeflate: flag().default(false).describe("Whether connections may compress."),
} satisfies { readonly [Name in keyof Required<WebSocketSettings>]: z.ZodType });

/** A way for clients to reach the router. */
export const LISTENER: z.ZodType<ListenerSettings> = exact(
  z.discriminatedUnion("type", [websocket], expectingKind("type", ["websocket"])),
);
