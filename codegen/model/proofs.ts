import type { SchemaId, SchemaNode } from "../loader/description.js";
import type { Proof } from "./model.js";
import { partsOf } from "./parts.js";
import { nodeOf, type Scope, typeOf } from "./resolve.js";
import type { Slot } from "./slots.js";

/**
 * What the check file asserts: every slot's type as received is zod's output, and as sent zod's input. Where a codec,
 * a coercion or a preprocessing step is inside, zod's input is the wire's type, which a sender does not see.
 */
export function proofsOf(scope: Scope, slots: readonly Slot[]): readonly Proof[] {
  return slots.flatMap(({ schema, path, accessor }): readonly Proof[] => {
    const received: Proof = {
      label: `${path}, received`,
      type: typeOf(scope, schema, "receiver"),
      infer: "output",
      accessor,
    };
    if (hidesWire(scope.schemas, schema)) return [received];
    return [received, { label: `${path}, sent`, type: typeOf(scope, schema, "sender"), infer: "input", accessor }];
  });
}

function hidesWire(schemas: readonly SchemaNode[], id: SchemaId, seen: Set<SchemaId> = new Set()): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const node = nodeOf(schemas, id);
  if (node.kind === "codec" || node.kind === "coerced" || node.kind === "preprocess") return true;
  return partsOf(node, schemas).some(({ schema }) => hidesWire(schemas, schema, seen));
}
