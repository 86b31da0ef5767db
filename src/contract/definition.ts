import type { $ZodType, SomeType } from "zod/v4/core";
import type { InvocationPolicy } from "../wire/messages.js";
import type { ProcedureAccess, TopicAccess } from "./access.js";
import type { ParamNames } from "./params.js";

/** The mapping of a value to WAMP's `args` and `kwargs`. `wireOf` describes the default. */
export type Wire = "kwargs" | "args" | "arg0" | { readonly args: readonly string[]; readonly kwargs: "rest" };

/**
 * The schemas of a URI's parameters. Each converts between the value and the text of its component. A parameter without schema
 * is a string that is a valid component.
 */
export type ParamSchemas<Uri extends string> = { readonly [Name in ParamNames<Uri>]?: $ZodType<unknown, string> };

/** An error that a procedure may answer with, declared by `error`. */
export interface ErrorType<Uri extends string = string, Data extends SomeType = $ZodType> {
  readonly kind: "error";
  readonly uri: Uri;
  /** The schema of the error's data. */
  readonly data: Data;
}

/**
 * The definition of a procedure; every member is optional. `Schema` is the type that declarations use for schemas:
 * comparing with zod's `SomeType` takes the compiler a tenth of the time of `$ZodType`.
 */
export interface ProcedureDefinition<Uri extends string, Schema extends SomeType = $ZodType> {
  /** One sentence for generated documentation. The doc comment of the export takes precedence. Default: none. */
  readonly summary?: string;
  /** The replacement to use. Generated code has it as `@deprecated`. Default: not deprecated. */
  readonly deprecated?: string;
  /** Schemas of the URI's parameters, by name. Default: each is a string. */
  readonly params?: ParamSchemas<Uri>;
  /** The schema of the input. Default: the procedure takes none. */
  readonly input?: Schema;
  /** The schema of the result. Default: the procedure gives none. */
  readonly output?: Schema;
  /** The schema of the values that the callee sends before its result. Spec: "Progressive Call Results". Default: none. */
  readonly progress?: Schema;
  /** The schema of the values that the caller sends after its input. Spec: "Progressive Call Invocations". Default: none. */
  readonly chunks?: Schema;
  /** The declared errors of the procedure, by the name that callers see as `code`. Default: none. */
  readonly errors?: Readonly<Record<string, ErrorType<string, Schema>>>;
  /**
   * How each value becomes `args` and `kwargs`. Default: an object as input or chunk becomes `kwargs`, a tuple `args`, all
   * else `args[0]`.
   */
  readonly wire?: { readonly input?: Wire; readonly output?: Wire; readonly progress?: Wire; readonly chunks?: Wire };
  /** Whether a call may be retried after a lost connection. Default: false; a pending call then fails as `disconnected`. */
  readonly idempotent?: boolean;
  /** The timeout of a call, in milliseconds. Each call can override it. Default: 0, no timeout. */
  readonly timeoutMs?: number;
  /** The distribution of calls over several callees. Default: `single`, which refuses a second callee. */
  readonly invoke?: InvocationPolicy;
  /** Whether the caller's identity is disclosed to the callee. The callee refuses anonymous calls. Default: false. */
  readonly disclose?: boolean;
  /** The roles that may call the procedure, in realms that enforce the contract. Default: not restricted by the contract. */
  readonly access?: ProcedureAccess;
  /**
   * Whether this describes a procedure of the router, with a URI that starts with `wamp.`. It can be called but not served.
   * Without this option, such a URI is refused, since a router refuses to register it. Default: false.
   */
  readonly metaApi?: boolean;
}

/** A remote procedure: a member of a contract. */
export interface Procedure<Uri extends string = string, Definition = unknown> {
  readonly kind: "procedure";
  readonly uri: Uri;
  readonly definition: Definition;
}

/** The definition of a topic. */
export interface TopicDefinition<Uri extends string, Schema extends SomeType = $ZodType> {
  /** One sentence for generated documentation. The doc comment of the export takes precedence. Default: none. */
  readonly summary?: string;
  /** The replacement to use. Generated code has it as `@deprecated`. Default: not deprecated. */
  readonly deprecated?: string;
  /** Schemas of the URI's parameters, by name. Default: each is a string. */
  readonly params?: ParamSchemas<Uri>;
  /** The schema of the events. */
  readonly event: Schema;
  /** How an event becomes `args` and `kwargs`. Default: an object becomes `kwargs`, a tuple `args`, all else `args[0]`. */
  readonly wire?: Wire;
  /** Whether the broker retains the last event for later subscribers. Each publish can override it. Default: false. */
  readonly retain?: boolean;
  /** Whether publishers ask the router to disclose their identity to subscribers. Default: false. */
  readonly disclose?: boolean;
  /** The roles that may publish and subscribe, in realms that enforce the contract. Default: not restricted by the contract. */
  readonly access?: TopicAccess;
  /** Whether this describes a topic of the router, which can be subscribed to but not published to. Default: false. */
  readonly metaApi?: boolean;
}

/** A topic: a member of a contract. */
export interface Topic<Uri extends string = string, Definition = unknown> {
  readonly kind: "topic";
  readonly uri: Uri;
  readonly definition: Definition;
}

/** A member of a contract with a readable definition. Its precise type is erased. */
export type Member<Schema extends SomeType = $ZodType> =
  | { readonly kind: "procedure"; readonly uri: string; readonly definition: ProcedureDefinition<string, Schema> }
  | { readonly kind: "topic"; readonly uri: string; readonly definition: TopicDefinition<string, Schema> }
  | { readonly kind: "error"; readonly uri: string; readonly data: Schema };
