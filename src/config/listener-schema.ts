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

/** The TLS settings of a listener. */
export const TLS: z.ZodType<TlsSettings> = exact(
  strict(
    {
      cert: referring("a file with certificates in PEM").describe("The certificate and its intermediate certificates."),
      key: referring("a file with the private key in PEM").describe("The private key of the certificate."),
      ca: referring("a file with certificates in PEM")
        .optional()
        .describe("The certificate authorities for client certificates."),
      passphrase: reference().optional().describe("The passphrase of an encrypted key."),
      requestCert: flag().default(false).describe("Whether to request a client certificate."),
      rejectUnauthorized: flag()
        .default(true)
        .describe("Whether to refuse clients without a valid certificate, if one is requested."),
      minVersion: oneOf("TLSv1.2", "TLSv1.3").default("TLSv1.2").describe("The minimum TLS version."),
      ciphers: text("names of OpenSSL cipher suites", true)
        .optional()
        .describe("The OpenSSL cipher suites. Default: those of Node."),
    } satisfies { readonly [Name in keyof Required<TlsSettings>]: z.ZodType },
    'an object, such as { "cert": "cert.pem", "key": "key.pem" }',
  ),
);

const HOSTS = "an address or name";
const host = orVariable(text(`${HOSTS}, or { "env": "NAME" }`, true), HOSTS);
const port = orVariable(integer(0, 65_535), "an integer from 0 to 65535");
const HOST = "The address to listen on. `127.0.0.1`: this machine only. `0.0.0.0` or `::`: all addresses.";
const PORT = "The port to listen on. 0: any free port.";
const tls = TLS.optional().describe("Enables TLS. Default: no TLS.");

/** The permissions of a Unix socket. */
export const MODE: z.ZodString = z
  .string(expecting('permissions such as "660"'))
  .regex(/^0?[0-7]{3}$/, expecting('permissions such as "660"', { quotes: true }));

/** The address of a listener that supports Unix sockets, which have no host and no port. */
const SOCKET = {
  host: host.optional().describe(`${HOST} Default: 127.0.0.1.`),
  port: port.optional().describe(`${PORT} Default: 8080.`),
  tls,
  path: text("the path of a Unix socket", true)
    .optional()
    .describe("The path of a Unix socket, relative to the configuration, instead of host and port."),
  mode: MODE.optional().describe(
    "The permissions of the Unix socket, in octal digits. Default: according to the umask.",
  ),
};

const PATH = 'a path that starts with "/", such as "/ws"';
const PATHS = `${PATH}, or a list of them`;
const path = text(PATH, true);
const ping = orFalse(positive(), "a positive number");

const WEBSOCKET = {
  path: z
    .union([path, some(path, PATHS, true)], expecting(PATHS, { quotes: true }))
    .default("/ws")
    .describe("The URL path or paths."),
  origins: z
    .array(text('an origin such as "https://app.example"', true), expecting("a list"))
    .default([])
    .describe("The origins of web pages that may connect. Pages on this machine always may."),
  hosts: z
    .array(text("a name in lower case without port", true), expecting("a list"))
    .optional()
    .describe("The host names that clients may use to reach the router. Default: any."),
  maxMessageBytes: integer(1, 2 ** 31 - 1)
    .default(16 * MiB)
    .describe("The maximum size of a received message."),
  maxUnsentBytes: positive()
    .default(64 * MiB)
    .describe("The maximum number of unsent bytes of a connection. Beyond it, the connection is cut."),
  pingIntervalMs: ping
    .default(10_000)
    .describe("The interval between pings. A connection that is silent for two intervals is cut. False: no pings."),
  perMessageDeflate: flag().default(false).describe("Whether connections may use compression."),
  ...HTTP,
} satisfies { readonly [Name in keyof Required<WebSocketProtocol>]: z.ZodType };

const RAW_SOCKET = {
  maxMessageBytes: integer(512, 16 * MiB)
    .default(16 * MiB)
    .describe("The maximum size of a received message, rounded down to a power of two."),
  minClientMessageBytes: integer(512, 16 * MiB)
    .default(512)
    .describe("The minimum message size that a client must accept. A client that announces less is refused."),
  maxConnections: integer(1).optional().describe("The maximum number of connections. Default: no limit."),
  maxUnsentBytes: positive()
    .default(64 * MiB)
    .describe("The maximum number of unsent bytes of a connection. Beyond it, the connection is cut."),
  pingIntervalMs: ping
    .optional()
    .describe("The interval between pings. False: no pings. Default: 10,000, for clients that are known to answer."),
} satisfies { readonly [Name in keyof Required<RawSocketProtocol>]: z.ZodType };

const websocket = strict({
  type: z.literal("websocket").describe("WebSocket connections, from browsers and other clients."),
  host: host.default("127.0.0.1").describe(HOST),
  port: port.default(8080).describe(PORT),
  tls,
  ...WEBSOCKET,
} satisfies { readonly [Name in keyof Required<WebSocketSettings>]: z.ZodType });

const rawsocket = strict({
  type: z.literal("rawsocket").describe("RawSocket connections over TCP, TLS or a Unix socket."),
  ...SOCKET,
  ...RAW_SOCKET,
} satisfies { readonly [Name in keyof Required<RawSocketSettings>]: z.ZodType });

const universal = strict({
  type: z.literal("universal").describe("WebSocket and RawSocket connections on one port."),
  ...SOCKET,
  websocket: strict(WEBSOCKET).prefault({}).describe("The WebSocket settings."),
  rawSocket: strict(RAW_SOCKET).prefault({}).describe("The RawSocket settings."),
} satisfies { readonly [Name in keyof Required<UniversalSettings>]: z.ZodType });

/** A listener for client connections. */
export const LISTENER: z.ZodType<ListenerSettings> = exact(
  z.discriminatedUnion(
    "type",
    [websocket, rawsocket, universal],
    expectingKind("type", ["websocket", "rawsocket", "universal"]),
  ),
);
