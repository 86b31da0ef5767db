import type { $ZodType, SomeType } from "zod/v4/core";
import type { InvocationPolicy } from "../wire/messages.js";
import type { ProcedureAccess, TopicAccess } from "./access.js";
import type { ParamNames } from "./params.js";

/** How a value meets WAMP's `args` and `kwargs`; the default is told by `wireOf`. */
export type Wire = "kwargs" | "args" | "arg0" | { readonly args: readonly string[]; readonly kwargs: "rest" };

/**
 * Schemas of a URI's parameters, each from and to the text of its component.
 * A parameter without one is a string that is one valid component.
 */
export type ParamSchemas<Uri extends string> = { readonly [Name in ParamNames<Uri>]?: $ZodType<unknown, string> };

/** An error that a procedure may answer with, declared with `error`. */
export interface ErrorType<Uri extends string = string, Data extends SomeType = $ZodType> {
  readonly kind: "error";
  readonly uri: Uri;
  /** Schema of the payload that travels with the error. */
  readonly data: Data;
}

/**
 * What a procedure takes, gives and promises; every member is optional. `Schema` is what a declaration must give for a schema:
 * the compiler compares one with zod's `SomeType` for a tenth of what `$ZodType` costs it.
 */
export interface ProcedureDefinition<Uri extends string, Schema extends SomeType = $ZodType> {
  /** One sentence for documents; the doc comment of the export goes first where there is one. Default: none. */
  readonly summary?: string;
  /** What to use instead: shows as `@deprecated` in the editor. Default: it is not deprecated. */
  readonly deprecated?: string;
  /** Schemas of the URI's parameters, by name. Default: each is a string. */
  readonly params?: ParamSchemas<Uri>;
  /** The schema of the input. Default: the procedure takes none. */
  readonly input?: Schema;
  /** The schema of the result. Default: the procedure gives none. */
  readonly output?: Schema;
  /** What the callee sends before its result. Default: it sends none. */
  readonly progress?: Schema;
  /** What the caller sends after its input: a progressive call invocation. Default: it sends none. */
  readonly chunks?: Schema;
  /** The errors callers can tell apart, by the name they see as `code`. Default: none. */
  readonly errors?: Readonly<Record<string, ErrorType<string, Schema>>>;
  /** How each value becomes `args` and `kwargs`. Default: an object as input or chunk becomes `kwargs`, a tuple `args`, all else `args[0]`. */
  readonly wire?: { readonly input?: Wire; readonly output?: Wire; readonly progress?: Wire; readonly chunks?: Wire };
  /** A retry after a lost connection does no harm. Default false: a call in flight then settles as `disconnected`. */
  readonly idempotent?: boolean;
  /** Longest time a call may take, in milliseconds. Default 0, no limit; overridable at each call. */
  readonly timeoutMs?: number;
  /** How calls spread over several callees. Default `single`: a second callee is refused. */
  readonly invoke?: InvocationPolicy;
  /** Whether callers are identified to the callee, which answers no others. Default false. */
  readonly disclose?: boolean;
  /** The roles that may call it, where a realm enforces the contract. Default: the contract says nothing. */
  readonly access?: ProcedureAccess;
  /**
   * Describes a procedure that the router itself offers, under a URI that starts with `wamp.`: it can be called, not served.
   * Without it such a URI is refused, since a router refuses to register it. Default false.
   */
  readonly metaApi?: boolean;
}

/** A remote procedure: a member of a contract. */
export interface Procedure<Uri extends string = string, Definition = unknown> {
  readonly kind: "procedure";
  readonly uri: Uri;
  readonly definition: Definition;
}

/** What a topic carries. */
export interface TopicDefinition<Uri extends string, Schema extends SomeType = $ZodType> {
  /** One sentence for documents; the doc comment of the export goes first where there is one. Default: none. */
  readonly summary?: string;
  /** What to use instead: shows as `@deprecated` in the editor. Default: it is not deprecated. */
  readonly deprecated?: string;
  /** Schemas of the URI's parameters, by name. Default: each is a string. */
  readonly params?: ParamSchemas<Uri>;
  /** The schema of the events. */
  readonly event: Schema;
  /** How an event becomes `args` and `kwargs`. Default: an object becomes `kwargs`, a tuple `args`, all else `args[0]`. */
  readonly wire?: Wire;
  /** Whether the broker keeps the last event for later subscribers. Default false; overridable at each publish. */
  readonly retain?: boolean;
  /** Whether publishers ask to be identified to subscribers. Default false. */
  readonly disclose?: boolean;
  /** The roles that may publish and subscribe, where a realm enforces the contract. Default: the contract says nothing. */
  readonly access?: TopicAccess;
  /** As for a procedure: a topic of the router's own, which can be subscribed to, not published to. Default false. */
  readonly metaApi?: boolean;
}

/** A topic: a member of a contract. */
export interface Topic<Uri extends string = string, Definition = unknown> {
  readonly kind: "topic";
  readonly uri: Uri;
  readonly definition: Definition;
}

/** A member of a contract with its definition readable, whatever its precise type was. */
export type Member<Schema extends SomeType = $ZodType> =
  | { readonly kind: "procedure"; readonly uri: string; readonly definition: ProcedureDefinition<string, Schema> }
  | { readonly kind: "topic"; readonly uri: string; readonly definition: TopicDefinition<string, Schema> }
  | { readonly kind: "error"; readonly uri: string; readonly data: Schema };
