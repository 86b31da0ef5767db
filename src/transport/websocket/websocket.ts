import { utf8Length } from "../../wire/bytes.js";
import type { Message } from "../../wire/messages.js";
import type { Serializer } from "../../wire/serializer.js";
import { LENGTH_BYTES, RECORD_SEPARATOR, writeLength } from "../batch-reader.js";
import type { ByteSocket } from "../socket.js";
import type { TlsInfo } from "../transport.js";

/** What a WebSocket takes from us on the side that leaves framing to its library: text for JSON, else bytes. */
export type WebSocketData = string | Uint8Array;

/** Headers of the upgrade, or what makes them for each attempt. */
export type UpgradeHeaders =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

/**
 * What connecting needs; what is left out has the defaults of `connect`. `headers`, `tls`, `maxMessageBytes`, `onError` and the ping settings
 * apply where the platform has them, which is Node.
 */
export interface ConnectWebSocketOptions {
  readonly protocols: readonly string[];
  readonly headers?: UpgradeHeaders;
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly connectTimeoutMs?: number;
  readonly maxMessageBytes?: number;
  readonly pingIntervalMs?: number;
  /** Whether the router owes an answer: its silence is then noticed sooner. */
  readonly awaitsAnswer: () => boolean;
  readonly signal: AbortSignal;
  /** Told of a fault of this process, which has ended the connection. */
  readonly onError?: (error: unknown) => void;
}

/** An open WebSocket and the sub-protocol that was agreed on. */
export interface OpenWebSocket {
  readonly socket: ByteSocket<WebSocketData>;
  readonly protocol: string;
  /** The largest message it receives, in bytes, where the platform lets it be bounded. */
  readonly maxMessageBytes?: number;
  /** The TLS below it, where the platform shows it. */
  readonly tls?: TlsInfo | undefined;
}

/** The sub-protocol of a serializer. Spec: Basic Profile, "WebSocket Transport". */
export function subprotocolOf(serializer: Serializer): string {
  return `wamp.2.${serializer.id}`;
}

/** The same for batches: all messages of a turn in one frame. Spec: Advanced Profile, "Message Batching". */
export function batchedSubprotocolOf(serializer: Serializer): string {
  return `${subprotocolOf(serializer)}${BATCHED}`;
}

export function isBatched(protocol: string): boolean {
  return protocol.endsWith(BATCHED);
}

const BATCHED = ".batched";

/** Whether a sub-protocol travels in text frames. */
export function isText(protocol: string): boolean {
  return protocol.startsWith("wamp.2.json");
}

/** A message as a WebSocket library takes it. */
export function webSocketData(serializer: Serializer, message: Message): WebSocketData {
  return serializer.encodeText?.(message) ?? serializer.encode(message);
}

/** A message as a part of a batch. */
export function batchedData(serializer: Serializer, message: Message): WebSocketData {
  if (serializer.encodeText) return serializer.encodeText(message) + String.fromCharCode(RECORD_SEPARATOR);
  const data = serializer.encode(message, () => LENGTH_BYTES);
  writeLength(data, 0, data.length - LENGTH_BYTES);
  return data;
}

export function webSocketBytes(data: WebSocketData): number {
  return typeof data === "string" ? utf8Length(data) : data.byteLength;
}

/** In words, what is wrong with a frame of the other kind under a sub-protocol. */
export function wrongFrameKind(protocol: string): string {
  const [wanted, got] = isText(protocol) ? ["text", "binary"] : ["binary", "text"];
  return `${protocol} travels in ${wanted} frames, got a ${got} frame`;
}
