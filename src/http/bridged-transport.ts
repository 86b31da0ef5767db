import { createMemoryPair } from "../transport/memory.js";
import type { CutCause, PeerInfo, Transport, TransportListener } from "../transport/transport.js";
import type { Message } from "../wire/messages.js";
import { encodedAs } from "../wire/payload-bytes.js";
import { json } from "../wire/serializers/json.js";

const JSON_FORMAT = json();

/** A stream that an HTTP client reads. */
export interface Unsent {
  readonly unsentBytes: number;
}

/**
 * The router's end of a session for an HTTP client. Messages stay in this process. The router sees the client as it would on a
 * socket.
 */
export class BridgedTransport implements Transport {
  readonly info: PeerInfo;
  readonly maxUnsentBytes: number;
  readonly maxMessageBytes: number;
  /** The stream that carries the session's events, if any. */
  unsent: Unsent | undefined;
  trustsPayloads = false;
  countsBytes = false;
  /** The client's end. */
  readonly other: Transport;
  readonly #inner: Transport;
  #cut: CutCause | undefined;

  constructor(info: PeerInfo, sizes: { readonly maxUnsentBytes: number; readonly maxMessageBytes: number }) {
    const [inner, other] = createMemoryPair();
    this.info = info;
    this.maxUnsentBytes = sizes.maxUnsentBytes;
    this.maxMessageBytes = sizes.maxMessageBytes;
    this.#inner = inner;
    this.other = other;
  }

  get unsentBytes(): number {
    return this.unsent?.unsentBytes ?? 0;
  }

  open(listener: TransportListener): void {
    this.#inner.open({
      receive: (message, bytes) => listener.receive(message, bytes),
      refused: (refusal, bytes) => listener.refused(refusal, bytes),
      violation: (fault) => listener.violation(fault),
      closed: (reason) => listener.closed(reason, this.#cut),
    });
  }

  /** Sends a message. Throws `TypeError` for a payload that JSON cannot write, as the transport of a JSON client would. */
  send(message: Message): number {
    const bytes = "payload" in message ? encodedAs(message.payload, JSON_FORMAT).bytes.length : 0;
    this.#inner.send(message);
    return bytes;
  }

  /** Ends the session of a client that does not read. */
  cut(reason: string, cause: CutCause): void {
    this.#cut = cause;
    this.#inner.close(1008, reason);
  }

  close(code?: number, reason?: string): void {
    this.#inner.close(code, reason);
  }

  onceDrained(callback: () => void): void {
    callback();
  }
}
