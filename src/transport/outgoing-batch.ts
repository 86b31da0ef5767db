import type { BatchFraming } from "../wire/serializer.js";

/** The maximum size of a batch of several messages, in bytes or characters. */
const MOST = 64 * 1024;
/** The maximum number of UTF-8 bytes per character of a JavaScript string. */
const CHARACTER_BYTES = 3;

/** The messages of a client: text or bytes. */
type Data = string | Uint8Array;

/** The destination of batches. */
export interface BatchOutlet {
  readonly framing: BatchFraming;
  /** Sends a batch as one frame. */
  send(batch: Data): void;
  /** Calls back at the end of the turn. */
  atEndOfTurn(flush: () => void): void;
}

/** Combines the messages that a client sends in one turn into one batch. Each message already contains its delimiter. */
export class OutgoingBatch {
  readonly #outlet: BatchOutlet;
  #messages: Data[] = [];
  #length = 0; // in bytes or characters
  readonly #flush = (): void => this.flush();

  constructor(outlet: BatchOutlet) {
    this.#outlet = outlet;
  }

  /** The number of queued bytes or characters. */
  get length(): number {
    return this.#length;
  }

  /** `maxBytes` is the largest frame that the other side accepts, if it has announced a limit. */
  add(message: Data, maxBytes: number = Number.POSITIVE_INFINITY): void {
    const taken = typeof message === "string" ? maxBytes / CHARACTER_BYTES : maxBytes;
    if (this.#length + message.length > Math.min(MOST, taken)) this.flush();
    if (this.#messages.length === 0) this.#outlet.atEndOfTurn(this.#flush);
    this.#messages.push(message);
    this.#length += message.length;
  }

  /** Sends the queued messages now. */
  flush(): void {
    const messages = this.#messages;
    const length = this.#length;
    if (messages.length === 0) return;
    this.#messages = [];
    this.#length = 0;
    this.#outlet.send(messages.length === 1 ? (messages[0] as Data) : this.#outlet.framing.join(messages, length));
  }
}
