import type { SomeType } from "zod/v4/core";
import { checkDeclaration } from "#check-declaration";
import { kindOf } from "../wire/fields.js";
import type { ErrorType, Member, Procedure, ProcedureDefinition, Topic, TopicDefinition } from "./definition.js";
import type { CheckedWire, CheckedWires, PartOf } from "./fitting-wire.js";
import type { ParamNames } from "./params.js";
import { isSchema } from "./schema.js";

/** A contract module. Its named exports that are procedures, topics and errors are its members; other exports are ignored. */
export type Contract = Readonly<Record<string, unknown>>;

/**
 * Rejects definitions that their type would accept: unknown keys, parameters that the URI does not have, and a `wire` that does
 * not fit its schema. A definition that uses only the keys in `Plain` is not checked, to save compile time.
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
 * Declares a remote procedure. `{name}` in the URI matches one component, `{...name}` the rest.
 * Throws `TypeError` for an unknown key, an invalid value or an invalid URI template. Browser bundles omit these checks.
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
 * Declares a topic. Parameters work as in `procedure`. A subscriber may omit parameters to receive the events of all values.
 * Throws `TypeError` like `procedure`.
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
 * Declares an error and the schema of its data. List it in `errors` of each procedure that may answer with it.
 * Throws `TypeError` for a URI that is invalid or has parameters, and if `data` is not a schema.
 */
export function error<const Uri extends string, Data extends SomeType>(uri: Uri, data: Data): ErrorType<Uri, Data> {
  return declared({ kind: "error", uri, data });
}

function declared<M extends Member<SomeType>>(member: M): M {
  checkDeclaration(member as Member);
  return member;
}

/**
 * Returns the members of a contract with their export names, in module order. Throws `TypeError` if the contract is not an
 * object.
 */
export function membersOf(contract: Contract): readonly (readonly [name: string, member: Member])[] {
  if (typeof contract !== "object" || contract === null) {
    throw new TypeError(`contract: expected a module of members, got ${kindOf(contract)}`);
  }
  const members: (readonly [string, Member])[] = [];
  for (const [name, value] of Object.entries(contract)) if (isMember(value)) members.push([name, value]);
  return members;
}

/** Returns whether a value is a member. It checks the shape, since two copies of the package may be loaded. */
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
