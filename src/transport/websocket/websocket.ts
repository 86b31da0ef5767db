import type { Message } from "../../wire/messages.js";
import type { Serializer } from "../../wire/serializer.js";
import type { ByteSocket } from "../socket.js";

/** What a WebSocket takes from us on the side that leaves framing to its library: text for JSON, else bytes. */
export type WebSocketData = string | Uint8Array;

/** Bytes that wait to be sent, from which on whoever can wait with more does. */
export const MUCH_UNSENT: number = 256 * 1024;

/** What connecting needs; `headers`, `tls` and the ping settings apply where the platform has them, which is Node. */
export interface WebSocketOptions {
  readonly protocols: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  readonly maxMessageBytes: number;
  readonly pingIntervalMs: number;
  readonly signal: AbortSignal;
}

/** An open WebSocket and the sub-protocol that was agreed on. */
export interface OpenWebSocket {
  readonly socket: ByteSocket<WebSocketData>;
  readonly protocol: string;
  /** The largest message it receives, in bytes, where the platform lets it be bounded. */
  readonly maxMessageBytes?: number;
}

/** The sub-protocol of a serializer. Spec: Basic Profile, "WebSocket Transport". */
export function subprotocolOf(serializer: Serializer): string {
  return `wamp.2.${serializer.id}`;
}

/** A message as a WebSocket library takes it. */
export function webSocketData(serializer: Serializer, message: Message): WebSocketData {
  return serializer.encodeText?.(message) ?? serializer.encode(message);
}

/** In words, what is wrong with a frame of this kind under a serializer; `undefined` when it is right. */
export function wrongFrameKind(serializer: Serializer, binary: boolean): string | undefined {
  if (serializer.binary === binary) return undefined;
  const [wanted, got] = binary ? ["text", "binary"] : ["binary", "text"];
  return `${subprotocolOf(serializer)} travels in ${wanted} frames, got a ${got} frame`;
}
