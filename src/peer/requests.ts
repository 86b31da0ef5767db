import { IdTable } from "#id-table";
import { type ProtocolViolation, violation, type WampError } from "../wire/error.js";
import { type Id, IdCounter } from "../wire/ids.js";
import type * as m from "../wire/messages.js";
import { disconnected } from "./failures.js";

/** The messages that answer a request, except ERROR. */
export type Answer = m.Result | m.Registered | m.Unregistered | m.Subscribed | m.Unsubscribed | m.Published;

/** A message that one of these answers. */
export type Request = Extract<m.Message, { readonly type: m.RequestType; readonly request: Id }>;

/** A pending request. */
export interface Pending {
  readonly answer: Answer["type"];
  readonly requestType: Request["type"];
  /** For a call: the procedure, which is needed to read a packed error. */
  readonly procedure?: string;
  /** Called synchronously, so that a handler is set before the first message for it. */
  settle(answer: Answer): void;
  /** `goingDown`: the router is draining. */
  fail(error: WampError, goingDown?: boolean): void;
}

/** The requests of a session, and those that wait for an answer. */
export class Requests {
  readonly #send: (message: Request) => boolean;
  #ids = new IdCounter();
  #pending = new IdTable<Pending>(); // Request → pending request

  /** `send` returns false if the session is not established. */
  constructor(send: (message: Request) => boolean) {
    this.#send = send;
  }

  /** The number of requests that wait for an answer. */
  get size(): number {
    return this.#pending.size;
  }

  /** The ID of the next request. It is used up when that is sent. */
  get upcoming(): Id {
    return this.#ids.upcoming;
  }

  /**
   * Sends a request. `pending` receives its answer, if any. Throws `TypeError` for a value that cannot be sent, and
   * `wamp.error.payload_size_exceeded` for a message that is too large for the router. The next request then reuses the ID,
   * because a router may end a session for a gap.
   */
  begin(message: Request, pending?: Pending): void {
    this.#send(message);
    if (pending) this.#pending.add(message.request, pending);
    this.#ids.next();
  }

  /** Sends a chunk of a pending request. Returns false if it is no longer pending. */
  continue(message: Request): boolean {
    return this.#pending.get(message.request) !== undefined && this.#send(message);
  }

  /** Sends a request that one answer settles. `taken` is called synchronously, before any later message. */
  ask<A extends Answer["type"]>(
    message: Request,
    answer: A,
    taken?: (answer: Extract<Answer, { type: A }>) => void,
  ): Promise<Extract<Answer, { type: A }>> {
    return new Promise((resolve, reject) => {
      const settle = (given: Answer) => {
        const expected = given as Extract<Answer, { type: A }>; // `answered` compares the types
        taken?.(expected);
        resolve(expected);
      };
      this.begin(message, { answer, requestType: message.type, settle, fail: reject });
    });
  }

  /** Removes a request, and returns it. A later answer is dropped. */
  forget(request: Id): Pending | undefined {
    const pending = this.#pending.get(request);
    this.#pending.delete(request);
    return pending;
  }

  /** Settles the request of an answer. Throws `ProtocolViolation` if that was never sent, or expects another answer. */
  answered(message: Answer): void {
    const pending = this.#waitingFor(message.request, message.type);
    if (!pending) return;
    if (pending.answer !== message.type) {
      throw violation(`${message.type}.request`, `${message.request} is a ${pending.requestType}`);
    }
    const progress = message.type === "RESULT" && message.details.progress === true;
    if (!progress) this.#pending.delete(message.request);
    pending.settle(message);
  }

  /** Removes the request of an ERROR, and returns it. Throws `ProtocolViolation` if that was never sent, or is of another type. */
  failed({ request, requestType }: m.ErrorMessage): Pending | undefined {
    const pending = this.#waitingFor(request, "ERROR");
    if (pending && pending.requestType !== requestType) {
      throw violation("ERROR.request", `${request} is a ${pending.requestType}, not a ${requestType}`);
    }
    return this.forget(request);
  }

  /** Returns the request of an answer; `undefined` if it was abandoned. Throws `ProtocolViolation` if it was never sent. */
  #waitingFor(request: Id, type: m.MessageType): Pending | undefined {
    const pending = this.#pending.get(request);
    if (pending || request <= this.#ids.last) return pending;
    throw violation(`${type}.request`, `${request} was never sent`);
  }

  /** Fails all requests, and prepares for another session. Request IDs start again. */
  end(reason: string, fault?: ProtocolViolation): void {
    const waiting = [...this.#pending.values()];
    this.#pending = new IdTable();
    this.#ids = new IdCounter();
    for (const pending of waiting) pending.fail(disconnected(reason, fault));
  }
}
