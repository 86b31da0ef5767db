import type { Authenticate } from "../../wire/messages.js";
import { callback, checkSettings, type SettingRules } from "../../wire/settings.js";
import { UNAVAILABLE } from "../../wire/uris.js";
import type { Authenticator, Verdict } from "./authenticator.js";
import { instead } from "./halves.js";
import {
  accepted,
  ENTRY_RULES,
  type FindPrincipal,
  incomplete,
  type LoginAttempt,
  type PrincipalEntry,
  PrincipalSource,
  type Principals,
  principals,
  REFUSED,
} from "./principals.js";
import { DEFAULT_COST, decoyHash, matchesTicket, readTicketHash, type ScryptCost, ticketHash } from "./scrypt.js";
import { WorkQueue } from "./work-queue.js";

/** Who may log in with a ticket. */
export interface TicketPrincipal extends PrincipalEntry {
  /** The ticket's hash: what `hashTicket()` or `wampact secret ticket` gives. */
  readonly ticket: string;
}

/** Either of them. */
export interface TicketOptions {
  readonly principals?: Principals<TicketPrincipal>;
  /** Finds whose ticket `details.ticket` is, and gives `undefined` where it is not valid: for tokens that somebody else has issued. */
  readonly check?: FindPrincipal<PrincipalEntry>;
}

const OPTIONS: SettingRules<TicketOptions> = { principals, check: callback };
const ENTRY: SettingRules<TicketPrincipal> = { ...ENTRY_RULES, ticket: ticketHash };

/** Characters of a ticket; a longer one is wrong. */
const MOST_CHARACTERS = 4_096;

/**
 * Lets clients log in with a ticket, which is kept as its scrypt hash. An unknown `authid` takes as long, and is told the same, as a wrong
 * ticket. Throws `TypeError` for a principal that cannot be. Spec: Advanced Profile, "Ticket-based Authentication".
 *
 * ```ts
 * const auth = [ticket({ principals: { ada: { role: "admin", ticket: "$scrypt$ln=15,r=8,p=1$…" } } })];
 * ```
 */
export function ticket(options: TicketOptions): Authenticator {
  checkSettings(options, OPTIONS);
  if (options.check) return checking(options.check, options.principals);
  const source = new PrincipalSource(options.principals, checkPrincipal);
  const work = new WorkQueue();
  const [[, model] = []] = source.entries;
  const decoyCost = costOf(model);

  /** Hashes the ticket for unknown principals, too. */
  async function judge(authid: string, { signature }: Authenticate, attempt: LoginAttempt): Promise<Verdict> {
    const entry = await source.find(authid, attempt);
    if (work.full) return { type: "denied", uri: UNAVAILABLE, message: "too many clients log in; try again later" };
    const [decoy, hash] = [decoyHash(decoyCost), readTicketHash((entry ?? model)?.ticket ?? "")]; // both for everybody: it takes time
    const stored = entry && hash ? hash : decoy;
    const given = signature.slice(0, MOST_CHARACTERS);
    const matches = await work.run(() => matchesTicket(given, stored));
    return entry && matches && given === signature ? accepted(authid, entry, source.provider) : REFUSED;
  }

  return challenging(source, judge);
}

/** Leaves it to the application whether a ticket is valid. */
function checking(check: FindPrincipal<PrincipalEntry>, others: unknown): Authenticator {
  if (others !== undefined) throw new TypeError("principals: expected either principals or check, got both");
  const source = new PrincipalSource<PrincipalEntry>(check, (entry, path) => checkSettings(entry, ENTRY_RULES, path));
  return challenging(source, async (authid, { signature }, attempt) => {
    if (signature.length > MOST_CHARACTERS) return REFUSED;
    const entry = await source.find(authid, { ...attempt, ticket: signature });
    return entry ? accepted(authid, entry, source.provider) : REFUSED;
  });
}

function challenging(
  source: PrincipalSource<TicketPrincipal> | PrincipalSource<PrincipalEntry>,
  judge: (authid: string, message: Authenticate, attempt: LoginAttempt) => Promise<Verdict>,
): Authenticator {
  return {
    method: "ticket",
    instead: instead("ticket"),
    namedRoles: source.namedRoles,
    begin(hello, info, context) {
      const { authid } = hello;
      if (authid === undefined) return incomplete("HELLO.details.authid: the method ticket needs it");
      const attempt = { method: "ticket", hello, info, context };
      return { type: "challenge", extra: {}, answer: (message) => judge(authid, message, attempt) };
    },
  };
}

function checkPrincipal(entry: TicketPrincipal, path: string): void {
  checkSettings(entry, ENTRY, path);
  if (entry.ticket === undefined) throw new TypeError(`${path}.ticket: expected ${ticketHash.expected}, got nothing`);
}

/** What a hash costs: unknown principals cost as much as the first one that is known. */
function costOf(entry: TicketPrincipal | undefined): ScryptCost {
  return (entry && readTicketHash(entry.ticket)) ?? DEFAULT_COST;
}
