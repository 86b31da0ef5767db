import type { Authenticate } from "../../wire/messages.js";
import { callback, checkSettings, type SettingRules } from "../../wire/settings.js";
import { UNAVAILABLE } from "../../wire/uris.js";
import type { Authenticator, Verdict } from "./authenticator.js";
import { Decoys, decoyCosts, NOBODYS } from "./decoys.js";
import { namedMethodOf } from "./method.js";
import {
  accepted,
  ENTRY_RULES,
  type FindPrincipal,
  type LoginAttempt,
  type PrincipalEntry,
  PrincipalSource,
  type Principals,
  principals,
  REFUSED,
} from "./principals.js";
import {
  DEFAULT_COST,
  decoyHash,
  matchesTicket,
  readTicketHash,
  type ScryptCost,
  type TicketHash,
  ticketForm,
  ticketHash,
} from "./scrypt.js";
import { WorkQueue } from "./work-queue.js";

/** A principal that logs in with a ticket. */
export interface TicketPrincipal extends PrincipalEntry {
  /** The hash of the ticket: the result of `hashTicket()` or `wampact secret ticket`. */
  readonly ticket: string;
}

/** Options of `ticket`. Either `principals` or `check` must be set. */
export interface TicketOptions {
  /** Who may log in, by `authid`: an object, or a function that finds an entry. Default: none; `check` then decides. */
  readonly principals?: Principals<TicketPrincipal>;
  /**
   * The hash cost of unknown principals, in the form of `hashTicket()`: that of the principals that `principals` finds, or a list of
   * different ones. Default: the cost of the configured principals; for a function, that of `hashTicket()`.
   */
  readonly decoyCost?: ScryptCost | readonly ScryptCost[];
  /**
   * Finds the principal of `details.ticket`; returns `undefined` for an invalid ticket. For tokens that someone else has
   * issued. The entry should contain the `authid` of the token's owner; otherwise the client chooses it. Default: none.
   */
  readonly check?: FindPrincipal<PrincipalEntry>;
}

const COSTS = decoyCosts(
  "the cost of a hash, such as { logN: 15, r: 8, p: 1 }",
  ["logN", "r", "p"],
  (cost) => readTicketHash(nobodys(cost as unknown as ScryptCost).ticket) !== undefined,
);
const OPTIONS: SettingRules<TicketOptions> = { principals, decoyCost: COSTS, check: callback };
const ENTRY: SettingRules<TicketPrincipal> = { ...ENTRY_RULES, ticket: ticketHash };

/** The maximum length of a ticket, in characters. A longer one is wrong. */
const MOST_CHARACTERS = 4_096;

/**
 * Creates an authenticator for tickets, which are stored as scrypt hashes. An unknown `authid` takes the same time and gets the same
 * answer as a wrong ticket. Throws `TypeError` for an invalid principal. Spec: Advanced Profile, "Ticket-based Authentication".
 *
 * ```ts
 * const auth = [ticket({ principals: { ada: { role: "admin", ticket: "$scrypt$ln=15,r=8,p=1$…" } } })];
 * ```
 */
export function ticket(options: TicketOptions): Authenticator {
  checkSettings(options, OPTIONS, "ticket");
  if (options.check) return checking(options.check, options);
  const source = new PrincipalSource(options.principals, checkPrincipal);
  const work = new WorkQueue();
  const { entries } = source;
  const decoys = new Decoys({ ...options, entries, model: nobodys, stored: (entry) => entry.ticket });

  /** Checks a ticket. It is also hashed for unknown principals. */
  async function judge(authid: string, { signature }: Authenticate, attempt: LoginAttempt): Promise<Verdict> {
    const entry = await source.find(authid, attempt);
    const { model } = await decoys.draw(authid); // also for known principals, since it takes time
    const shown = entry ?? model;
    decoys.check(shown, attempt.context.report);
    const hash = readTicketHash(shown.ticket) as TicketHash; // already checked
    const decoy = decoyHash(hash);
    const stored = entry ? hash : decoy;
    const given = signature.slice(0, MOST_CHARACTERS);
    if (work.full) return { type: "denied", uri: UNAVAILABLE, message: "too many concurrent logins; try again later" };
    const matches = await work.run(() => matchesTicket(given, stored));
    return entry && matches && given === signature ? accepted(authid, entry, source.provider) : REFUSED;
  }

  return challenging(source, judge);
}

/** Creates an authenticator in which the application checks the tickets. */
function checking(check: FindPrincipal<PrincipalEntry>, { principals, decoyCost }: TicketOptions): Authenticator {
  if (principals !== undefined) throw new TypeError("principals: expected either principals or check, got both");
  if (decoyCost !== undefined) throw new TypeError("decoyCost: does not apply together with check; remove it");
  const source = new PrincipalSource<PrincipalEntry>(check, (entry, path) => checkSettings(entry, ENTRY_RULES, path));
  return challenging(source, async (authid, { signature }, attempt) => {
    if (signature.length > MOST_CHARACTERS) return REFUSED;
    const entry = await source.find(authid, { ...attempt, ticket: signature });
    return entry ? accepted(authid, entry, source.provider) : REFUSED;
  });
}

function challenging(
  { namedRoles }: Pick<PrincipalSource<PrincipalEntry>, "namedRoles">,
  judge: (authid: string, message: Authenticate, attempt: LoginAttempt) => Promise<Verdict>,
): Authenticator {
  return namedMethodOf({ name: "ticket", namedRoles }, (authid, attempt) => ({
    type: "challenge",
    extra: {},
    answer: (message) => judge(authid, message, attempt),
  }));
}

function checkPrincipal(entry: TicketPrincipal, path: string): void {
  checkSettings(entry, ENTRY, path);
  if (entry.ticket === undefined) throw new TypeError(`${path}.ticket: expected ${ticketHash.expected}, got nothing`);
}

/** Creates a principal whose ticket nobody has. */
function nobodys(cost: ScryptCost = DEFAULT_COST): TicketPrincipal {
  return { role: "nobody", ticket: ticketForm(cost, NOBODYS.salt, NOBODYS.key) };
}
