import type { Keyword, SchemaId, SchemaNode } from "../loader/description.js";
import { docOf } from "./docs.js";
import {
  type IndexSignature,
  keyword,
  type Property,
  readonlyOf,
  type Type,
  UNDEFINED,
  UNKNOWN,
  unionOf,
  withoutUndefined,
} from "./type.js";

/**
 * The point of view on a schema. The receiver has zod's output. The sender has zod's input with codecs applied: a member with a
 * default may be omitted, and both sides of a codec have the decoded value.
 */
export type View = "receiver" | "sender";

/** The schemas of a file, and the names that some of them have in a view. */
export interface Scope {
  readonly schemas: readonly SchemaNode[];
  nameOf(id: SchemaId, view: View): string | undefined;
}

/** Returns the node of a schema. */
export function nodeOf(schemas: readonly SchemaNode[], id: SchemaId): SchemaNode {
  const node = schemas[id];
  if (!node) throw new Error(`no schema ${id}: the description and its references do not fit together`);
  return node;
}

/** Returns the schema's type: its name if it has one, otherwise its structure. */
export function typeOf(scope: Scope, id: SchemaId, view: View): Type {
  const name = scope.nameOf(id, view);
  return name === undefined ? structureOf(scope, id, view) : { kind: "reference", name };
}

/** Returns the schema's structure, which its name is declared as. Follows zod's own `z.input` and `z.output`. */
export function structureOf(scope: Scope, id: SchemaId, view: View): Type {
  const node = nodeOf(scope.schemas, id);
  const type = (part: SchemaId) => typeOf(scope, part, view);
  switch (node.kind) {
    case "keyword":
    case "coerced":
      return keywordType(node.keyword);
    case "literal":
      return unionOf(node.values.map((value) => ({ kind: "literal", value })));
    case "template":
      return {
        kind: "template",
        parts: node.parts.map((part) => (typeof part === "number" ? typeOf(scope, part, "receiver") : part.text)),
      };
    case "object":
      return objectType(scope, node, view);
    case "array":
      return { kind: "array", element: type(node.element), readonly: false };
    case "tuple":
      return tupleType(scope, node, view);
    case "record":
    case "partialRecord": {
      const optional = node.kind === "partialRecord" || (view === "sender" && isOptional(scope, node.value, "sender"));
      return { kind: "mapped", keys: type(node.key), value: type(node.value), optional, readonly: false };
    }
    case "union":
      return unionOf(node.options.map(type));
    case "intersection":
      return { kind: "intersection", parts: [type(node.left), type(node.right)] };
    case "optional":
      return unionOf([type(node.inner), UNDEFINED]);
    case "nullable":
      return unionOf([type(node.inner), keyword("null")]);
    case "nonoptional":
      return withoutUndefined(type(node.inner));
    case "exactOptional":
    case "catch":
    case "lazy":
      return type(node.inner);
    case "brand":
      return view === "sender" ? type(node.inner) : brandedType(type(node.inner), node.name);
    case "readonly":
      return readonlyOf(type(node.inner));
    case "default":
      return view === "sender" ? unionOf([type(node.inner), UNDEFINED]) : withoutUndefined(type(node.inner));
    case "prefault":
      return view === "sender" ? unionOf([type(node.inner), UNDEFINED]) : type(node.inner);
    case "codec":
      return typeOf(scope, node.out, "receiver");
    case "pipe":
      return view === "sender" ? type(node.in) : type(node.out);
    case "preprocess":
      return type(node.out);
    case "map":
      return { kind: "reference", name: "Map", arguments: [type(node.key), type(node.value)] };
    case "set":
      return { kind: "reference", name: "Set", arguments: [type(node.value)] };
    case "instance":
      return INSTANCES[node.className] ?? UNKNOWN;
    case "transform":
    case "other":
      return UNKNOWN; // refused by `checkSchemas`, so that it is never printed
  }
}

/** Classes that generated code can name. */
export const INSTANCES: Readonly<Record<string, Type>> = {
  Date: { kind: "reference", name: "Date" },
  URL: { kind: "reference", name: "URL" },
  Uint8Array: { kind: "reference", name: "Uint8Array", arguments: [{ kind: "reference", name: "ArrayBuffer" }] },
};

/**
 * Returns whether an object may lack a property of this schema. Follows zod's types, which sometimes differ from its run time.
 */
export function isOptional(scope: Pick<Scope, "schemas">, id: SchemaId, view: View): boolean {
  return optionalIn(scope, id, { view, entered: new Set() });
}

/** Returns whether an object on the wire may lack a property of this schema. */
export function isOptionalOnWire(scope: Pick<Scope, "schemas">, id: SchemaId): boolean {
  return optionalIn(scope, id, { view: "wire", entered: new Set() });
}

function optionalIn(
  scope: Pick<Scope, "schemas">,
  id: SchemaId,
  { view, entered }: { readonly view: View | "wire"; readonly entered: ReadonlySet<SchemaId> },
): boolean {
  if (entered.has(id)) return false;
  const of = (part: SchemaId, seenBy: View | "wire" = view) =>
    optionalIn(scope, part, { view: seenBy, entered: new Set([...entered, id]) });
  const node = nodeOf(scope.schemas, id);
  switch (node.kind) {
    case "optional":
    case "exactOptional":
      return true;
    case "default":
    case "prefault":
      return view !== "receiver";
    case "nullable":
    case "readonly":
    case "catch":
    case "lazy":
    case "brand":
      return of(node.inner);
    case "union":
      return node.options.some((option) => of(option));
    case "intersection":
      return of(node.left) && of(node.right);
    case "codec":
      return view === "wire" ? of(node.in) : of(node.out, "receiver");
    case "pipe":
      return of(view === "receiver" ? node.out : node.in);
    case "preprocess":
      return of(node.out);
    default:
      return false;
  }
}

/** Adds a brand for receivers. A sender may pass a plain value. */
function brandedType(type: Type, brand: string): Type {
  return { kind: "reference", name: BRANDED, arguments: [type, { kind: "literal", value: brand }] };
}

/** The type that wampact exports for brands. */
export const BRANDED = "Branded";

function keywordType(name: Keyword): Type {
  return name === "Date" ? { kind: "reference", name } : keyword(name);
}

function objectType(scope: Scope, node: SchemaNode & { readonly kind: "object" }, view: View): Type {
  const properties = node.properties.map(({ name, schema }): Property => {
    return {
      name,
      type: typeOf(scope, schema, view),
      optional: isOptional(scope, schema, view),
      readonly: false,
      doc: docOf(scope.schemas, schema),
    };
  });
  if (node.rest === undefined) {
    return properties.length > 0 ? { kind: "object", properties } : { kind: "object", properties, index: NOTHING_ELSE };
  }
  const index = { key: keyword("string"), value: typeOf(scope, node.rest, view), readonly: false };
  return { kind: "object", properties, index };
}

/** The type that zod infers for an object without properties. */
const NOTHING_ELSE: IndexSignature = { key: keyword("string"), value: keyword("never"), readonly: false };

/** Returns the type of a tuple. Only its last items may be omitted. */
function tupleType(scope: Scope, node: SchemaNode & { readonly kind: "tuple" }, view: View): Type {
  const lastRequired = node.items.findLastIndex(({ schema }) => !isOptional(scope, schema, view));
  const items = node.items.map(({ schema }, index) => {
    return { type: typeOf(scope, schema, view), optional: index > lastRequired };
  });
  const rest = node.rest === undefined ? {} : { rest: typeOf(scope, node.rest, view) };
  return { kind: "tuple", items, ...rest, readonly: false };
}
