import type { SchemaId, SchemaNode } from "../loader/description.js";
import type { Proof } from "./model.js";
import { partsOf } from "./parts.js";
import { nodeOf, type Scope, typeOf } from "./resolve.js";
import type { Slot } from "./slots.js";

/**
 * Returns the assertions of the check file, once for each schema: the receiver's type is zod's output type, and the sender's type is
 * zod's input type. The compiler spends most of its time on these assertions, so the second is omitted where it adds nothing (zod
 * gives both sides of the schema the same type) and where it does not hold: inside a codec, a coercion or a preprocessing step, zod's
 * input is the type on the wire, which a sender does not see.
 */
export function proofsOf(scope: Scope, slots: readonly Slot[]): readonly Proof[] {
  const proven = new Set<SchemaId>();
  return slots.flatMap(({ schema, path, accessor }): readonly Proof[] => {
    if (proven.has(schema)) return [];
    proven.add(schema);
    const received: Proof = {
      label: `${path}, received`,
      type: typeOf(scope, schema, "receiver"),
      infer: "output",
      accessor,
    };
    const kinds = kindsIn(scope.schemas, schema);
    if ([...kinds].every((kind) => ALIKE.has(kind)) || WIRE.some((kind) => kinds.has(kind))) return [received];
    return [received, { label: `${path}, sent`, type: typeOf(scope, schema, "sender"), infer: "input", accessor }];
  });
}

type Kind = SchemaNode["kind"];

/** Kinds whose input and output have the same type if those of all schemas inside have. */
const ALIKE: ReadonlySet<Kind> = new Set<Kind>([
  "keyword",
  "literal",
  "template",
  "object",
  "array",
  "tuple",
  "union",
  "optional",
  "nullable",
  "lazy",
]);

/** Kinds whose input type is the type on the wire. */
const WIRE: readonly Kind[] = ["codec", "coerced", "preprocess"];

function kindsIn(schemas: readonly SchemaNode[], id: SchemaId, seen: Set<SchemaId> = new Set()): ReadonlySet<Kind> {
  if (seen.has(id)) return new Set();
  seen.add(id);
  const node = nodeOf(schemas, id);
  const inside = partsOf(node, schemas).flatMap(({ schema }) => [...kindsIn(schemas, schema, seen)]);
  return new Set([node.kind, ...inside]);
}
