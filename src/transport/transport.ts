import type { ProtocolViolation } from "../wire/error.js";
import type { Message } from "../wire/messages.js";

/** What the owner of a transport is told. No method may throw. */
export interface TransportListener {
  receive(message: Message): void;
  /** Something came that is no message. Nothing more is read; the listener answers and closes. */
  violation(fault: ProtocolViolation): void;
  /** The transport is gone; told once, whoever closed it. */
  closed(reason: string): void;
}

/** How a session that makes more work than there is room for is slowed down: it is not read for a while. */
export interface Flow {
  /** Whether so much waits to be sent here that whoever makes more should wait. */
  readonly congested: boolean;
  /** To be told when what is being read here ends a call: such messages are read when all others have to wait. */
  endedCall(): void;
  /**
   * Counts an answer of so many bytes that is to be sent here, and returns how many it has counted where none are known. Nothing more is
   * read here for a while when too much is to come.
   */
  expect(bytes: number | undefined): number;
  /** An answer that was counted is sent now, or does not come. */
  settle(counted: number): void;
  /** Reads nothing more here until another has sent what waits there, or is gone. */
  waitFor(other: Flow): void;
  /** The same, but not for long. */
  waitBriefly(other: Flow): void;
  /** Calls back, once, when all that waits here is sent, or it is gone: at once where that is so. */
  onceDrained(callback: () => void): void;
  /** The same, but after a while in any case, and at once where that has happened and not all is sent since. */
  onceDrainedSoon(callback: () => void): void;
}

/**
 * A pipe for messages. A socket transport joins a byte socket, which knows no WAMP, to a serializer; the in-memory pair
 * hands messages over and copies each payload once per receiver.
 */
export interface Transport {
  /** Such as `websocket` or `memory`. */
  readonly kind: string;
  /** Bytes that were sent and have not left this process yet. */
  readonly unsentBytes: number;
  /** Resolves when what was sent has left this process, or the transport is gone. `undefined` while little waits. */
  drained(): Promise<void> | undefined;
  /** A router's end of a connection has one. */
  readonly flow?: Flow | undefined;
  /** Whether payloads that come are passed on unverified. Set by the owner of a router's end. Default false. */
  trustsPayloads?: boolean;
  /** The largest message that is received here, in bytes, where the transport knows it. A client announces it in HELLO. */
  readonly maxMessageBytes?: number | undefined;
  /** The largest message that the other side receives, in bytes, once it has said so. Set by the owner of this end. */
  maxSendBytes?: number | undefined;
  /** Starts delivery. Called once, by the session that owns this end; messages that came before wait for it. */
  open(listener: TransportListener): void;
  /**
   * Never calls back synchronously. Throws `TypeError` for a value that cannot travel, and `wamp.error.payload_size_exceeded` for a
   * message above `maxSendBytes`; nothing is sent then. A closed transport drops.
   */
  send(message: Message): void;
  /** Sends what is queued, then closes. `code` and `reason` are WebSocket's, default 1000. */
  close(code?: number, reason?: string): void;
}
