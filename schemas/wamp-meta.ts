/** The WAMP meta API: what a router tells of its realm, and lets be done there. Spec: Advanced Profile, "Meta API". */
import { error, procedure, topic } from "wampact";
import * as z from "zod";

const Id = z.number().multipleOf(1).min(1).max(9_007_199_254_740_992);
const Uri = z.string();
const Match = z.enum(["exact", "prefix", "wildcard"]);
const MatchOptions = z.object({ match: Match.optional().describe("Default exact.") }).optional();
const Dict = z.record(z.string(), z.unknown());
const IdsByMatch = z.object({ exact: z.array(Id), prefix: z.array(Id), wildcard: z.array(Id) });

/** Lists come in pages of 256 KiB at most, and no larger than their receiver takes. */
const page = { from: Id.optional().describe("The `next` of the page before. Default: the list begins.") };
const more = {
  more: z.boolean().optional().describe("There is more than this page holds."),
  next: Id.optional().describe("Where there is more: the `from` of the next page."),
};
/** What is known to several routers of a cluster, each of which knows a part. */
const lacking = {
  unanswered: z
    .array(z.string())
    .optional()
    .describe("Routers of the cluster that have not answered in time: what they know is missing."),
};

const farewell = {
  reason: Uri.optional().describe("The reason of the GOODBYE. Default `wamp.close.killed`."),
  message: z.string().optional().describe("A word to whoever runs the client."),
};
const revocation = { reason: Uri.optional().describe("Why; told to a client that can be told.") };

const Session = z
  .object({
    session: Id,
    authid: z.string(),
    authrole: z.string(),
    authmethod: z.string(),
    authprovider: z.string(),
    transport: z.looseObject({ type: z.string() }).optional(),
  })
  .meta({ id: "Session", description: "A session as the router describes it." });

const Registration = z
  .object({
    id: Id,
    created: z.string().describe("RFC 3339."),
    uri: Uri,
    match: Match,
    invoke: z.enum(["single", "roundrobin", "random", "first", "last"]),
  })
  .meta({ id: "Registration", description: "A procedure, or a pattern of them, and how its calls are spread." });

const Subscription = z
  .object({ id: Id, created: z.string().describe("RFC 3339."), uri: Uri, match: Match })
  .meta({ id: "Subscription", description: "A topic, or a pattern of them, that somebody listens to." });

const HistoryEvent = z
  .object({
    timestamp: z.string().describe("When the broker got it; RFC 3339."),
    subscription: Id,
    publication: Id,
    details: Dict,
    args: z.array(z.unknown()).optional(),
    kwargs: Dict.optional(),
  })
  .meta({ id: "HistoryEvent", description: "An event that was published before." });

/** There is no such session, or it is the caller's own. */
export const noSuchSession = error("wamp.error.no_such_session", z.void());
/** There is no such registration. */
export const noSuchRegistration = error("wamp.error.no_such_registration", z.void());
/** There is no such subscription. */
export const noSuchSubscription = error("wamp.error.no_such_subscription", z.void());
/** A reason, topic or procedure that is no URI. */
export const invalidUri = error("wamp.error.invalid_uri", z.void());
/** A limit of the router is reached. */
export const limitExceeded = error("wampact.error.limit_exceeded", z.object({ limit: z.string() }));

// ── Sessions ──

const Authroles = z.array(z.string()).optional().describe("Only sessions of these roles.");
const Sessions = z
  .object({ sessions: z.array(Id), ...more })
  .meta({ id: "SessionPage", description: "IDs of sessions; ascending where they take more than one page." });

/** How many sessions the realm has. */
export const sessionCount = procedure("wamp.session.count", {
  metaApi: true,
  input: z.object({ authroles: Authroles }),
  output: z.int(),
  wire: { input: { args: ["authroles"], kwargs: "rest" } },
});
/** The IDs of the realm's sessions. */
export const sessionList = procedure("wamp.session.list", {
  metaApi: true,
  input: z.object({ authroles: Authroles, ...page }),
  output: Sessions,
  wire: { input: { args: ["authroles"], kwargs: "rest" }, output: { args: ["sessions"], kwargs: "rest" } },
});
/** Who a session is. */
export const sessionGet = procedure("wamp.session.get", {
  metaApi: true,
  input: z.object({ session: Id }),
  output: Session,
  wire: { input: { args: ["session"], kwargs: "rest" } },
  errors: { noSuchSession },
});
/** Ends a session with GOODBYE; never the caller's own. */
export const sessionKill = procedure("wamp.session.kill", {
  metaApi: true,
  input: z.object({ session: Id, ...farewell }),
  wire: { input: { args: ["session"], kwargs: "rest" } },
  errors: { noSuchSession, invalidUri },
});
/** Ends every other session of an authid. Gives their IDs, or, where those take more than one page, the first of them and their count. */
export const sessionKillByAuthid = procedure("wamp.session.kill_by_authid", {
  metaApi: true,
  input: z.object({ authid: z.string(), ...farewell }),
  output: z.object({
    sessions: z.array(Id),
    more: z.boolean().optional().describe("More sessions were ended than are listed."),
    count: z.int().optional().describe("Where there are more: how many were ended."),
  }),
  wire: { input: { args: ["authid"], kwargs: "rest" }, output: { args: ["sessions"], kwargs: "rest" } },
  errors: { invalidUri },
});
/** Ends every other session of an authrole. Gives how many there were. */
export const sessionKillByAuthrole = procedure("wamp.session.kill_by_authrole", {
  metaApi: true,
  input: z.object({ authrole: z.string(), ...farewell }),
  output: z.int(),
  wire: { input: { args: ["authrole"], kwargs: "rest" } },
  errors: { invalidUri },
});
/** Ends every other session of the realm, without meta events and testaments. Gives how many there were. */
export const sessionKillAll = procedure("wamp.session.kill_all", {
  metaApi: true,
  input: z.object(farewell),
  output: z.int(),
  errors: { invalidUri },
});
/** A session has joined. */
export const sessionOnJoin = topic("wamp.session.on_join", { metaApi: true, event: Session, wire: "arg0" });
/** A session has left, however it ended. */
export const sessionOnLeave = topic("wamp.session.on_leave", {
  metaApi: true,
  event: z.object({ session: Id, authid: z.string(), authrole: z.string() }),
  wire: { args: ["session", "authid", "authrole"], kwargs: "rest" },
});

/** Leaves an event behind, published when this session ends. */
export const sessionAddTestament = procedure("wamp.session.add_testament", {
  metaApi: true,
  input: z.object({
    topic: Uri,
    args: z.array(z.unknown()).default([]),
    kwargs: Dict.default({}),
    publish_options: Dict.optional().describe("Options of the PUBLISH, with the keys of the wire."),
    scope: z.enum(["detached", "destroyed"]).optional().describe("Default destroyed."),
  }),
  wire: { input: { args: ["topic", "args", "kwargs"], kwargs: "rest" } },
  errors: { invalidUri },
});
/** Takes back what this session would leave behind. */
export const sessionFlushTestaments = procedure("wamp.session.flush_testaments", {
  metaApi: true,
  input: z.object({ scope: z.enum(["detached", "destroyed"]).optional().describe("Default destroyed.") }),
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

/** The IDs of all registrations, by match policy. */
export const registrationList = procedure("wamp.registration.list", {
  metaApi: true,
  input: z.object(page),
  output: z.object({ registrations: IdsByMatch, ...more }),
  wire: { output: { args: ["registrations"], kwargs: "rest" } },
});
/** The registration of exactly this procedure or pattern, or null. */
export const registrationLookup = procedure("wamp.registration.lookup", {
  metaApi: true,
  input: z.object({ procedure: Uri, options: MatchOptions }),
  output: Id.nullable(),
  wire: { input: { args: ["procedure", "options"], kwargs: "rest" } },
});
/** The registration that would get a call of this procedure, or null. */
export const registrationMatch = procedure("wamp.registration.match", {
  metaApi: true,
  input: z.object({ procedure: Uri }),
  output: Id.nullable(),
  wire: { input: { args: ["procedure"], kwargs: "rest" } },
});
/** What a registration is. */
export const registrationGet = procedure("wamp.registration.get", {
  metaApi: true,
  ...ofRegistration,
  output: Registration,
});
/** The sessions that share a registration. */
export const registrationListCallees = procedure("wamp.registration.list_callees", {
  metaApi: true,
  input: z.object({ registration: Id, ...page }),
  output: Sessions,
  wire: { input: { args: ["registration"], kwargs: "rest" }, output: { args: ["sessions"], kwargs: "rest" } },
  errors: { noSuchRegistration },
});
/** How many sessions share a registration. */
export const registrationCountCallees = procedure("wamp.registration.count_callees", {
  metaApi: true,
  ...ofRegistration,
  output: z.int(),
});
/** Takes a session out of a registration. An addition of this router and some others. */
export const registrationRemoveCallee = procedure("wamp.registration.remove_callee", {
  metaApi: true,
  input: z.object({ registration: Id, session: Id, ...revocation }),
  wire: { input: { args: ["registration", "session"], kwargs: "rest" } },
  errors: { noSuchRegistration, noSuchSession },
});
/** A registration was made, for its first callee. */
export const registrationOnCreate = topic("wamp.registration.on_create", {
  metaApi: true,
  event: z.object({ session: Id, registration: Registration }),
  wire: { args: ["session", "registration"], kwargs: "rest" },
});
/** A session has got a share in a registration. */
export const registrationOnRegister = topic("wamp.registration.on_register", ofRegistrationEvent);
/** A session has left a registration. */
export const registrationOnUnregister = topic("wamp.registration.on_unregister", ofRegistrationEvent);
/** A registration has gone with its last callee. */
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

/** The IDs of all subscriptions, by match policy. */
export const subscriptionList = procedure("wamp.subscription.list", {
  metaApi: true,
  input: z.object(page),
  output: z.object({ subscriptions: IdsByMatch, ...more }),
  wire: { output: { args: ["subscriptions"], kwargs: "rest" } },
});
/** The subscription of exactly this topic or pattern, or null. */
export const subscriptionLookup = procedure("wamp.subscription.lookup", {
  metaApi: true,
  input: z.object({ topic: Uri, options: MatchOptions }),
  output: Id.nullable(),
  wire: { input: { args: ["topic", "options"], kwargs: "rest" } },
});
/** Every subscription that an event of this topic would reach, or null. */
export const subscriptionMatch = procedure("wamp.subscription.match", {
  metaApi: true,
  input: z.object({ topic: Uri, ...page }),
  output: z.object({ subscriptions: z.array(Id).nullable(), ...more }),
  wire: { input: { args: ["topic"], kwargs: "rest" }, output: { args: ["subscriptions"], kwargs: "rest" } },
});
/** What a subscription is. */
export const subscriptionGet = procedure("wamp.subscription.get", {
  metaApi: true,
  ...ofSubscription,
  output: Subscription,
});
/** The sessions in a subscription. */
export const subscriptionListSubscribers = procedure("wamp.subscription.list_subscribers", {
  metaApi: true,
  input: z.object({ subscription: Id, ...page }),
  output: z.object({ sessions: z.array(Id), ...more, ...lacking }),
  wire: { input: { args: ["subscription"], kwargs: "rest" }, output: { args: ["sessions"], kwargs: "rest" } },
  errors: { noSuchSubscription },
});
/** How many sessions are in a subscription. */
export const subscriptionCountSubscribers = procedure("wamp.subscription.count_subscribers", {
  metaApi: true,
  ...ofSubscription,
  output: z.int(),
});
/** Takes a session out of a subscription. An addition of this router and some others. */
export const subscriptionRemoveSubscriber = procedure("wamp.subscription.remove_subscriber", {
  metaApi: true,
  input: z.object({ subscription: Id, session: Id, ...revocation }),
  wire: { input: { args: ["subscription", "session"], kwargs: "rest" } },
  errors: { noSuchSubscription, noSuchSession },
});
/**
 * Events of a subscription whose history is kept, in the order the broker got them. All conditions are ANDed. An answer holds 1 MiB of
 * events at most; the keyword results that say whether there is more are no part of this output. `history()` of a typed topic reads on.
 */
export const subscriptionGetEvents = procedure("wamp.subscription.get_events", {
  metaApi: true,
  input: z.object({
    subscription: Id,
    reverse: z.boolean().optional().describe("Newest first."),
    limit: z.int().min(1).optional(),
    from_time: z.string().optional().describe("RFC 3339; the time itself included."),
    after_time: z.string().optional().describe("RFC 3339."),
    before_time: z.string().optional().describe("RFC 3339."),
    until_time: z.string().optional().describe("RFC 3339; the time itself included."),
    topic: Uri.optional().describe("Of a pattern: only events of this topic."),
    from_publication: Id.optional().describe(
      "This one and what came after it. For pages: the `next` of the page before.",
    ),
    after_publication: Id.optional().describe("What came after this one."),
    before_publication: Id.optional().describe("What came before this one."),
    until_publication: Id.optional().describe(
      "This one and what came before it. For pages in reverse: the `next` of the page before.",
    ),
  }),
  output: z.array(HistoryEvent),
  wire: { input: { args: ["subscription"], kwargs: "rest" }, output: "args" },
  errors: { noSuchSubscription },
});
/** A subscription was made, for its first subscriber. */
export const subscriptionOnCreate = topic("wamp.subscription.on_create", {
  metaApi: true,
  event: z.object({ session: Id, subscription: Subscription }),
  wire: { args: ["session", "subscription"], kwargs: "rest" },
});
/** A session has subscribed. */
export const subscriptionOnSubscribe = topic("wamp.subscription.on_subscribe", ofSubscriptionEvent);
/** A session has left a subscription. */
export const subscriptionOnUnsubscribe = topic("wamp.subscription.on_unsubscribe", ofSubscriptionEvent);
/** A subscription has gone with its last subscriber. */
export const subscriptionOnDelete = topic("wamp.subscription.on_delete", ofSubscriptionEvent);

// ── Reflection: its arguments and results are ours, since the specification only sketches it ──

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
 * Describes a procedure, a topic or an error, for as long as this session lives. A definition takes 64 KiB at most as JSON with its URI,
 * and all those of a session 16 MiB.
 */
export const reflectDefine = procedure("wamp.reflect.define", {
  metaApi: true,
  input: z.object({ kind: Kind, uri: Uri, definition: Dict }),
  wire: { input: { args: ["kind", "uri", "definition"], kwargs: "rest" } },
  errors: { invalidUri, limitExceeded },
});
/** What a URI is, or null. */
export const reflectDescribe = procedure("wamp.reflect.describe", ofUri);
/** URIs of the procedures that are described. */
export const reflectionProcedureList = procedure("wamp.reflection.procedure.list", list);
/** What a procedure is, or null. */
export const reflectionProcedureDescribe = procedure("wamp.reflection.procedure.describe", ofUri);
/** URIs of the topics that are described. */
export const reflectionTopicList = procedure("wamp.reflection.topic.list", list);
/** What a topic is, or null. */
export const reflectionTopicDescribe = procedure("wamp.reflection.topic.describe", ofUri);
/** URIs of the errors that are described. */
export const reflectionErrorList = procedure("wamp.reflection.error.list", list);
/** What an error is, or null. */
export const reflectionErrorDescribe = procedure("wamp.reflection.error.describe", ofUri);
/** Something is described that was not before. */
export const reflectOnDefine = topic("wamp.reflect.on_define", ofDefinition);
/** Nothing that described it is left. */
export const reflectOnUndefine = topic("wamp.reflect.on_undefine", ofDefinition);
