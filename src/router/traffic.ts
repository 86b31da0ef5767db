/** The traffic of a session. Bytes are those of messages before compression; 0 for messages that are not serialized. */
export interface Traffic {
  /** Messages from the client. */
  readonly receivedMessages: number;
  readonly receivedBytes: number;
  /** Messages to the client. */
  readonly sentMessages: number;
  readonly sentBytes: number;
}

/** Counts the traffic of consecutive sessions on a transport. */
export class TrafficCount {
  #receivedMessages = 0;
  #receivedBytes = 0;
  #sentMessages = 0;
  #sentBytes = 0;

  received(bytes: number): void {
    this.#receivedMessages++;
    this.#receivedBytes += bytes;
  }

  sent(bytes: number): void {
    this.#sentMessages++;
    this.#sentBytes += bytes;
  }

  /** Returns the traffic since the last call. */
  take(): Traffic {
    const taken: Traffic = {
      receivedMessages: this.#receivedMessages,
      receivedBytes: this.#receivedBytes,
      sentMessages: this.#sentMessages,
      sentBytes: this.#sentBytes,
    };
    this.#receivedMessages = 0;
    this.#receivedBytes = 0;
    this.#sentMessages = 0;
    this.#sentBytes = 0;
    return taken;
  }
}
