/** HTTP as nobody should send it. */
import { PATH } from "./places.js";
import type { Random } from "./random.js";

const TARGETS = [
  "/",
  "//",
  "///",
  "//:",
  "//[",
  "/ws/",
  "/ws?",
  "/ws?a=b#c",
  "/%",
  "/%00",
  "/ws%2e",
  "/../ws",
  "/\\ws",
  "*",
  "http://",
  "http://[",
  "http://[::1",
  "http://localhost:99999/ws",
  "http://localhost/ws",
  "ws://localhost/ws",
  "//localhost/ws",
  "localhost:80",
  "?",
  "#",
  "ws",
  "\u0001",
  "/\u0000ws",
  "/é",
  "/nobody",
  `/${"a".repeat(4_000)}`,
  `/${"a".repeat(20_000)}`,
  `/ws?${"%41".repeat(2_000)}`,
];
const METHODS = ["GET", "GET", "GET", "POST", "CONNECT", "OPTIONS", "HEAD", "TRACE", "get", "PRI", "G\u0000T", ""];
const VERSIONS = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "http/1.1", ""];

/** Headers that open a WebSocket, and what may stand in their place. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  Host: ["localhost", "", "[", "a b", "localhost:x"],
  Connection: ["Upgrade", "upgrade, keep-alive", "close", "Upgrade, Upgrade", ""],
  Upgrade: ["websocket", "WebSocket", "h2c", "websocket, h2c", "TLS/1.0", ""],
  "Sec-WebSocket-Version": ["13", "12", "13, 8", "", "\u00ff", "1e1"],
  "Sec-WebSocket-Key": ["AAAAAAAAAAAAAAAAAAAAAA==", "", "short", "A".repeat(5_000), "AAAAAAAAAAAAAAAAAAAAAA", "****"],
  "Sec-WebSocket-Protocol": [
    "wamp.2.json",
    "wamp.2.cbor, wamp.2.msgpack",
    "soap",
    ",,,",
    "wamp.2.json,".repeat(500),
    "wamp.2.json\u0000",
    "",
    "__proto__",
  ],
  "Sec-WebSocket-Extensions": [
    "",
    "permessage-deflate",
    "permessage-deflate; server_max_window_bits=99",
    "permessage-deflate; client_max_window_bits=x",
    "permessage-deflate; permessage-deflate",
    'permessage-deflate; a="',
    "permessage-deflate, permessage-deflate; server_no_context_takeover=1",
    ";",
    ",",
    "__proto__",
  ],
};

/** One request: opening a WebSocket, with some of it wrong. */
export function anyRequest(random: Random): string {
  const spoilt = random.pick([0, 0.1, 0.1, 0.3]);
  const target = random.chance(0.5) ? PATH : random.pick(TARGETS);
  const method = random.chance(0.8) ? "GET" : random.pick(METHODS);
  const version = random.chance(0.9) ? "HTTP/1.1" : random.pick(VERSIONS);
  const lines = [`${method} ${target} ${version}`];
  for (const [name, [usual = "", ...others]] of Object.entries(HEADERS)) {
    if (random.chance(spoilt / 3)) continue;
    lines.push(`${name}: ${random.chance(spoilt) ? random.pick(others) : usual}`);
    if (random.chance(spoilt / 3)) lines.push(`${name}: ${random.pick(others)}`);
  }
  if (random.chance(0.1)) lines.push(...extraHeaders(random));
  return `${lines.join(random.chance(0.98) ? "\r\n" : "\n")}\r\n\r\n${random.chance(0.1) ? anyBody(random) : ""}`;
}

const EXTRAS = { many: 1, long: 2, body: 4, malformed: 4 };

function extraHeaders(random: Random): string[] {
  switch (random.weighted(EXTRAS)) {
    case "many":
      return Array.from({ length: 3_000 }, (_, index) => `X-${index}: ${index}`);
    case "long":
      return [`X-Long: ${"x".repeat(random.pick([8_000, 17_000, 100_000]))}`];
    case "body":
      return [
        random.pick([
          "Content-Length: 10",
          "Content-Length: -1",
          "Content-Length: 99999999999999999999",
          "Transfer-Encoding: chunked",
          "Expect: 100-continue",
          "Trailer: x",
        ]),
      ];
    default:
      return [random.pick(["no colon", ": no name", "A\u0000: b", "A: \u0000", " folded", "A : b", "Cookie: =;=;"])];
  }
}

function anyBody(random: Random): string {
  return random.pick([
    "0123456789",
    "5\r\nhello\r\n0\r\n\r\n",
    "ffffffffffffffff\r\n",
    "x".repeat(70_000),
    "\u0000".repeat(100),
  ]);
}

/** Bytes that are not HTTP. */
export function noRequest(random: Random): Buffer {
  return random.pick([
    () => random.bytes(random.between(1, 400)),
    () => Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    () => Buffer.from("\x7f\xf1\x00\x00", "latin1"), // RawSocket
    () => Buffer.concat([Buffer.from("1603010200010001fc0303", "hex"), random.bytes(508)]), // a ClientHello of noise
    () => Buffer.from("\r\n".repeat(2_000)),
  ])();
}
