import * as z from "zod";
import type { Authorizer } from "../router/authorizer.js";
import { REALM_LIMITS, SESSION_LIMITS } from "../router/limits.js";
import type { Policy } from "../router/policy.js";
import { DEFAULT_MAX_BYTES } from "../router/store/bounds.js";
import { AUTH } from "./auth-schema.js";
import type { RealmSettings, StoreSettings } from "./settings.js";
import { exact, expecting, expectingKind, flag, inCode, integer, oneOf, positive, strict, text } from "./words.js";

const ACTIONS = ["call", "register", "publish", "subscribe"] as const;
const match = oneOf("exact", "prefix", "wildcard").default("exact").describe("The match policy of the URI.");

function actions() {
  return z
    .array(oneOf(...ACTIONS), expecting(`a list of ${ACTIONS.map((action) => `"${action}"`).join(", ")}`))
    .optional();
}

const permission = strict({
  uri: z
    .string(expecting('a URI or pattern, such as "com.app."', { quotes: true }))
    .describe("A URI or pattern. A component `{authid}` matches the `authid` of the session."),
  match,
  allow: actions().describe("The actions that the role may perform."),
  deny: actions().describe("The actions that the role may not perform, even if broader rules allow them."),
});

const role = strict({
  permissions: z
    .array(
      permission,
      expecting('a list of rules, such as { "uri": "com.app.", "match": "prefix", "allow": ["call"] }'),
    )
    .optional()
    .describe("The most specific rule that lists an action applies. Actions that no rule allows are denied."),
});

const sessionLimits = strict({
  maxSubscriptions: integer(0)
    .default(SESSION_LIMITS.maxSubscriptions)
    .describe("The maximum number of subscriptions."),
  maxRegistrations: integer(0)
    .default(SESSION_LIMITS.maxRegistrations)
    .describe("The maximum number of registrations."),
  maxPendingCalls: integer(0).default(SESSION_LIMITS.maxPendingCalls).describe("The maximum number of pending calls."),
  maxTestaments: integer(0).default(SESSION_LIMITS.maxTestaments).describe("The maximum number of testaments."),
  maxTestamentBytes: integer(0)
    .default(SESSION_LIMITS.maxTestamentBytes)
    .describe("The approximate maximum size of the payloads of testaments, in bytes."),
  maxDefinitions: integer(0)
    .default(SESSION_LIMITS.maxDefinitions)
    .describe("The maximum number of URIs described by reflection."),
  maxDefinitionBytes: integer(0)
    .default(SESSION_LIMITS.maxDefinitionBytes)
    .describe("The maximum size of these descriptions, in bytes."),
});

const realmLimits = strict({
  maxSessions: integer(0)
    .default(REALM_LIMITS.maxSessions)
    .describe("The maximum number of sessions. Further ones are refused."),
  maxSubscriptions: integer(0)
    .default(REALM_LIMITS.maxSubscriptions)
    .describe("The maximum number of distinct topics and patterns with subscribers."),
  maxRegistrations: integer(0)
    .default(REALM_LIMITS.maxRegistrations)
    .describe("The maximum number of distinct registered procedures and patterns."),
  maxPendingCalls: integer(0).default(REALM_LIMITS.maxPendingCalls).describe("The maximum number of pending calls."),
  maxTestamentBytes: integer(0)
    .default(REALM_LIMITS.maxTestamentBytes)
    .describe("The maximum size of the payloads of all testaments, in bytes."),
  maxDefinitions: integer(0)
    .default(REALM_LIMITS.maxDefinitions)
    .describe("The maximum number of URIs described by reflection."),
  maxUriBytes: integer(0)
    .default(REALM_LIMITS.maxUriBytes)
    .describe("The maximum length of a URI or pattern, in bytes."),
  maxUriComponents: integer(0)
    .default(REALM_LIMITS.maxUriComponents)
    .describe("The maximum number of components of a URI or pattern."),
});

const history = strict({
  topic: z
    .string(expecting('a topic or pattern, such as "com.app.news"', { quotes: true }))
    .describe("A topic or pattern."),
  match,
  limit: integer(1).default(1_000).describe("The maximum number of stored events. The oldest are dropped."),
});

function bounds(maxRetainedTopics: number) {
  return {
    maxRetainedTopics: positive()
      .default(maxRetainedTopics)
      .describe("The maximum number of topics with a retained event. The oldest is dropped."),
    maxRetainedBytes: positive()
      .default(DEFAULT_MAX_BYTES)
      .describe("The maximum size of all retained events, in bytes."),
    maxHistoryBytes: positive().default(DEFAULT_MAX_BYTES).describe("The maximum size of each history, in bytes."),
  };
}

const STORE: z.ZodType<StoreSettings> = z.discriminatedUnion(
  "type",
  [
    strict({
      type: z.literal("memory").describe("Stores events in memory. They are lost when the process ends."),
      ...bounds(10_000),
    }),
    strict({
      type: z.literal("lmdb").describe("Stores events on disk. Needs the package `lmdb`."),
      path: text('a directory, such as "./data"', true).describe(
        "The directory, relative to the configuration. It is created if it does not exist.",
      ),
      sync: flag().default(true).describe("Whether an event is written to disk before PUBLISHED is sent."),
      ...bounds(100_000),
    }),
    strict({
      type: z
        .literal("nats")
        .describe(
          "A store that all routers of the `cluster` share, in its JetStream. A stream takes up to twice these bytes. All routers need the same values.",
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
      .min(1, expecting("at least one method; omit `auth` for a realm with anonymous clients"))
      .optional()
      .describe("The authentication methods. Default: anonymous; without `roles`, only from this machine."),
    roles: z
      .record(z.string(), role, expecting("an object, a role by each of its names"))
      .optional()
      .describe(
        "The permissions of each role. Default: everything except ending other sessions and revoking their registrations and subscriptions.",
      ),
    open: flag()
      .default(false)
      .describe("Whether a realm without `auth` and `roles` accepts clients from other machines."),
    authorize: z
      .union(
        [text(), inCode<Authorizer>("a function", isFunction)],
        expecting('the URI of a procedure, such as "com.app.authorize"', { quotes: true }),
      )
      .optional()
      .describe(
        "The URI of a procedure that authorizes each request that the roles allow. In a module also a function.",
      ),
    enforce: z
      .array(text("the path of a module", true), expecting('a list of modules, such as "./schemas/calculator.ts"'))
      .optional()
      .describe(
        "Modules, relative to the configuration, whose exports are contracts. All payloads are validated against them, except packed ones (`ppt_scheme`).",
      ),
    policies: inCode<readonly Policy[]>("a list of policies", Array.isArray)
      .optional()
      .describe("The policies of the application, in order."),
    disclosure: oneOf("requested", "never", "always")
      .default("requested")
      .describe("Whether callers and publishers are disclosed to callees and subscribers."),
    limits: strict({
      session: sessionLimits.prefault({}).describe("The limits of one session."),
      realm: realmLimits.prefault({}).describe("The limits of all sessions together."),
    })
      .prefault({})
      .describe("The limits. Requests beyond them are refused."),
    history: z
      .array(history, expecting('a list, such as { "topic": "com.app.news" }'))
      .default([])
      .describe("The topics and patterns with an event history."),
    retainMs: z
      .number(expecting("a non-negative number"))
      .min(0, expecting("a non-negative number"))
      .default(0)
      .describe("The lifetime of a retained event; 0: no limit."),
    store: STORE.prefault({ type: "memory" }).describe("The store of retained events and histories."),
    trustPayloads: flag()
      .default(false)
      .describe("Whether to forward payloads without verifying that they are well formed."),
    strictUris: flag().default(false).describe("Whether URI components may contain only `0-9`, `a-z` and `_`."),
    strictRequestIds: flag()
      .default(false)
      .describe("Whether a client's request IDs must be 1, 2, 3 …. A gap ends its session."),
  } satisfies { readonly [Name in keyof Required<RealmSettings>]: z.ZodType }),
);
