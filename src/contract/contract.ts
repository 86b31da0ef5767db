import type { SomeType } from "zod/v4/core";
import { checkDeclaration } from "#check-declaration";
import { kindOf } from "../wire/fields.js";
import type { ErrorType, Member, Procedure, ProcedureDefinition, Topic, TopicDefinition } from "./definition.js";
import type { CheckedWire, CheckedWires, PartOf } from "./fitting-wire.js";
import type { ParamNames } from "./params.js";
import { isSchema } from "./schema.js";

/** A contract is a module: its named exports that are procedures, topics and errors. Anything else it exports is left alone. */
export type Contract = Readonly<Record<string, unknown>>;

/**
 * Refuses what the type of a definition lets pass: keys that neither a definition nor the URI knows, and a `wire` that does not
 * fit its schema. `Plain` are the keys that need no such look, so that a definition of these alone costs the compiler nothing.
 */
type Refused<Given, Uri extends string, Plain, Wires> = {
  readonly [Key in Exclude<keyof Given, Plain>]?: Key extends "params"
    ? Readonly<Record<Exclude<keyof NonNullable<Given[Key]>, ParamNames<Uri>>, never>>
    : Key extends "wire"
      ? Wires
      : never;
};

type PlainKeys<Definition> = Exclude<keyof Definition, "params" | "wire">;
type PlainProcedureKeys = PlainKeys<ProcedureDefinition<string>>;
type PlainTopicKeys = PlainKeys<TopicDefinition<string>>;

/**
 * Declares a remote procedure. `{name}` in the URI stands for one component, `{...name}` for the rest.
 * Throws `TypeError` for an unknown key, a value that cannot be, and a URI that is no valid template; bundles for browsers leave
 * these checks out.
 *
 * ```ts
 * export const add2 = procedure("com.app.add2", { input: z.object({ a: z.number(), b: z.number() }), output: z.number() });
 * ```
 */
export function procedure<const Uri extends string, const Definition extends ProcedureDefinition<Uri, SomeType>>(
  uri: Uri,
  definition: Definition & Refused<Definition, Uri, PlainProcedureKeys, CheckedWires<Definition>>,
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
export function topic<const Uri extends string, const Definition extends TopicDefinition<Uri, SomeType>>(
  uri: Uri,
  definition: Definition &
    Refused<Definition, Uri, PlainTopicKeys, CheckedWire<PartOf<Definition, "wire">, PartOf<Definition, "event">>>,
): Topic<Uri, Definition> {
  return declared({ kind: "topic", uri, definition });
}

/**
 * Declares an error with the payload it carries; name it in the `errors` of each procedure that may answer with it.
 * Throws `TypeError` for a URI that is not valid or has parameters, and for data that is no schema.
 */
export function error<const Uri extends string, Data extends SomeType>(uri: Uri, data: Data): ErrorType<Uri, Data> {
  return declared({ kind: "error", uri, data });
}

function declared<M extends Member<SomeType>>(member: M): M {
  checkDeclaration(member as Member);
  return member;
}

/** The members of a contract by their export names, in the order the module lists them. Throws `TypeError` for what is no object. */
export function membersOf(contract: Contract): readonly (readonly [name: string, member: Member])[] {
  if (typeof contract !== "object" || contract === null) {
    throw new TypeError(`contract: expected a module of members, got ${kindOf(contract)}`);
  }
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
