import type { ProtocolViolation } from "../wire/error.js";
import type { Message } from "../wire/messages.js";
import type { RefusedPayload } from "../wire/refused-payload.js";

/** Why this side has cut a connection: the other one reads too slowly, it answers no ping, or the connection failed here. */
export type CutCause = "slow" | "dead" | "failed";

/** What the owner of a transport is told. No method may throw. */
export interface TransportListener {
  /** `bytes` is the size of the message on the wire; 0 where it was not serialized. */
  receive(message: Message, bytes: number): void;
  /** A message came whose payload cannot be read, though its head can: it is refused, and the session goes on. */
  refused(refusal: RefusedPayload, bytes: number): void;
  /** Something came that is no message. Nothing more is read; the listener answers and closes. */
  violation(fault: ProtocolViolation): void;
  /** The transport is gone. Called once, whoever closed it; `cut` says why where this side has cut it. */
  closed(reason: string, cut?: CutCause): void;
  /** Work was done for the other side that gave no message: control frames, fragments. */
  overhead?(bytes: number): void;
  /** Whether the other side owes an answer: its silence is then noticed sooner, where the transport pings. */
  owesAnswer?(): boolean;
  /** The other side owes an answer and shows no sign of life, or shows one again. */
  frozen?(isFrozen: boolean): void;
}

/** What a login can be bound to, so that nobody in the middle can pass it on. Spec: RFC 9266 (TLS 1.3), RFC 5929 (TLS up to 1.2). */
export type ChannelBinding = "tls-exporter" | "tls-unique";

/** The TLS below a connection. */
export interface TlsInfo {
  /** The bytes that only the two ends of this TLS connection know; `undefined` where it has none of this kind. */
  channelId(kind: ChannelBinding): Uint8Array | undefined;
}

/**
 * What is known of a connection's other end. Authenticators, limits and logs see it; other peers never do, unless a realm opts in.
 */
export interface PeerInfo {
  /** Such as `websocket`, `rawsocket` or `memory`. */
  readonly kind: string;
  /** IP address of the other end, as the operating system tells it; missing for a Unix socket and in this process. */
  readonly remoteAddress?: string | undefined;
  /** Headers of the HTTP request that opened the connection, with lower-case names; missing where there was none. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Missing where there is no TLS, or a proxy or platform hides it. */
  readonly tls?: TlsInfo | undefined;
}

/** The reading of a connection, which can be stopped for a while: the other side is slowed down. A closing transport resumes by itself. */
export interface Reading {
  readonly paused: boolean;
  pause(): void;
  resume(): void;
}

/**
 * A pipe for messages. A socket transport joins a byte socket, which knows no WAMP, to a serializer; the in-memory pair
 * hands messages over and copies each payload once per receiver.
 */
export interface Transport {
  readonly info: PeerInfo;
  /** Bytes that were sent and have not left this process yet. */
  readonly unsentBytes: number;
  /** Unsent bytes beyond which the connection is cut. `Infinity` where it never is. */
  readonly maxUnsentBytes: number;
  /** Missing where reading cannot be paused: in this process, and at a WebSocket client's end. */
  readonly reading?: Reading | undefined;
  /** Whether payloads that come are passed on unverified. Set by the owner of a router's end. Default false. */
  trustsPayloads?: boolean;
  /** Whether `send` returns sizes. Set by the owner of a router's end. Default false. */
  countsBytes?: boolean;
  /** The largest message that is received here, in bytes, where the transport knows it. A client announces it in HELLO. */
  readonly maxMessageBytes?: number | undefined;
  /**
   * The largest message that the other side receives, in bytes, once it has said so. Set by the owner of this end; what the transport's own
   * handshake has agreed on bounds it.
   */
  maxSendBytes?: number | undefined;
  /** Starts delivery. Called once, by the session that owns this end; messages that came before wait for it. */
  open(listener: TransportListener): void;
  /**
   * Never calls back synchronously. Throws `TypeError` for a value that cannot travel, and `wamp.error.payload_size_exceeded` for a
   * message above `maxSendBytes`; nothing is sent then. A closed transport drops. Returns the size of the message on the wire, before
   * compression, where `countsBytes` is set and it is serialized; else nothing or 0.
   */
  send(message: Message): number | void;
  /** Sends what is queued, then closes. `code` and `reason` are WebSocket's, default 1000. */
  close(code?: number, reason?: string): void;
  /** Calls back once, when little of what was sent waits in this process, or the transport is gone: at once where that is so. */
  onceDrained(callback: () => void): void;
}
