/** Entry `wampact/auth/ticket`: the client's half of the method `ticket`. */
import { checkSettings, type SettingRules } from "../../wire/settings.js";
import type { ClientAuth } from "./client-auth.js";
import { requireSetting, textOf, textOrFunction, type Value } from "./value.js";

export type { ClientAuth, ClientLogin, LoginAnswer } from "./client-auth.js";
export type { Value } from "./value.js";

export interface TicketOptions {
  /** Who the peer is. */
  readonly authid: Value<string>;
  /** What proves it. A function is asked when the router has sent its CHALLENGE. */
  readonly ticket: Value<string>;
}

const RULES: SettingRules<TicketOptions> = { authid: textOrFunction, ticket: textOrFunction };

/**
 * Logs in with a ticket: a password or a token, which travels as it is. Use it over TLS or within one machine. Spec: Advanced Profile,
 * "Ticket-based Authentication".
 *
 * ```ts
 * const peer = await connect({ url, realm: "com.app", auth: [ticket({ authid: "ada", ticket: () => readTicket() })] });
 * ```
 */
export function ticket(options: TicketOptions): ClientAuth {
  checkSettings(options, RULES);
  requireSetting(options.authid, "authid", textOrFunction);
  requireSetting(options.ticket, "ticket", textOrFunction);
  return {
    method: "ticket",
    half: "peer",
    begin: async () => ({
      authid: await textOf(options.authid, "authid"),
      answer: async () => ({ signature: await textOf(options.ticket, "ticket") }),
    }),
  };
}
