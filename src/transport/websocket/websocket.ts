import { DEVELOPMENT } from "#development";
import { utf8Length } from "../../wire/bytes.js";
import type { Message } from "../../wire/messages.js";
import type { BatchFraming, Serializer } from "../../wire/serializer.js";

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
  readonly offered: Offered;
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

/** Returns the subprotocol of a serializer. Spec: Basic Profile, "WebSocket Transport". */
export function subprotocolOf(serializer: Serializer): string {
  return `wamp.2.${serializer.id}`;
}

/** Returns the subprotocol for batches: all messages of a turn in one frame. Spec: Advanced Profile, "Message Batching". */
export function batchedSubprotocolOf(serializer: Serializer): string {
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

/** The serializers that a client offers, by subprotocol, in order of preference. */
export type Offered = ReadonlyMap<string, Serializer>;

/** Returns the subprotocols of serializers. Batches are offered if `batches` is set. */
export function offeredBy(serializers: readonly Serializer[], batches: boolean): Offered {
  const offered = new Map(serializers.map((each) => [subprotocolOf(each), each]));
  // Routers that follow the client's order choose what all support. Our router prefers batches at any position.
  if (batches) for (const each of serializers) if (each.batches) offered.set(batchedSubprotocolOf(each), each);
  return offered;
}

/** Returns the framing of batches for an agreed subprotocol; `undefined` if each message is sent alone. */
export function framingOf(serializer: Serializer, protocol: string): BatchFraming | undefined {
  return isBatched(protocol) ? serializer.batches : undefined;
}

/** Encodes a message for a WebSocket library, alone or as a part of a batch. */
export function webSocketData(serializer: Serializer, message: Message, framing?: BatchFraming): WebSocketData {
  return framing?.encode(serializer, message) ?? serializer.encodeText?.(message) ?? serializer.encode(message);
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
