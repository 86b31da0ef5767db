import { LAYOUT } from "../../wire/layout.js";
import type { MessageType } from "../../wire/messages.js";
import type { Exposition } from "./exposition.js";

interface Count {
  readonly type: MessageType | undefined;
  messages: number;
  bytes: number;
}

/** Messages that went one way, and their bytes, by type. To count one allocates nothing. */
export class MessageCounts {
  readonly #counts: ReadonlyMap<MessageType, Count>;
  #last: Count = { type: undefined, messages: 0, bytes: 0 }; // mostly the next one, too

  constructor() {
    const types = Object.keys(LAYOUT) as MessageType[];
    this.#counts = new Map(types.map((type) => [type, { type, messages: 0, bytes: 0 }]));
  }

  add(type: MessageType, bytes: number): void {
    if (this.#last.type !== type) this.#last = this.#counts.get(type) as Count; // every type has one
    this.#last.messages++;
    this.#last.bytes += bytes;
  }

  /** Writes two counters, `…_messages_total` and `…_message_bytes_total`, of the types that there were. */
  write(out: Exposition, way: "received" | "sent"): void {
    const [messages, bytes] = [`wampact_${way}_messages_total`, `wampact_${way}_message_bytes_total`];
    const seen = [...this.#counts].filter(([, count]) => count.messages > 0);
    out.head({ name: messages, type: "counter", help: `Messages ${way}, by type.` });
    for (const [type, count] of seen) out.sample(messages, { type }, count.messages);
    out.head({ name: bytes, type: "counter", help: `Bytes of messages ${way}, before compression, by type.` });
    for (const [type, count] of seen) out.sample(bytes, { type }, count.bytes);
  }
}
