/** Entry point `wampact/auth/ticket`: the client's half of the method `ticket`. */
import type { SettingRules } from "../../wire/settings.js";
import type { ClientAuth } from "./client-auth.js";
import { namedLogin } from "./named-login.js";
import { textOf, textOrFunction, type Value } from "./value.js";

export type { ClientAuth, ClientLogin, LoginAnswer } from "./client-auth.js";
export type { Value } from "./value.js";

export interface TicketOptions {
  /** The identity of the peer. */
  readonly authid: Value<string>;
  /** The secret. A function is called when the router has sent its CHALLENGE. */
  readonly ticket: Value<string>;
}

const RULES: SettingRules<TicketOptions> = { authid: textOrFunction, ticket: textOrFunction };

/**
 * Logs in with a ticket: a password or a token, which is sent as plain text. Use it over TLS or within one machine. Spec: Advanced Profile,
 * "Ticket-based Authentication".
 *
 * ```ts
 * const peer = await connect({ url, realm: "com.app", auth: [ticket({ authid: "ada", ticket: () => readTicket() })] });
 * ```
 */
export function ticket(options: TicketOptions): ClientAuth {
  return namedLogin("ticket", { options, rules: RULES, secret: "ticket" }, async () => ({
    signature: await textOf(options.ticket, "ticket.ticket"),
  }));
}
