import type { Message } from "../wire/messages.js";
import { copyValue } from "../wire/values.js";
import type { PeerInfo, Transport, TransportListener } from "./transport.js";

/**
 * Creates two transports that are connected within this process, without serialization. Messages are delivered in order in a
 * later microtask and share no objects with the sender.
 */
export function createMemoryPair(): readonly [Transport, Transport] {
  const left = new MemoryTransport();
  const right = new MemoryTransport();
  left.join(right);
  right.join(left);
  return [left, right];
}

const MEMORY: PeerInfo = { kind: "memory" };

type Delivery = { readonly message: Message } | { readonly closed: string };

class MemoryTransport implements Transport {
  readonly info: PeerInfo = MEMORY;
  readonly unsentBytes = 0;
  readonly maxUnsentBytes = Number.POSITIVE_INFINITY;
  #other: MemoryTransport | undefined;
  #listener: TransportListener | undefined;
  #inbox: Delivery[] = [];
  #scheduled = false;
  #closed = false;

  join(other: MemoryTransport): void {
    this.#other = other;
  }

  onceDrained(callback: () => void): void {
    callback();
  }

  open(listener: TransportListener): void {
    this.#listener = listener;
    this.#schedule();
  }

  send(message: Message): void {
    if (this.#closed) return;
    this.#other?.deliver({ message: copyMessage(message) });
  }

  close(_code?: number, reason = "closed by this side"): void {
    if (this.#closed) return;
    this.#other?.deliver({ closed: reason });
    this.deliver({ closed: reason });
    this.#closed = true;
  }

  deliver(delivery: Delivery): void {
    this.#inbox.push(delivery);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || !this.#listener || this.#inbox.length === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#drain());
  }

  #drain(): void {
    this.#scheduled = false;
    const listener = this.#listener;
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const delivery of inbox) {
      if ("message" in delivery) {
        if (!this.#closed) listener?.receive(delivery.message, 0);
      } else if (this.#other) {
        this.#closed = true;
        this.#other = undefined; // reported once, though both sides may close
        listener?.closed(delivery.closed);
      }
    }
  }
}

function copyMessage(message: Message): Message {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(message)) {
    copy[name] =
      name === "payload" && "payload" in message ? message.payload.copy() : copyValue(value, `${message.type}.${name}`);
  }
  return copy as unknown as Message; // the same members, copied
}
