/** Calls of the meta API. */
import { idOf, type Knowledge, type MessageList } from "./knowledge.js";
import { REALMS } from "./places.js";
import type { Random } from "./random.js";
import { MATCHES, uri } from "./uris.js";
import { payloadArgs, payloadKwargs, payloadValue } from "./values.js";

const ANYWHERE = [
  "wamp.session.count",
  "wamp.session.list",
  "wamp.session.get",
  "wamp.session.add_testament",
  "wamp.session.flush_testaments",
  "wamp.registration.list",
  "wamp.registration.lookup",
  "wamp.registration.match",
  "wamp.registration.get",
  "wamp.registration.list_callees",
  "wamp.registration.count_callees",
  "wamp.subscription.list",
  "wamp.subscription.lookup",
  "wamp.subscription.match",
  "wamp.subscription.get",
  "wamp.subscription.list_subscribers",
  "wamp.subscription.count_subscribers",
  "wamp.subscription.get_events",
  "wamp.reflection.procedure.list",
  "wamp.reflection.procedure.describe",
  "wamp.reflection.topic.list",
  "wamp.reflection.topic.describe",
  "wamp.reflection.error.list",
  "wamp.reflection.error.describe",
  "wamp.reflect.define",
  "wamp.reflect.describe",
  "wamp.no.such.procedure",
];

/** Procedures that end sessions or revoke what others hold. They are not called in the realm of the bystanders. */
const HARMFUL = [
  "wamp.session.kill",
  "wamp.session.kill_by_authid",
  "wamp.session.kill_by_authrole",
  "wamp.session.kill_all",
  "wamp.registration.remove_callee",
  "wamp.subscription.remove_subscriber",
];

/** A call of a meta procedure, with arguments that it may or may not take. */
export function metaCall(random: Random, known: Knowledge): MessageList {
  const request = ++known.requests;
  const procedure = random.pick(known.realm === REALMS.wild && random.chance(0.05) ? HARMFUL : ANYWHERE);
  const argument = () =>
    random.pick<unknown>([
      idOf(random, known.registrations),
      idOf(random, known.subscriptions),
      idOf(random, known.sessions),
      uri(random, known),
      { match: random.pick(MATCHES) },
      [random.pick(["anonymous", 1])],
      random.pick(["procedure", "topic", "error"]),
      payloadValue(random),
    ]);
  if (procedure === "wamp.session.add_testament" && random.chance(0.8)) {
    return [
      48,
      request,
      {},
      procedure,
      [uri(random, known), payloadArgs(random), payloadKwargs(random)],
      testament(random),
    ];
  }
  const args = Array.from({ length: random.below(4) }, argument);
  return [48, request, {}, procedure, args, random.chance(0.5) ? metaKwargs(random, known) : {}];
}

function testament(random: Random): Record<string, unknown> {
  return {
    ...(random.chance(0.5) && { scope: random.pick(["detached", "destroyed", "x"]) }),
    publish_options: { retain: random.chance(0.5), ...(random.chance(0.1) && { acknowledge: random.pick([true, 1]) }) },
  };
}

/** The keyword arguments of `get_events`, `kill` and `flush_testaments`. */
function metaKwargs(random: Random, known: Knowledge): Record<string, unknown> {
  return random.pick<Record<string, unknown>>([
    { limit: random.pick([0, 1, 5, -1, 2 ** 53, "1"]), reverse: random.pick([true, 1]) },
    { from_time: random.pick(["2026-01-01T00:00:00Z", "9999-99-99T00:00:00Z", "", 1]) },
    { after_publication: idOf(random, known.publications), until_publication: idOf(random, known.publications) },
    { topic: uri(random, known) },
    { from: random.pick([1, 0, 2 ** 53, "x", idOf(random, known.sessions)]) },
    { reason: random.pick(["com.fuzz.reason", "", 1, "no uri at all"]), message: random.pick(["words", 1]) },
    { scope: random.pick(["detached", "destroyed", 1]) },
  ]);
}
