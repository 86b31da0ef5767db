import type { SchemaId, SchemaNode } from "../loader/description.js";
import { isOptionalOnWire, nodeOf } from "./resolve.js";

/** A part of a schema whose values cannot be sent. */
export interface Gap {
  readonly step: string;
  readonly problem: string;
}

/**
 * Finds where a schema allows `undefined` in a place that no serializer supports: an item of a list, and a required property. An
 * optional property, a value of a record and the last item of a tuple are omitted if they are `undefined`.
 */
export function gapsIn(schemas: readonly SchemaNode[], node: SchemaNode): readonly Gap[] {
  const admits = (id: SchemaId) => admitsUndefined(schemas, id, new Set());
  switch (node.kind) {
    case "array":
      return admits(node.element) ? [{ step: "[]", problem: IN_LIST }] : [];
    case "tuple": {
      const last = node.rest === undefined ? node.items.length - 1 : -1;
      const items = node.items.flatMap(({ schema }, index) => {
        if (!admits(schema) || (index === last && isOptionalOnWire({ schemas }, schema))) return [];
        return [{ step: `[${index}]`, problem: IN_TUPLE }];
      });
      const rest = node.rest !== undefined && admits(node.rest) ? [{ step: "[…]", problem: IN_LIST }] : [];
      return [...items, ...rest];
    }
    case "object":
      return node.properties.flatMap(({ name, schema }) =>
        admits(schema) && !isOptionalOnWire({ schemas }, schema) ? [{ step: `.${name}`, problem: REQUIRED }] : [],
      );
    default:
      return [];
  }
}

const IN_LIST =
  "a list cannot contain undefined: the receiver would get null and refuse it; use .nullable(), or omit such items";
const IN_TUPLE =
  "only the last item of a tuple may be undefined: for other items the receiver would get null and refuse it; use .nullable(), or a z.object()";
const REQUIRED =
  "undefined cannot be sent: the receiver would refuse the missing property; use .optional(), or .nullable() for null";

/** Returns whether a value on the wire may be `undefined`. */
function admitsUndefined(schemas: readonly SchemaNode[], id: SchemaId, entered: ReadonlySet<SchemaId>): boolean {
  if (entered.has(id)) return false;
  const of = (part: SchemaId) => admitsUndefined(schemas, part, new Set([...entered, id]));
  const node = nodeOf(schemas, id);
  switch (node.kind) {
    case "keyword":
      return node.keyword === "undefined" || node.keyword === "void";
    case "literal":
      return node.values.some((value) => typeof value === "object" && value !== null && "undefined" in value);
    case "optional":
    case "default":
    case "prefault":
      return true;
    case "nullable":
    case "exactOptional":
    case "readonly":
    case "lazy":
    case "brand":
      return of(node.inner);
    case "union":
      return node.options.some(of);
    case "intersection":
      return of(node.left) && of(node.right);
    case "codec":
    case "pipe":
      return of(node.in);
    default:
      return false;
  }
}
