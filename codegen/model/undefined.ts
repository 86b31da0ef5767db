import type { SchemaId, SchemaNode } from "../loader/description.js";
import { isOptionalOnWire, nodeOf } from "./resolve.js";

/** A part of a schema whose values no message carries. */
export interface Gap {
  readonly step: string;
  readonly problem: string;
}

/**
 * Finds where a schema lets `undefined` stand in a place that no serializer has it in: an item of a list, and a property that must be
 * there. A property that may be left out, a value of a record and the last item of a tuple are left out with it.
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
  "a list has no place for undefined: it would arrive as null, and be refused; use .nullable(), or leave such items out";
const IN_TUPLE =
  "only the last item of a tuple may be undefined, which leaves it out: elsewhere it would arrive as null, and be refused; use .nullable(), or a z.object()";
const REQUIRED =
  "undefined does not travel, so the property would be missing, and be refused; use .optional(), or .nullable() where null is meant";

/** Whether a value, as it travels, may be `undefined`. */
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
