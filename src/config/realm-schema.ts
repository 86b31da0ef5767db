import * as z from "zod";
import type { Authorizer } from "../router/authorizer.js";
import { REALM_LIMITS, SESSION_LIMITS } from "../router/limits.js";
import type { Policy } from "../router/policy.js";
import { DEFAULT_MAX_BYTES } from "../router/store/bounds.js";
import { AUTH } from "./auth-schema.js";
import type { RealmSettings, StoreSettings } from "./settings.js";
import { exact, expecting, expectingKind, flag, inCode, integer, oneOf, positive, strict, text } from "./words.js";

const ACTIONS = ["call", "register", "publish", "subscribe"] as const;
const match = oneOf("exact", "prefix", "wildcard").default("exact").describe("How the URI matches.");

function actions() {
  return z
    .array(oneOf(...ACTIONS), expecting(`a list of ${ACTIONS.map((action) => `"${action}"`).join(", ")}`))
    .optional();
}

const permission = strict({
  uri: z
    .string(expecting('a URI or pattern, such as "com.app."', { quotes: true }))
    .describe("A URI or pattern. A component `{authid}` stands for the `authid` of the session."),
  match,
  allow: actions().describe("What the role may do with it."),
  deny: actions().describe("What it may not do, whatever broader rules say."),
});

const role = strict({
  permissions: z
    .array(
      permission,
      expecting('a list of rules, such as { "uri": "com.app.", "match": "prefix", "allow": ["call"] }'),
    )
    .optional()
    .describe("The most specific rule that names an action wins; what no rule allows is denied."),
});

const sessionLimits = strict({
  maxSubscriptions: integer(0).default(SESSION_LIMITS.maxSubscriptions).describe("Subscriptions."),
  maxRegistrations: integer(0).default(SESSION_LIMITS.maxRegistrations).describe("Registrations."),
  maxPendingCalls: integer(0).default(SESSION_LIMITS.maxPendingCalls).describe("Calls without a last answer."),
  maxTestaments: integer(0).default(SESSION_LIMITS.maxTestaments).describe("Testaments."),
  maxTestamentBytes: integer(0).default(SESSION_LIMITS.maxTestamentBytes).describe("Bytes of their payloads, about."),
  maxDefinitions: integer(0).default(SESSION_LIMITS.maxDefinitions).describe("URIs described by reflection."),
  maxDefinitionBytes: integer(0).default(SESSION_LIMITS.maxDefinitionBytes).describe("Bytes of these descriptions."),
});

const realmLimits = strict({
  maxSessions: integer(0).default(REALM_LIMITS.maxSessions).describe("Sessions; one more is refused."),
  maxSubscriptions: integer(0)
    .default(REALM_LIMITS.maxSubscriptions)
    .describe("Subscriptions of different topics and patterns."),
  maxRegistrations: integer(0)
    .default(REALM_LIMITS.maxRegistrations)
    .describe("Registrations of different procedures and patterns."),
  maxPendingCalls: integer(0).default(REALM_LIMITS.maxPendingCalls).describe("Calls without a last answer."),
  maxTestamentBytes: integer(0).default(REALM_LIMITS.maxTestamentBytes).describe("Bytes of all testaments' payloads."),
  maxDefinitions: integer(0).default(REALM_LIMITS.maxDefinitions).describe("URIs described by reflection."),
  maxUriBytes: integer(0).default(REALM_LIMITS.maxUriBytes).describe("Bytes of a URI or pattern."),
  maxUriComponents: integer(0).default(REALM_LIMITS.maxUriComponents).describe("Components of a URI or pattern."),
});

const history = strict({
  topic: z
    .string(expecting('a topic or pattern, such as "com.app.news"', { quotes: true }))
    .describe("A topic or pattern."),
  match,
  limit: integer(1).default(1_000).describe("Events kept; the oldest beyond it are dropped."),
});

function bounds(maxRetainedTopics: number) {
  return {
    maxRetainedTopics: positive()
      .default(maxRetainedTopics)
      .describe("Topics that may have a retained event; the one retained longest ago is dropped."),
    maxRetainedBytes: positive().default(DEFAULT_MAX_BYTES).describe("Bytes of all retained events."),
    maxHistoryBytes: positive().default(DEFAULT_MAX_BYTES).describe("Bytes of each history."),
  };
}

const STORE: z.ZodType<StoreSettings> = z.discriminatedUnion(
  "type",
  [
    strict({ type: z.literal("memory").describe("What it keeps is gone with the process."), ...bounds(10_000) }),
    strict({
      type: z.literal("lmdb").describe("Outlives the router; needs the package `lmdb`."),
      path: text('a directory, such as "./data"', true).describe(
        "A directory, relative to the configuration; made if it is missing.",
      ),
      sync: flag().default(true).describe("Whether an event is on the disk before its PUBLISHED goes out."),
      ...bounds(100_000),
    }),
    strict({
      type: z
        .literal("nats")
        .describe(
          "One store for all routers of the `cluster`, in its JetStream; a stream takes up to twice these bytes. All routers need the same.",
        ),
      ...bounds(10_000),
    }),
  ],
  expectingKind("type", ["memory", "lmdb", "nats"]),
);

const isFunction = (value: unknown) => typeof value === "function";

/** A realm. */
export const REALM: z.ZodType<RealmSettings> = exact(
  strict({
    name: text('a URI such as "com.app"', true).describe("The realm's URI."),
    auth: z
      .array(AUTH, expecting('a list of methods, such as { "method": "anonymous" }'))
      .min(1, expecting("at least one method; leave `auth` out for a realm that takes anonymous clients"))
      .optional()
      .describe(
        "The ways for clients to say who they are. Default: anonymous, from this machine alone where there are no `roles` either.",
      ),
    roles: z
      .record(z.string(), role, expecting("an object, a role by each of its names"))
      .optional()
      .describe(
        "What the sessions of each role may do. Default: everything but to end the sessions of others and revoke what they hold.",
      ),
    open: flag()
      .default(false)
      .describe(
        "Takes clients from everywhere into a realm that has neither `auth` nor `roles`; by default those of this machine.",
      ),
    authorize: z
      .union(
        [text(), inCode<Authorizer>("a function", isFunction)],
        expecting('the URI of a procedure, such as "com.app.authorize"', { quotes: true }),
      )
      .optional()
      .describe(
        "The URI of a procedure that is asked before each request that the roles allow. In a module also a function.",
      ),
    enforce: z
      .array(text("the path of a module", true), expecting('a list of modules, such as "./schemas/calculator.ts"'))
      .optional()
      .describe(
        "Modules, relative to the configuration, each of whose exports are a contract that all payloads are held to.",
      ),
    policies: inCode<readonly Policy[]>("a list of policies", Array.isArray)
      .optional()
      .describe("Policies of the application, in order."),
    disclosure: oneOf("requested", "never", "always")
      .default("requested")
      .describe("Whether callees and subscribers are told who calls or publishes."),
    limits: strict({
      session: sessionLimits.prefault({}).describe("How much one session may hold."),
      realm: realmLimits.prefault({}).describe("How much all sessions together may hold."),
    })
      .prefault({})
      .describe("How much may be held; what goes beyond is refused."),
    history: z
      .array(history, expecting('a list, such as { "topic": "com.app.news" }'))
      .default([])
      .describe("Topics and patterns whose events are kept."),
    retainMs: z
      .number(expecting("a number from 0"))
      .min(0, expecting("a number from 0"))
      .default(0)
      .describe("How long a retained event is given to new subscribers; 0 for ever."),
    store: STORE.prefault({ type: "memory" }).describe("Where retained events and histories are kept."),
    trustPayloads: flag()
      .default(false)
      .describe("Passes payloads on as they come, without verifying that they are well formed."),
    strictUris: flag().default(false).describe("URIs hold only `0-9`, `a-z` and `_` between their dots."),
    strictRequestIds: flag()
      .default(false)
      .describe("A client's request IDs must count 1, 2, 3 …; a gap ends its session."),
  } satisfies { readonly [Name in keyof Required<RealmSettings>]: z.ZodType }),
);
