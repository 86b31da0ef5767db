import { ProtocolViolation } from "../wire/error.js";
import type { Id } from "../wire/ids.js";
import type { Message } from "../wire/messages.js";
import type { RealmSession } from "./realm-session.js";

/** A message with a request ID. */
export type CountedMessage = Extract<Message, { readonly request: Id }>;

/** Enforces the order of request IDs: 1, 2, 3 …, in one sequence for all requests of a session. */
export class RequestSequences {
  readonly #last = new Map<RealmSession, Id>();

  /** Throws `ProtocolViolation` for a gap. A CALL may reuse an ID; the dealer checks that. */
  check(session: RealmSession, message: CountedMessage): void {
    if (message.type === "CANCEL" || message.type === "YIELD" || message.type === "ERROR") return;
    const last = this.#last.get(session) ?? 0;
    if (message.type === "CALL" && message.request <= last) return;
    if (message.request !== last + 1) {
      throw new ProtocolViolation(`${message.type}.request: expected ${last + 1}, got ${message.request}`);
    }
    this.#last.set(session, message.request);
  }

  leave(session: RealmSession): void {
    this.#last.delete(session);
  }
}
