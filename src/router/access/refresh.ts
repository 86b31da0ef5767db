import { NOT_AUTHORIZED } from "../../wire/uris.js";
import type { Broker } from "../broker.js";
import type { Dealer } from "../dealer.js";
import type { Gate } from "../gate.js";
import type { Grants } from "../grants.js";
import type { RealmSession } from "../realm-session.js";
import type { Testament, Testaments } from "../testaments.js";
import type { Question } from "./decisions.js";
import type { Pattern } from "./overlap.js";

/** The interface of a refresh to its realm. */
export interface RefreshHost {
  grantsOf(session: RealmSession): Grants;
  stands(session: RealmSession): boolean;
  readonly gate: Gate;
  readonly broker: Broker;
  readonly dealer: Dealer;
  readonly testaments: Pick<Testaments, "of">;
  /** Removes a testament. */
  withdraw(session: RealmSession, testament: Testament): void;
  /** Called after something was revoked, with pending meta events. */
  changed(): void;
  report(error: unknown): void;
  defer(run: () => void): void;
}

/** The maximum number of sessions and entries checked in one turn of the event loop. */
const TURN = 1_000;
/** The maximum number of sessions whose authorizer is asked at the same time. */
const ASKED_AT_ONCE = 100;

/**
 * Resolves the grants of sessions again and revokes what they no longer allow, without blocking others. Authorizers, which may be
 * slow, are asked after the rules have been applied to all sessions.
 */
export async function refreshed(sessions: readonly RealmSession[], host: RefreshHost): Promise<void> {
  let looked = 0;
  const nextTurn = async () => {
    if (++looked % TURN === 0) await new Promise<void>((resolve) => host.defer(resolve));
  };
  const standing: RealmSession[] = [];
  for (const session of sessions) {
    await nextTurn();
    if (!host.stands(session)) continue;
    host.gate.forget(session);
    if (regrant(session, host)) standing.push(session);
  }
  for (const session of standing) await withdraw(session, allowedByRules, { host, nextTurn });
  const asked = standing.filter(({ grants }) => grants.authorizer).values(); // shared by the concurrent loops below
  const askInTurn = async () => {
    for (const session of asked) await withdraw(session, allowedByAuthorizer, { host, nextTurn });
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, askInTurn));
}

/** Revokes what a session may no longer have. Stops when a later refresh takes over. */
async function withdraw(
  session: RealmSession,
  mayHold: MayHold,
  { host, nextTurn }: { readonly host: RefreshHost; nextTurn(): Promise<void> },
): Promise<void> {
  const { grants } = session;
  for (const holding of holdings(session, host)) {
    await nextTurn();
    if (!host.stands(session)) return;
    if (await mayHold(session, holding, host)) continue;
    if (!host.stands(session) || session.grants !== grants) return;
    holding.revoke();
    host.changed();
  }
}

/** Resolves the grants of a session again. Returns false if a policy throws; the session then ends. */
function regrant(session: RealmSession, host: RefreshHost): boolean {
  try {
    session.regrant(host.grantsOf(session));
    return true;
  } catch (error) {
    host.report(error);
    session.goodbye(NOT_AUTHORIZED, "the permissions of this session could not be determined");
    return false;
  }
}

/** A revocable entry of a session. */
interface Holding extends Question, Pattern {
  /** Revokes the entry, if the session still has it. */
  revoke(): void;
}

/** Yields the current entries of a session one by one, without those added in the meantime. */
function* holdings(session: RealmSession, { broker, dealer, testaments, withdraw }: RefreshHost): Iterable<Holding> {
  const { registrations } = dealer;
  const subscriptions = broker.subscriptions.book;
  for (const { id, uri, match } of [...registrations.book.heldBy(session)]) {
    const revoke = () => {
      if (registrations.find(session, id)) dealer.revoke(session, id, NOT_AUTHORIZED);
    };
    yield { action: "register", uri, match, options: { match }, revoke };
  }
  for (const { id, uri, match } of [...subscriptions.heldBy(session)]) {
    const revoke = () => {
      if (subscriptions.byId(id)?.subscribers.has(session)) broker.revoke(session, id, NOT_AUTHORIZED);
    };
    yield { action: "subscribe", uri, match, options: { match }, revoke };
  }
  for (const testament of testaments.of(session))
    yield { ...testament.asked, match: "exact", revoke: () => withdraw(session, testament) };
}

type MayHold = (session: RealmSession, holding: Holding, host: RefreshHost) => boolean | Promise<boolean>;

const allowedByRules: MayHold = ({ grants: { permissions } }, holding) =>
  permissions?.allowsAll(holding.action, holding) !== false;

const allowedByAuthorizer: MayHold = async (session, holding, { gate }) => !(await gate.denialOf(session, holding));
