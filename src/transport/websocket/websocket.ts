import { DEVELOPMENT } from "#development";
import { utf8Length } from "../../wire/bytes.js";
import type { Message } from "../../wire/messages.js";
import type { MessageSerializer } from "../../wire/serializer.js";
import { LENGTH_BYTES, RECORD_SEPARATOR, writeLength } from "../batch-reader.js";
import type { ByteSocket } from "../socket.js";
import type { TlsInfo } from "../transport.js";

/** The data that a WebSocket sends if its library does the framing: text for JSON, else bytes. */
export type WebSocketData = string | Uint8Array;

/** Headers of the upgrade request, or a function that creates them for each attempt. */
export type UpgradeHeaders =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

/**
 * Options of a WebSocket connection. Omitted options have the defaults of `connect`. `headers`, `tls`, `maxMessageBytes`,
 * `onError` and the ping settings apply only on Node.
 */
export interface ConnectWebSocketOptions {
  readonly protocols: readonly string[];
  readonly headers?: UpgradeHeaders;
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly connectTimeoutMs?: number;
  readonly maxMessageBytes?: number;
  readonly pingIntervalMs?: number;
  /** Returns whether the router owes an answer. Silence is then detected sooner. */
  readonly awaitsAnswer: () => boolean;
  readonly signal: AbortSignal;
  /** Called with an internal error, after which the connection has ended. */
  readonly onError?: (error: unknown) => void;
}

/** An open WebSocket and its negotiated subprotocol. */
export interface OpenWebSocket {
  readonly socket: ByteSocket<WebSocketData>;
  readonly protocol: string;
  /** The largest message that it accepts, in bytes, if the platform allows a limit. */
  readonly maxMessageBytes?: number;
  /** The TLS properties, if the platform provides them. */
  readonly tls?: TlsInfo | undefined;
}

/** Returns the subprotocol of a serializer. Spec: Basic Profile, "WebSocket Transport". */
export function subprotocolOf(serializer: MessageSerializer): string {
  return `wamp.2.${serializer.id}`;
}

/** Returns the subprotocol for batches: all messages of a turn in one frame. Spec: Advanced Profile, "Message Batching". */
export function batchedSubprotocolOf(serializer: MessageSerializer): string {
  return `${subprotocolOf(serializer)}${BATCHED}`;
}

export function isBatched(protocol: string): boolean {
  return protocol.endsWith(BATCHED);
}

const BATCHED = ".batched";

/** Returns whether a subprotocol uses text frames. */
export function isText(protocol: string): boolean {
  return protocol.startsWith("wamp.2.json");
}

/** Encodes a message for a WebSocket library. */
export function webSocketData(serializer: MessageSerializer, message: Message): WebSocketData {
  return serializer.encodeText?.(message) ?? serializer.encode(message);
}

/** Encodes a message as part of a batch. */
export function batchedData(serializer: MessageSerializer, message: Message): WebSocketData {
  if (serializer.encodeText) return serializer.encodeText(message) + String.fromCharCode(RECORD_SEPARATOR);
  const data = serializer.encode(message, () => LENGTH_BYTES);
  writeLength(data, 0, data.length - LENGTH_BYTES);
  return data;
}

export function webSocketBytes(data: WebSocketData): number {
  return typeof data === "string" ? utf8Length(data) : data.byteLength;
}

/** Returns the error message for a frame of the wrong type. */
export const wrongFrameKind: (protocol: string) => string = DEVELOPMENT
  ? (protocol) => {
      const [wanted, got] = isText(protocol) ? ["text", "binary"] : ["binary", "text"];
      return `${protocol} uses ${wanted} frames, got a ${got} frame`;
    }
  : (protocol) => `frame not of ${protocol}`;
