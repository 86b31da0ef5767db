import type { $ZodType } from "zod/v4/core";
import type { InvocationPolicy } from "../wire/messages.js";
import { checkMember, LOADED_BY_CODEGEN } from "./check-definition.js";
import type { ParamNames } from "./params.js";
import { isSchema } from "./schema.js";

/** The layout of a value in `args` and `kwargs`. `wireOf` has the default. */
export type Wire = "kwargs" | "args" | "arg0" | { readonly args: readonly string[]; readonly kwargs: "rest" };

/**
 * Schemas of a URI's parameters, each from and to the text of its component.
 * A parameter without one is a string that is one valid component.
 */
export type ParamSchemas<Uri extends string> = { readonly [Name in ParamNames<Uri>]?: $ZodType<unknown, string> };

/** An error that a procedure may answer with, declared with `error`. */
export interface ErrorType<Uri extends string = string, Data extends $ZodType = $ZodType> {
  readonly kind: "error";
  readonly uri: Uri;
  /** Schema of the payload that travels with the error. */
  readonly data: Data;
}

/** The definition of a procedure; every member is optional. */
export interface ProcedureDefinition<Uri extends string> {
  /** One sentence for documents; the doc comment of the export goes first where there is one. */
  readonly summary?: string;
  /** What to use instead: shows as `@deprecated` in the editor. */
  readonly deprecated?: string;
  readonly params?: ParamSchemas<Uri>;
  readonly input?: $ZodType;
  readonly output?: $ZodType;
  /** The schema of what the callee sends before its result. */
  readonly progress?: $ZodType;
  /** The schema of what the caller sends after its input: a progressive call invocation. */
  readonly chunks?: $ZodType;
  /** The errors callers can tell apart, by the name they see as `code`. */
  readonly errors?: Readonly<Record<string, ErrorType>>;
  readonly wire?: { readonly input?: Wire; readonly output?: Wire; readonly progress?: Wire; readonly chunks?: Wire };
  /** A retry after a lost connection does no harm. Default false: a call in flight then settles as `disconnected`. */
  readonly idempotent?: boolean;
  /** Longest time a call may take, in milliseconds. Default 0, no limit; overridable at each call. */
  readonly timeoutMs?: number;
  /** Spreads calls over several callees. Default `single`: a second callee is refused. */
  readonly invoke?: InvocationPolicy;
  /** Whether callers ask to be identified to the callee. Default false. */
  readonly disclose?: boolean;
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

/** The definition of a topic. */
export interface TopicDefinition<Uri extends string> {
  /** One sentence for documents; the doc comment of the export goes first where there is one. */
  readonly summary?: string;
  /** What to use instead: shows as `@deprecated` in the editor. */
  readonly deprecated?: string;
  readonly params?: ParamSchemas<Uri>;
  readonly event: $ZodType;
  readonly wire?: Wire;
  /** Whether the broker keeps the last event for later subscribers. Default false; overridable at each publish. */
  readonly retain?: boolean;
  /** Whether publishers ask to be identified to subscribers. Default false. */
  readonly disclose?: boolean;
  /** As for a procedure: a topic of the router's own, which can be subscribed to, not published to. Default false. */
  readonly metaApi?: boolean;
}

/** A topic: a member of a contract. */
export interface Topic<Uri extends string = string, Definition = unknown> {
  readonly kind: "topic";
  readonly uri: Uri;
  readonly definition: Definition;
}

/** A contract is a module: its named exports that are procedures, topics and errors. Anything else it exports is left alone. */
export type Contract = Readonly<Record<string, unknown>>;

/** Refuses keys that neither a definition nor the URI knows: a misspelt one does not compile. */
type NoOtherKeys<Given, Uri extends string, Known> = {
  readonly [Key in Exclude<keyof Given, keyof Known>]: never;
} & {
  readonly params?: Readonly<
    Record<
      Exclude<Given extends { readonly params?: infer Params } ? keyof NonNullable<Params> : never, ParamNames<Uri>>,
      never
    >
  >;
};

/**
 * Declares a remote procedure. `{name}` in the URI stands for one component, `{...name}` for the rest.
 * Throws `TypeError` for an unknown key, a value that cannot be, and a URI that is no valid template.
 *
 * ```ts
 * export const add2 = procedure("com.app.add2", { input: z.object({ a: z.number(), b: z.number() }), output: z.number() });
 * ```
 */
export function procedure<const Uri extends string, const Definition extends ProcedureDefinition<Uri>>(
  uri: Uri,
  definition: Definition & NoOtherKeys<Definition, Uri, ProcedureDefinition<Uri>>,
): Procedure<Uri, Definition> {
  return declared({ kind: "procedure", uri, definition });
}

/**
 * Declares a topic. Parameters work as for `procedure`; a subscriber may leave some open and hears every match.
 * Throws `TypeError` as `procedure` does.
 *
 * ```ts
 * export const orderStatus = topic("com.app.orders.{orderId}.status", { event: Status });
 * ```
 */
export function topic<const Uri extends string, const Definition extends TopicDefinition<Uri>>(
  uri: Uri,
  definition: Definition & NoOtherKeys<Definition, Uri, TopicDefinition<Uri>>,
): Topic<Uri, Definition> {
  return declared({ kind: "topic", uri, definition });
}

/**
 * Declares an error with the payload it carries; name it in the `errors` of each procedure that may answer with it.
 * Throws `TypeError` for a URI that is not valid or has parameters, and for data that is no schema.
 */
export function error<const Uri extends string, Data extends $ZodType>(uri: Uri, data: Data): ErrorType<Uri, Data> {
  return declared({ kind: "error", uri, data });
}

function declared<M extends Member>(member: M): M {
  if (!(LOADED_BY_CODEGEN in globalThis)) checkMember(member);
  return member;
}

/** A member of a contract with its definition readable, whatever its precise type was. */
export type Member =
  | { readonly kind: "procedure"; readonly uri: string; readonly definition: ProcedureDefinition<string> }
  | { readonly kind: "topic"; readonly uri: string; readonly definition: TopicDefinition<string> }
  | { readonly kind: "error"; readonly uri: string; readonly data: $ZodType };

/** The members of a contract by their export names, in the order the module lists them. */
export function membersOf(contract: Contract): readonly (readonly [name: string, member: Member])[] {
  const members: (readonly [string, Member])[] = [];
  for (const [name, value] of Object.entries(contract)) if (isMember(value)) members.push([name, value]);
  return members;
}

/** Told by its shape, since two copies of the package may meet. */
function isMember(value: unknown): value is Member {
  if (typeof value !== "object" || value === null || !("kind" in value) || !("uri" in value)) return false;
  if (typeof value.uri !== "string") return false;
  if (value.kind === "error") return "data" in value && isSchema(value.data);
  return (
    (value.kind === "procedure" || value.kind === "topic") &&
    "definition" in value &&
    typeof value.definition === "object"
  );
}
