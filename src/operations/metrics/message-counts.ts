import { LAYOUT } from "../../wire/layout.js";
import type { MessageType } from "../../wire/messages.js";
import type { Exposition } from "./exposition.js";

interface Count {
  readonly type: MessageType | undefined;
  messages: number;
  bytes: number;
}

/** Counts the messages in one direction and their bytes by type, without allocations. */
export class MessageCounts {
  readonly #counts: ReadonlyMap<MessageType, Count>;
  #last: Count = { type: undefined, messages: 0, bytes: 0 }; // usually also the next one

  constructor() {
    const types = Object.keys(LAYOUT) as MessageType[];
    this.#counts = new Map(types.map((type) => [type, { type, messages: 0, bytes: 0 }]));
  }

  add(type: MessageType, bytes: number): void {
    if (this.#last.type !== type) this.#last = this.#counts.get(type) as Count; // every type has an entry
    this.#last.messages++;
    this.#last.bytes += bytes;
  }

  /** Writes the counters `…_messages_total` and `…_message_bytes_total` for the types that occurred. */
  write(out: Exposition, way: "received" | "sent"): void {
    const [messages, bytes] = [`wampact_${way}_messages_total`, `wampact_${way}_message_bytes_total`];
    const seen = [...this.#counts].filter(([, count]) => count.messages > 0);
    out.head({ name: messages, type: "counter", help: `Messages ${way}, by type.` });
    for (const [type, count] of seen) out.sample(messages, { type }, count.messages);
    out.head({ name: bytes, type: "counter", help: `Bytes of messages ${way}, before compression, by type.` });
    for (const [type, count] of seen) out.sample(bytes, { type }, count.bytes);
  }
}
