import * as z from "zod";
import { orVariable, reference, referring } from "./auth-schema.js";
import { HTTP } from "./http-schema.js";
import type {
  ListenerSettings,
  RawSocketProtocol,
  RawSocketSettings,
  TlsSettings,
  UniversalSettings,
  WebSocketProtocol,
  WebSocketSettings,
} from "./settings.js";
import {
  exact,
  expecting,
  expectingKind,
  flag,
  integer,
  oneOf,
  orFalse,
  positive,
  some,
  strict,
  text,
} from "./words.js";

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

const HOSTS = "an address or name";
const host = orVariable(text(`${HOSTS}, or { "env": "NAME" }`, true), HOSTS);
const port = orVariable(integer(0, 65_535), "an integer from 0 to 65535");
const HOST = "`127.0.0.1`: this machine only. `0.0.0.0` or `::`: all of its addresses.";
const PORT = "0 takes any free port.";
const tls = TLS.optional().describe("Makes it encrypted. Default: no TLS.");

/** Permissions of a Unix socket. */
export const MODE: z.ZodString = z
  .string(expecting('permissions such as "660"'))
  .regex(/^0?[0-7]{3}$/, expecting('permissions such as "660"', { quotes: true }));

/** Where those listen that also take a Unix socket, which has no host and no port. */
const SOCKET = {
  host: host.optional().describe(`${HOST} Default: 127.0.0.1.`),
  port: port.optional().describe(`${PORT} Default: 8080.`),
  tls,
  path: text("the path of a Unix socket", true)
    .optional()
    .describe("Instead of host and port: a Unix socket, relative to the configuration."),
  mode: MODE.optional().describe("The permissions of the Unix socket, in octal digits. Default: as the umask says."),
};

const PATHS = 'a path that starts with "/", such as "/ws", or a list of them';
const path = text(PATHS, true);
const ping = orFalse(positive(), "a number above 0");

const WEBSOCKET = {
  path: z
    .union([path, some(path, PATHS, true)], expecting(PATHS, { quotes: true }))
    .default("/ws")
    .describe("The path of the URL, or several."),
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
  pingIntervalMs: ping
    .default(10_000)
    .describe("How often a connection is pinged; one that stays silent for two of them is cut. False: never."),
  perMessageDeflate: flag().default(false).describe("Whether connections may compress."),
  ...HTTP,
} satisfies { readonly [Name in keyof Required<WebSocketProtocol>]: z.ZodType };

const RAW_SOCKET = {
  maxMessageBytes: integer(512, 16 * MiB)
    .default(16 * MiB)
    .describe("Largest message accepted; rounded down to a power of two."),
  minClientMessageBytes: integer(512, 16 * MiB)
    .default(512)
    .describe("The least that a client has to receive; one that announces less is refused."),
  maxConnections: integer(1).optional().describe("Connections at once. Default: no limit."),
  maxUnsentBytes: positive()
    .default(64 * MiB)
    .describe("Unsent bytes beyond which a connection that does not read is cut."),
  pingIntervalMs: ping
    .optional()
    .describe("How often a connection is pinged. False: never. Default: 10,000, for clients that are known to answer."),
} satisfies { readonly [Name in keyof Required<RawSocketProtocol>]: z.ZodType };

const websocket = strict({
  type: z.literal("websocket").describe("WebSockets, of browsers and others."),
  host: host.default("127.0.0.1").describe(HOST),
  port: port.default(8080).describe(PORT),
  tls,
  ...WEBSOCKET,
} satisfies { readonly [Name in keyof Required<WebSocketSettings>]: z.ZodType });

const rawsocket = strict({
  type: z.literal("rawsocket").describe("RawSocket, over TCP, TLS or a Unix socket."),
  ...SOCKET,
  ...RAW_SOCKET,
} satisfies { readonly [Name in keyof Required<RawSocketSettings>]: z.ZodType });

const universal = strict({
  type: z.literal("universal").describe("WebSocket and RawSocket on one port."),
  ...SOCKET,
  websocket: strict(WEBSOCKET).prefault({}).describe("How it speaks WebSocket."),
  rawSocket: strict(RAW_SOCKET).prefault({}).describe("How it speaks RawSocket."),
} satisfies { readonly [Name in keyof Required<UniversalSettings>]: z.ZodType });

/** A way for clients to reach the router. */
export const LISTENER: z.ZodType<ListenerSettings> = exact(
  z.discriminatedUnion(
    "type",
    [websocket, rawsocket, universal],
    expectingKind("type", ["websocket", "rawsocket", "universal"]),
  ),
);
