import type { SchemaId, SchemaNode } from "../loader/description.js";
import { ownDoc } from "./docs.js";
import type { Declaration } from "./model.js";
import type { NameTable } from "./names.js";
import { nodeOf, type Scope, structureOf } from "./resolve.js";
import type { Slot } from "./slots.js";
import { isSame, partsIn, type Type } from "./type.js";

/**
 * Returns the scope of a file's schemas. A sender's type is called `…Init` if it differs. `table` has the names that are taken.
 */
export function createScope(
  schemas: readonly SchemaNode[],
  { names, table }: { readonly names: ReadonlyMap<SchemaId, string>; readonly table: NameTable },
): Scope {
  let initNames: ReadonlyMap<SchemaId, string> = new Map();
  for (;;) {
    const scope = scopeOf(schemas, { names, initNames });
    const found = [...names].filter(([id]) => initNames.has(id) || !isSameInBothViews(scope, id));
    if (found.length === initNames.size) break;
    initNames = new Map(found.map(([id, name]) => [id, `${name}Init`])); // types that refer to these differ as well, so it repeats
  }
  const byName = [...initNames].sort(([, a], [, b]) => (a < b ? -1 : 1));
  return scopeOf(schemas, { names, initNames: new Map(byName.map(([id, init]) => [id, table.claimFree(init)])) });
}

/** Returns the declarations of the named schemas. The sender's follows the receiver's. */
export function declareSchemas(
  scope: Scope,
  { names, slots }: { readonly names: ReadonlyMap<SchemaId, string>; readonly slots: readonly Slot[] },
): readonly Declaration[] {
  const roles = new Map(slots.map(({ schema, typeName, role }) => [schema, { typeName, role }]));
  return [...names.keys()].flatMap((id): readonly Declaration[] => {
    const name = scope.nameOf(id, "receiver") ?? "";
    const init = scope.nameOf(id, "sender") ?? name;
    const slot = roles.get(id);
    const role = slot?.typeName === name ? { description: slot.role } : {}; // the name comes from the slot, so the slot's role describes it
    const doc = { ...role, ...ownDoc(nodeOf(scope.schemas, id)) };
    const declaration = { name, type: structureOf(scope, id, "receiver"), doc };
    if (init === name) return [declaration];
    const sent = `The type that a sender passes. The receiver gets \`${name}\`.`;
    const description = doc.description === undefined ? sent : `${doc.description}\n\n${sent}`;
    return [declaration, { name: init, type: structureOf(scope, id, "sender"), doc: { ...doc, description } }];
  });
}

/** Returns the names of declarations that a type refers to. */
export function referencesIn(type: Type): readonly string[] {
  const inside = partsIn(type).flatMap(referencesIn);
  return type.kind === "reference" ? [type.name, ...inside] : inside;
}

function scopeOf(
  schemas: readonly SchemaNode[],
  {
    names,
    initNames,
  }: { readonly names: ReadonlyMap<SchemaId, string>; readonly initNames: ReadonlyMap<SchemaId, string> },
): Scope {
  return {
    schemas,
    nameOf(id, view) {
      const name = names.get(id);
      if (view === "sender" && nodeOf(schemas, id).kind === "brand") return undefined; // senders have no brand
      return view === "sender" ? (initNames.get(id) ?? name) : name;
    },
  };
}

function isSameInBothViews(scope: Scope, id: SchemaId): boolean {
  return isSame(structureOf(scope, id, "receiver"), structureOf(scope, id, "sender"));
}
