import { _overwrite, type $ZodCheck, $ZodLazy, $ZodOptional, type $ZodType, clone } from "zod/v4/core";
import { defOf, isSchema, type SchemaDef } from "./schema.js";

/**
 * The members of schema definitions that may contain schemas: one, a list or a dictionary. `getter` of lazy schemas is
 * handled separately.
 */
const CHILDREN: readonly string[] = [
  "shape",
  "catchall",
  "element",
  "items",
  "rest",
  "keyType",
  "valueType",
  "options",
  "left",
  "right",
  "in",
  "out",
  "innerType",
];

/**
 * Returns the schema that encodes a sender's values. It differs from the original where zod's `encode` would reject a value that
 * is valid to send: a member with a default is optional, and a one-way transform takes its input. Changes in place (`.trim()`,
 * `.overwrite()`) and the checks after them run only at the receiver, so that they do not run twice. A trailing `undefined` of a
 * tuple is omitted, because a list on the wire has no gaps.
 */
export function senderSchema(schema: $ZodType): $ZodType {
  return someSchema(schema, isReceiversOwn) ? rebuilt(schema, new Map()) : schema;
}

/** Returns whether a schema never changes values, so that it only checks. */
export function isTransparent(schema: $ZodType): boolean {
  return !someSchema(schema, (each) => CHANGING.has(defOf(each).type) || overwriteIn(each) !== -1 || hasTail(each));
}

/**
 * Returns whether a schema contains `async` functions. Zod runs an object with them synchronously and fails, and does not await
 * the promise of a check, which may reject.
 */
export function hasAsyncParts(schema: $ZodType): boolean {
  return someSchema(schema, isAsync);
}

/** Returns whether the codec, transform or a check of a schema is `async`, without looking inside nested schemas. */
export function isAsync(schema: $ZodType): boolean {
  const { transform, reverseTransform, fn, checks = [] } = defOf(schema);
  const own = (checks as readonly $ZodCheck[]).flatMap(({ _zod }) => [_zod.check, (_zod.def as { fn?: unknown }).fn]);
  return [transform, reverseTransform, fn, ...own].some((part) => part?.constructor.name === "AsyncFunction");
}

const CHANGING: ReadonlySet<string> = new Set(["default", "prefault", "catch", "pipe", "transform"]);

function isReceiversOwn(schema: $ZodType): boolean {
  const { type } = defOf(schema);
  return RECEIVERS.has(type) || overwriteIn(schema) !== -1 || hasTail(schema);
}

const RECEIVERS: ReadonlySet<string> = new Set(["default", "prefault", "transform"]);

/** Returns the index of the first check that changes the value. */
function overwriteIn(schema: $ZodType): number {
  const checks = defOf(schema).checks as readonly $ZodCheck[] | undefined;
  return checks?.findIndex((check) => check._zod.def.check === "overwrite") ?? -1;
}

/** Returns whether a schema is a tuple whose last item is optional. */
export function hasTail(schema: $ZodType): boolean {
  const { type, items, rest } = defOf(schema);
  return type === "tuple" && !rest && (items as readonly $ZodType[]).at(-1)?._zod.optin !== undefined;
}

function withoutTail(items: readonly unknown[]): readonly unknown[] {
  const last = items.findLastIndex((item) => item !== undefined);
  return last === items.length - 1 ? items : items.slice(0, last + 1);
}

function someSchema(schema: $ZodType, test: (schema: $ZodType) => boolean, seen: Set<$ZodType> = new Set()): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  return test(schema) || childrenOf(schema).some((child) => someSchema(child, test, seen));
}

export function childrenOf(schema: $ZodType): readonly $ZodType[] {
  const def = defOf(schema);
  if (def.type === "lazy") return [(def.getter as () => $ZodType)()];
  return CHILDREN.flatMap((member) => schemasIn(def[member]));
}

/** `made` ends recursion: a schema that is found again while it is rebuilt becomes a lazy reference to the result. */
function rebuilt(schema: $ZodType, made: Map<$ZodType, $ZodType | undefined>): $ZodType {
  if (made.has(schema))
    return made.get(schema) ?? new $ZodLazy({ type: "lazy", getter: () => made.get(schema) ?? schema });
  made.set(schema, undefined);
  const result = rebuild(schema, (child) => rebuilt(child, made));
  made.set(schema, result);
  return result;
}

function rebuild(schema: $ZodType, each: (child: $ZodType) => $ZodType): $ZodType {
  const def = defOf(schema);
  if (def.type === "default" || def.type === "prefault") {
    return new $ZodOptional({ type: "optional", innerType: each(def.innerType as $ZodType) });
  }
  if (def.type === "lazy") return each((def.getter as () => $ZodType)());
  if (isOneWay(def)) return each(def.in as $ZodType);
  if (def.type === "pipe" && defOf(def.in as $ZodType).type === "transform") return each(def.out as $ZodType);
  const members = CHILDREN.filter((member) => schemasIn(def[member]).length > 0);
  const overwrite = overwriteIn(schema);
  if (members.length === 0 && overwrite === -1) return schema;
  const changes = Object.fromEntries(members.map((member) => [member, mapSchemas(def[member], each)]));
  const checks = (def.checks as $ZodCheck[] | undefined)?.slice(0, overwrite === -1 ? undefined : overwrite) ?? [];
  if (hasTail(schema)) checks.unshift(_overwrite(withoutTail));
  return clone(schema, { ...schema._zod.def, ...changes, checks });
}

/** Returns whether a pipe cannot be encoded. The sender then passes the pipe's input, and the receiver's checks follow. */
export function isOneWay(def: SchemaDef): boolean {
  if (def.type !== "pipe" || "reverseTransform" in def || defOf(def.in as $ZodType).type === "transform") return false;
  return defOf(def.out as $ZodType).type === "transform" || someSchema(def.in as $ZodType, isReceiversOwn);
}

function schemasIn(value: unknown): readonly $ZodType[] {
  if (isSchema(value)) return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).filter(isSchema);
}

function mapSchemas(value: unknown, each: (child: $ZodType) => $ZodType): unknown {
  if (isSchema(value)) return each(value);
  if (Array.isArray(value)) return value.map((item) => mapSchemas(item, each));
  return Object.fromEntries(Object.entries(value as object).map(([key, member]) => [key, mapSchemas(member, each)]));
}
