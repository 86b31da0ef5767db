import type { SchemaId } from "../loader/description.js";
import type { SchemaProblem } from "./check-schemas.js";
import { reaches } from "./parts.js";
import { type Scope, structureOf } from "./resolve.js";
import type { Slot } from "./slots.js";
import { isSame, type Type } from "./type.js";

/** Finds objects whose `.catchall()` does not cover their properties. Zod infers a type for them that no interface can have. */
export function checkIndexes(
  scope: Scope,
  { names, slots }: { readonly names: ReadonlyMap<SchemaId, string>; readonly slots: readonly Slot[] },
): readonly SchemaProblem[] {
  return [...names].flatMap(([id, name]): readonly SchemaProblem[] => {
    const type = structureOf(scope, id, "sender");
    if (type.kind !== "object" || !type.index) return [];
    const { value } = type.index;
    const outside = type.properties.find((property) => !covers(value, property.type));
    const slot = slots.find((each) => reaches(scope.schemas, each.schema, id));
    if (!outside || !slot) return [];
    const problem = `the .catchall() of ${name} does not cover its property "${outside.name}", so TypeScript has no interface for it; give .catchall() a union with that type, or use z.looseObject()`;
    return [{ slot, path: slot.path, problem }];
  });
}

function covers(wide: Type, narrow: Type): boolean {
  if (wide.kind === "keyword" && wide.keyword === "unknown") return true;
  if (narrow.kind === "union") return narrow.options.every((option) => covers(wide, option));
  if (wide.kind === "union") return wide.options.some((option) => covers(option, narrow));
  return (
    isSame(wide, narrow) ||
    (wide.kind === "keyword" && narrow.kind === "literal" && wide.keyword === typeof narrow.value)
  );
}
