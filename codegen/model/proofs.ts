import type { SchemaId, SchemaNode } from "../loader/description.js";
import type { Proof } from "./model.js";
import { partsOf } from "./parts.js";
import { nodeOf, type Scope, typeOf } from "./resolve.js";
import type { Slot } from "./slots.js";

/**
 * What the check file asserts, once for each schema: its type as received is zod's output, and as sent zod's input. A compiler
 * takes most of its time for these proofs, so one that proves nothing new is left out: the input of a schema whose kinds zod
 * types alike on both sides. Where a codec, a coercion or a preprocessing step is inside, zod's input is the wire's type, which
 * a sender does not see.
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

/** Kinds whose input zod types as their output, if it does so for what is inside. */
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

/** Kinds whose input is what travels. */
const WIRE: readonly Kind[] = ["codec", "coerced", "preprocess"];

function kindsIn(schemas: readonly SchemaNode[], id: SchemaId, seen: Set<SchemaId> = new Set()): ReadonlySet<Kind> {
  if (seen.has(id)) return new Set();
  seen.add(id);
  const node = nodeOf(schemas, id);
  const inside = partsOf(node, schemas).flatMap(({ schema }) => [...kindsIn(schemas, schema, seen)]);
  return new Set([node.kind, ...inside]);
}
