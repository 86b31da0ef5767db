/** The WAMP meta API, with which clients inspect and manage a realm. Spec: Advanced Profile, "Meta API". */
import { error, procedure, topic } from "wampact";
import * as z from "zod";

const Id = z.number().multipleOf(1).min(1).max(9_007_199_254_740_992);
const Uri = z.string();
const Match = z.enum(["exact", "prefix", "wildcard"]);
const MatchOptions = z.object({ match: Match.optional().describe("Default exact.") }).optional();
const Dict = z.record(z.string(), z.unknown());
const IdsByMatch = z.object({ exact: z.array(Id), prefix: z.array(Id), wildcard: z.array(Id) });

/** Lists are returned in pages of at most 256 KiB, or less if the receiver's limit is lower. */
const page = { from: Id.optional().describe("The `next` of the previous page. Default: the beginning of the list.") };
const more = {
  more: z.boolean().optional().describe("Whether there are further pages."),
  next: Id.optional().describe("The `from` of the next page, if there is one."),
};
/** The result of asking the routers of a cluster, each of which has a part of the data. */
const lacking = {
  unanswered: z
    .array(z.string())
    .optional()
    .describe("Routers of the cluster that did not answer in time. Their data is missing."),
};

const farewell = {
  reason: Uri.optional().describe("The reason of the GOODBYE. Default `wamp.close.killed`."),
  message: z.string().optional().describe("A message for the operator of the client."),
};
const revocation = { reason: Uri.optional().describe("The reason, which is sent to clients that support it.") };

const Session = z
  .object({
    session: Id,
    authid: z.string(),
    authrole: z.string(),
    authmethod: z.string(),
    authprovider: z.string(),
    transport: z.looseObject({ type: z.string() }).optional(),
  })
  .meta({ id: "Session", description: "The details of a session." });

const Registration = z
  .object({
    id: Id,
    created: z.string().describe("RFC 3339."),
    uri: Uri,
    match: Match,
    invoke: z.enum(["single", "roundrobin", "random", "first", "last"]),
  })
  .meta({ id: "Registration", description: "A registered procedure or pattern, with its invocation policy." });

const Subscription = z
  .object({ id: Id, created: z.string().describe("RFC 3339."), uri: Uri, match: Match })
  .meta({ id: "Subscription", description: "A topic or pattern with subscribers." });

const HistoryEvent = z
  .object({
    timestamp: z.string().describe("The time of publication, in RFC 3339 format."),
    subscription: Id,
    publication: Id,
    details: Dict,
    args: z.array(z.unknown()).optional(),
    kwargs: Dict.optional(),
  })
  .meta({ id: "HistoryEvent", description: "A stored event." });

/** The session does not exist, or is the caller's own. */
export const noSuchSession = error("wamp.error.no_such_session", z.void());
/** The registration does not exist. */
export const noSuchRegistration = error("wamp.error.no_such_registration", z.void());
/** The subscription does not exist. */
export const noSuchSubscription = error("wamp.error.no_such_subscription", z.void());
/** The reason, topic or procedure is not a valid URI. */
export const invalidUri = error("wamp.error.invalid_uri", z.void());
/** A limit of the router is reached. */
export const limitExceeded = error("wampact.error.limit_exceeded", z.object({ limit: z.string() }));

// ── Sessions ──

const Authroles = z.array(z.string()).optional().describe("Only sessions with these roles.");
const Sessions = z
  .object({ sessions: z.array(Id), ...more })
  .meta({ id: "SessionPage", description: "IDs of sessions, in ascending order if there is more than one page." });

/** Returns the number of sessions in the realm. */
export const sessionCount = procedure("wamp.session.count", {
  metaApi: true,
  input: z.object({ authroles: Authroles }),
  output: z.int(),
  wire: { input: { args: ["authroles"], kwargs: "rest" } },
});
/** Returns the IDs of the sessions in the realm. */
export const sessionList = procedure("wamp.session.list", {
  metaApi: true,
  input: z.object({ authroles: Authroles, ...page }),
  output: Sessions,
  wire: { input: { args: ["authroles"], kwargs: "rest" }, output: { args: ["sessions"], kwargs: "rest" } },
});
/** Returns the details of a session. */
export const sessionGet = procedure("wamp.session.get", {
  metaApi: true,
  input: z.object({ session: Id }),
  output: Session,
  wire: { input: { args: ["session"], kwargs: "rest" } },
  errors: { noSuchSession },
});
/** Ends a session with GOODBYE. It cannot be the caller's own session. */
export const sessionKill = procedure("wamp.session.kill", {
  metaApi: true,
  input: z.object({ session: Id, ...farewell }),
  wire: { input: { args: ["session"], kwargs: "rest" } },
  errors: { noSuchSession, invalidUri },
});
/** Ends every other session with an authid. Returns their IDs. If there are too many for one page, it returns the first ones and the count. */
export const sessionKillByAuthid = procedure("wamp.session.kill_by_authid", {
  metaApi: true,
  input: z.object({ authid: z.string(), ...farewell }),
  output: z.object({
    sessions: z.array(Id),
    more: z.boolean().optional().describe("Whether more sessions were ended than are listed."),
    count: z.int().optional().describe("The number of ended sessions, if not all are listed."),
  }),
  wire: { input: { args: ["authid"], kwargs: "rest" }, output: { args: ["sessions"], kwargs: "rest" } },
  errors: { invalidUri },
});
/** Ends every other session with an authrole. Returns their number. */
export const sessionKillByAuthrole = procedure("wamp.session.kill_by_authrole", {
  metaApi: true,
  input: z.object({ authrole: z.string(), ...farewell }),
  output: z.int(),
  wire: { input: { args: ["authrole"], kwargs: "rest" } },
  errors: { invalidUri },
});
/** Ends every other session of the realm, without meta events and testaments. Returns their number. */
export const sessionKillAll = procedure("wamp.session.kill_all", {
  metaApi: true,
  input: z.object(farewell),
  output: z.int(),
  errors: { invalidUri },
});
/** A session has joined. */
export const sessionOnJoin = topic("wamp.session.on_join", { metaApi: true, event: Session, wire: "arg0" });
/** A session has left. */
export const sessionOnLeave = topic("wamp.session.on_leave", {
  metaApi: true,
  event: z.object({ session: Id, authid: z.string(), authrole: z.string() }),
  wire: { args: ["session", "authid", "authrole"], kwargs: "rest" },
});

/** Adds an event to be published when this session ends. */
export const sessionAddTestament = procedure("wamp.session.add_testament", {
  metaApi: true,
  input: z.object({
    topic: Uri,
    args: z.array(z.unknown()).default([]),
    kwargs: Dict.default({}),
    publish_options: Dict.optional().describe("The options of the PUBLISH, with wire keys."),
    scope: z.enum(["detached", "destroyed"]).optional().describe("Default: destroyed."),
  }),
  wire: { input: { args: ["topic", "args", "kwargs"], kwargs: "rest" } },
  errors: { invalidUri },
});
/** Removes testaments of this session. */
export const sessionFlushTestaments = procedure("wamp.session.flush_testaments", {
  metaApi: true,
  input: z.object({ scope: z.enum(["detached", "destroyed"]).optional().describe("Default: destroyed.") }),
});

// ── Registrations ──

const ofRegistration = {
  input: z.object({ registration: Id }),
  wire: { input: { args: ["registration"], kwargs: "rest" } },
  errors: { noSuchRegistration },
} as const;
const ofRegistrationEvent = {
  metaApi: true,
  event: z.object({ session: Id, registration: Id }),
  wire: { args: ["session", "registration"], kwargs: "rest" },
} as const;

/** Returns the IDs of all registrations, by match policy. */
export const registrationList = procedure("wamp.registration.list", {
  metaApi: true,
  input: z.object(page),
  output: z.object({ registrations: IdsByMatch, ...more }),
  wire: { output: { args: ["registrations"], kwargs: "rest" } },
});
/** Returns the registration of exactly this procedure or pattern, or null. */
export const registrationLookup = procedure("wamp.registration.lookup", {
  metaApi: true,
  input: z.object({ procedure: Uri, options: MatchOptions }),
  output: Id.nullable(),
  wire: { input: { args: ["procedure", "options"], kwargs: "rest" } },
});
/** Returns the registration that a call of this procedure would be routed to, or null. */
export const registrationMatch = procedure("wamp.registration.match", {
  metaApi: true,
  input: z.object({ procedure: Uri }),
  output: Id.nullable(),
  wire: { input: { args: ["procedure"], kwargs: "rest" } },
});
/** Returns the details of a registration. */
export const registrationGet = procedure("wamp.registration.get", {
  metaApi: true,
  ...ofRegistration,
  output: Registration,
});
/** Returns the callees of a registration. */
export const registrationListCallees = procedure("wamp.registration.list_callees", {
  metaApi: true,
  input: z.object({ registration: Id, ...page }),
  output: Sessions,
  wire: { input: { args: ["registration"], kwargs: "rest" }, output: { args: ["sessions"], kwargs: "rest" } },
  errors: { noSuchRegistration },
});
/** Returns the number of callees of a registration. */
export const registrationCountCallees = procedure("wamp.registration.count_callees", {
  metaApi: true,
  ...ofRegistration,
  output: z.int(),
});
/** Removes a callee from a registration. An extension that some other routers also have. */
export const registrationRemoveCallee = procedure("wamp.registration.remove_callee", {
  metaApi: true,
  input: z.object({ registration: Id, session: Id, ...revocation }),
  wire: { input: { args: ["registration", "session"], kwargs: "rest" } },
  errors: { noSuchRegistration, noSuchSession },
});
/** A registration was created by its first callee. */
export const registrationOnCreate = topic("wamp.registration.on_create", {
  metaApi: true,
  event: z.object({ session: Id, registration: Registration }),
  wire: { args: ["session", "registration"], kwargs: "rest" },
});
/** A callee was added to a registration. */
export const registrationOnRegister = topic("wamp.registration.on_register", ofRegistrationEvent);
/** A callee was removed from a registration. */
export const registrationOnUnregister = topic("wamp.registration.on_unregister", ofRegistrationEvent);
/** A registration was deleted after its last callee was removed. */
export const registrationOnDelete = topic("wamp.registration.on_delete", ofRegistrationEvent);

// ── Subscriptions ──

const ofSubscription = {
  input: z.object({ subscription: Id }),
  wire: { input: { args: ["subscription"], kwargs: "rest" } },
  errors: { noSuchSubscription },
} as const;
const ofSubscriptionEvent = {
  metaApi: true,
  event: z.object({ session: Id, subscription: Id }),
  wire: { args: ["session", "subscription"], kwargs: "rest" },
} as const;

/** Returns the IDs of all subscriptions, by match policy. */
export const subscriptionList = procedure("wamp.subscription.list", {
  metaApi: true,
  input: z.object(page),
  output: z.object({ subscriptions: IdsByMatch, ...more }),
  wire: { output: { args: ["subscriptions"], kwargs: "rest" } },
});
/** Returns the subscription of exactly this topic or pattern, or null. */
export const subscriptionLookup = procedure("wamp.subscription.lookup", {
  metaApi: true,
  input: z.object({ topic: Uri, options: MatchOptions }),
  output: Id.nullable(),
  wire: { input: { args: ["topic", "options"], kwargs: "rest" } },
});
/** Returns every subscription that an event of this topic would reach, or null. */
export const subscriptionMatch = procedure("wamp.subscription.match", {
  metaApi: true,
  input: z.object({ topic: Uri, ...page }),
  output: z.object({ subscriptions: z.array(Id).nullable(), ...more }),
  wire: { input: { args: ["topic"], kwargs: "rest" }, output: { args: ["subscriptions"], kwargs: "rest" } },
});
/** Returns the details of a subscription. */
export const subscriptionGet = procedure("wamp.subscription.get", {
  metaApi: true,
  ...ofSubscription,
  output: Subscription,
});
/** Returns the subscribers of a subscription. */
export const subscriptionListSubscribers = procedure("wamp.subscription.list_subscribers", {
  metaApi: true,
  input: z.object({ subscription: Id, ...page }),
  output: z.object({ sessions: z.array(Id), ...more, ...lacking }),
  wire: { input: { args: ["subscription"], kwargs: "rest" }, output: { args: ["sessions"], kwargs: "rest" } },
  errors: { noSuchSubscription },
});
/** Returns the number of subscribers of a subscription. */
export const subscriptionCountSubscribers = procedure("wamp.subscription.count_subscribers", {
  metaApi: true,
  ...ofSubscription,
  output: z.int(),
});
/** Removes a subscriber from a subscription. An extension that some other routers also have. */
export const subscriptionRemoveSubscriber = procedure("wamp.subscription.remove_subscriber", {
  metaApi: true,
  input: z.object({ subscription: Id, session: Id, ...revocation }),
  wire: { input: { args: ["subscription", "session"], kwargs: "rest" } },
  errors: { noSuchSubscription, noSuchSession },
});
/**
 * Returns stored events of a subscription with a history, in order of publication. All conditions are combined with AND. An answer
 * has at most 1 MiB of events. The keyword results about further pages are not part of this output; `history()` of a typed topic
 * reads all pages.
 */
export const subscriptionGetEvents = procedure("wamp.subscription.get_events", {
  metaApi: true,
  input: z.object({
    subscription: Id,
    reverse: z.boolean().optional().describe("Newest first."),
    limit: z.int().min(1).optional(),
    from_time: z.string().optional().describe("In RFC 3339 format, inclusive."),
    after_time: z.string().optional().describe("RFC 3339."),
    before_time: z.string().optional().describe("In RFC 3339 format, exclusive."),
    until_time: z.string().optional().describe("In RFC 3339 format, inclusive."),
    topic: Uri.optional().describe("Only events of this topic, for a pattern."),
    from_publication: Id.optional().describe(
      "Only this publication and later ones. For pages: the `next` of the previous page.",
    ),
    after_publication: Id.optional().describe("Only later publications."),
    before_publication: Id.optional().describe("Only earlier publications."),
    until_publication: Id.optional().describe(
      "Only this publication and earlier ones. For pages in reverse order: the `next` of the previous page.",
    ),
  }),
  output: z.array(HistoryEvent),
  wire: { input: { args: ["subscription"], kwargs: "rest" }, output: "args" },
  errors: { noSuchSubscription },
});
/** A subscription was created by its first subscriber. */
export const subscriptionOnCreate = topic("wamp.subscription.on_create", {
  metaApi: true,
  event: z.object({ session: Id, subscription: Subscription }),
  wire: { args: ["session", "subscription"], kwargs: "rest" },
});
/** A subscriber was added to a subscription. */
export const subscriptionOnSubscribe = topic("wamp.subscription.on_subscribe", ofSubscriptionEvent);
/** A subscriber was removed from a subscription. */
export const subscriptionOnUnsubscribe = topic("wamp.subscription.on_unsubscribe", ofSubscriptionEvent);
/** A subscription was deleted after its last subscriber was removed. */
export const subscriptionOnDelete = topic("wamp.subscription.on_delete", ofSubscriptionEvent);

// ── Reflection: the specification only sketches it; arguments and results are Wampact's own ──

const Kind = z.enum(["procedure", "topic", "error"]);
const Described = z
  .looseObject({ kind: Kind, uri: Uri, name: z.string().optional(), summary: z.string().optional() })
  .nullable();
const ofUri = {
  metaApi: true,
  input: z.object({ uri: Uri }),
  output: Described,
  wire: { input: { args: ["uri"], kwargs: "rest" } },
} as const;
const list = {
  metaApi: true,
  input: z.object(page),
  output: z.object({ uris: z.array(Uri), ...more, ...lacking }),
  wire: { output: { args: ["uris"], kwargs: "rest" } },
} as const;
const ofDefinition = {
  metaApi: true,
  event: z.object({ kind: Kind, uri: Uri }),
  wire: { args: ["kind", "uri"], kwargs: "rest" },
} as const;

/**
 * Describes a procedure, topic or error until this session ends. A definition with its URI may have at most 64 KiB as JSON, and all
 * definitions of a session at most 16 MiB.
 */
export const reflectDefine = procedure("wamp.reflect.define", {
  metaApi: true,
  input: z.object({ kind: Kind, uri: Uri, definition: Dict }),
  wire: { input: { args: ["kind", "uri", "definition"], kwargs: "rest" } },
  errors: { invalidUri, limitExceeded },
});
/** Returns the definition of a URI, or null. */
export const reflectDescribe = procedure("wamp.reflect.describe", ofUri);
/** Returns the URIs of the described procedures. */
export const reflectionProcedureList = procedure("wamp.reflection.procedure.list", list);
/** Returns the definition of a procedure, or null. */
export const reflectionProcedureDescribe = procedure("wamp.reflection.procedure.describe", ofUri);
/** Returns the URIs of the described topics. */
export const reflectionTopicList = procedure("wamp.reflection.topic.list", list);
/** Returns the definition of a topic, or null. */
export const reflectionTopicDescribe = procedure("wamp.reflection.topic.describe", ofUri);
/** Returns the URIs of the described errors. */
export const reflectionErrorList = procedure("wamp.reflection.error.list", list);
/** Returns the definition of an error, or null. */
export const reflectionErrorDescribe = procedure("wamp.reflection.error.describe", ofUri);
/** A URI was described for the first time. */
export const reflectOnDefine = topic("wamp.reflect.on_define", ofDefinition);
/** The last definition of a URI was removed. */
export const reflectOnUndefine = topic("wamp.reflect.on_undefine", ofDefinition);
