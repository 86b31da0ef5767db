import { allocate } from "../wire/bytes.js";

/** Messages are joined up to this many bytes or characters. */
const MOST = 64 * 1024;
/** The most bytes of UTF-8 that a character of a JavaScript string takes. */
const CHARACTER_BYTES = 3;

/** What a client sends: text, or bytes. */
type Data = string | Uint8Array;

/** Where a batch goes. */
export interface BatchOutlet {
  /** Sends a batch as one frame. */
  send(batch: Data): void;
  /** Calls back at the end of the turn. */
  atEndOfTurn(flush: () => void): void;
}

/** Gathers the messages that a client sends in one turn into one batch. Each comes with what tells it apart from the others. */
export class OutgoingBatch {
  /** The largest frame that the other side takes, in bytes, once it has said so. */
  maxBytes: number | undefined;
  readonly #outlet: BatchOutlet;
  #messages: Data[] = [];
  #length = 0; // in bytes or characters
  readonly #flush = (): void => this.flush();

  constructor(outlet: BatchOutlet) {
    this.#outlet = outlet;
  }

  /** How many bytes, or characters, wait. */
  get length(): number {
    return this.#length;
  }

  add(message: Data): void {
    const { maxBytes = Number.POSITIVE_INFINITY } = this;
    const taken = typeof message === "string" ? maxBytes / CHARACTER_BYTES : maxBytes;
    if (this.#length + message.length > Math.min(MOST, taken)) this.flush();
    if (this.#messages.length === 0) this.#outlet.atEndOfTurn(this.#flush);
    this.#messages.push(message);
    this.#length += message.length;
  }

  /** Sends what waits now. */
  flush(): void {
    const messages = this.#messages;
    const length = this.#length;
    if (messages.length === 0) return;
    this.#messages = [];
    this.#length = 0;
    this.#outlet.send(messages.length === 1 ? (messages[0] as Data) : joined(messages, length));
  }
}

/** All of them are text, or all are bytes, as the serializer has made them. */
function joined(messages: readonly Data[], length: number): Data {
  if (typeof messages[0] === "string") return messages.join("");
  const batch = allocate(length);
  let at = 0;
  for (const message of messages as readonly Uint8Array[]) {
    batch.set(message, at);
    at += message.length;
  }
  return batch;
}
