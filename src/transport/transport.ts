import type { ProtocolViolation } from "../wire/error.js";
import type { Message } from "../wire/messages.js";
import type { RefusedPayload } from "../wire/refused-payload.js";

/**
 * The reason why this side cut a connection: the other side reads too slowly, does not answer pings, or an error occurred
 * here.
 */
export type CutCause = "slow" | "dead" | "failed";

/** Receives the events of a transport. No method may throw. */
export interface TransportListener {
  /** Receives a message. `bytes` is its size on the wire; 0 without serialization. */
  receive(message: Message, bytes: number): void;
  /** A message with a valid head but an invalid payload arrived. Only the message is refused; the session continues. */
  refused(refusal: RefusedPayload, bytes: number): void;
  /** Invalid data arrived. Nothing more is read. The listener answers and closes. */
  violation(fault: ProtocolViolation): void;
  /** The transport is closed. Called once, whichever side closed it. `cut` is set if this side cut it. */
  closed(reason: string, cut?: CutCause): void;
  /** Data without a message was processed: control frames, fragments. */
  overhead?(bytes: number): void;
  /** Returns whether the other side owes an answer. If so, a transport that pings detects silence sooner. */
  owesAnswer?(): boolean;
  /** The other side owes an answer and shows no sign of life, or shows one again. */
  frozen?(isFrozen: boolean): void;
}

/** The kinds of channel binding, which ties a login to its TLS connection. Spec: RFC 9266 (TLS 1.3), RFC 5929 (up to TLS 1.2). */
export type ChannelBinding = "tls-exporter" | "tls-unique";

/** The TLS properties of a connection. */
export interface TlsInfo {
  /** Returns bytes that only the two ends of this TLS connection know; `undefined` if this kind is not available. */
  channelId(kind: ChannelBinding): Uint8Array | undefined;
}

/**
 * The known properties of a connection's other end. Authenticators, limits and logs see them. Other peers see them only if a
 * realm opts in.
 */
export interface PeerInfo {
  /** The kind of transport, such as `websocket`, `rawsocket` or `memory`. */
  readonly kind: string;
  /** IP address of the other end. Absent for a Unix socket and within this process. */
  readonly remoteAddress?: string | undefined;
  /** The headers of the HTTP request that opened the connection, with lower-case names. Absent without HTTP. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The TLS properties. Absent without TLS, and if a proxy or the platform hides them. */
  readonly tls?: TlsInfo | undefined;
}

/** Pauses and resumes reading from a connection, which slows down the other side. A closing transport resumes by itself. */
export interface Reading {
  readonly paused: boolean;
  pause(): void;
  resume(): void;
}

/**
 * A bidirectional channel for messages. A socket transport combines a byte socket and a serializer. The in-memory pair passes
 * messages directly and copies each payload once per receiver.
 */
export interface Transport {
  readonly info: PeerInfo;
  /** The number of bytes that have not left this process yet. */
  readonly unsentBytes: number;
  /** The number of unsent bytes beyond which the connection is cut; `Infinity` for no limit. */
  readonly maxUnsentBytes: number;
  /** Absent if reading cannot be paused: within this process, and on the client side of a WebSocket. */
  readonly reading?: Reading | undefined;
  /** Whether received payloads are forwarded without verification. Set by the router. Default: false. */
  trustsPayloads?: boolean;
  /** Whether `send` returns sizes. Set by the router. Default: false. */
  countsBytes?: boolean;
  /** The largest message that this side accepts, in bytes, if known. A client announces it in HELLO. */
  readonly maxMessageBytes?: number | undefined;
  /**
   * The largest message that the other side accepts, in bytes, once announced. Set by the owner of this end. A limit from the
   * transport's own handshake also applies.
   */
  maxSendBytes?: number | undefined;
  /** Starts delivery. Called once, by the session that owns this end. Earlier messages are queued until then. */
  open(listener: TransportListener): void;
  /**
   * Sends a message. Never calls back synchronously. A closed transport drops the message. Throws `TypeError` for a value that
   * cannot be serialized and `wamp.error.payload_size_exceeded` for a message larger than `maxSendBytes`, and then sends nothing.
   * Returns the size on the wire before compression if `countsBytes` is set and the message is serialized; else nothing or 0.
   */
  send(message: Message): number | void;
  /** Sends what is queued, then closes. `code` and `reason` are those of WebSocket. Default code: 1000. */
  close(code?: number, reason?: string): void;
  /** Calls back once, when few bytes are unsent or the transport is closed; at once if that is already so. */
  onceDrained(callback: () => void): void;
}
