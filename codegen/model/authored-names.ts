import type { ModuleDescription, SchemaId, SchemaNode } from "../loader/description.js";
import { type NameTable, pascalCase } from "./names.js";
import { partsOf } from "./parts.js";
import { nodeOf } from "./resolve.js";
import type { Slot } from "./slots.js";

export interface AuthoredNamesOptions {
  readonly schemas: readonly SchemaNode[];
  readonly slots: readonly Slot[];
  /** The modules whose exports give names: first the contract, then the modules that it imports. */
  readonly modules: readonly ModuleDescription[];
  /** The names that are already taken. */
  readonly table: NameTable;
}

/** An author's names for a schema, the preferred one first, with a rank for conflicts with other schemas. */
interface Wish {
  readonly id: SchemaId;
  readonly names: readonly string[];
  /** The lowest rank goes first. */
  readonly rank: number;
}

/**
 * Returns the author's names for schemas that are worth one; for a plain string, `string` is clearer. If several schemas have one
 * name, it goes to the one that the contract exports by it, then one that the contract exports by another name, then one that
 * another module exports, then the first by its place. The others get their export name, or a number. The order of members and
 * files does not matter.
 */
export function authoredNames(options: AuthoredNamesOptions): ReadonlyMap<SchemaId, string> {
  const { table } = options;
  const wishes = [...wishesOf(options)].sort((a, b) => a.rank - b.rank);
  const names = new Map<SchemaId, string>();
  const granted = ({ id }: Wish, name: string | undefined): boolean => {
    if (name === undefined || !table.claim(name)) return false;
    names.set(id, name);
    return true;
  };
  const others = wishes.filter((wish) => !granted(wish, wish.names[0]));
  for (const wish of others) {
    const [first = "", second] = wish.names;
    if (!granted(wish, second)) names.set(wish.id, table.claimFree(first));
  }
  return names;
}

function wishesOf({ schemas, slots, modules }: AuthoredNamesOptions): readonly Wish[] {
  const exported = exportNames(modules);
  const byPlace = [...slots].sort((a, b) => (a.path < b.path ? -1 : 1));
  return [...countUses(schemas, byPlace).keys()].flatMap((id): readonly Wish[] => {
    const node = nodeOf(schemas, id);
    const { name: exportName, isOwn = false } = exported.get(id) ?? {};
    const names = [node.meta.id, exportName].flatMap((name) => (name === undefined ? [] : [pascalCase(name)]));
    if (names.length === 0 || !isNameable(node)) return [];
    const rank = exportName === undefined ? 3 : !isOwn ? 2 : names[0] === pascalCase(exportName) ? 0 : 1;
    return [{ id, names, rank }];
  });
}

/** Returns the first export name of each schema, and whether the contract itself exports it. */
function exportNames(
  modules: readonly ModuleDescription[],
): ReadonlyMap<SchemaId, { readonly name: string; readonly isOwn: boolean }> {
  const exported = new Map<SchemaId, { readonly name: string; readonly isOwn: boolean }>();
  for (const [index, module] of modules.entries()) {
    for (const { name, schema } of module.exports) {
      if (!exported.has(schema)) exported.set(schema, { name, isOwn: index === 0 });
    }
  }
  return exported;
}

/** Returns how often slots and other schemas refer to each schema, in the order in which they are found. */
export function countUses(schemas: readonly SchemaNode[], slots: readonly Slot[]): ReadonlyMap<SchemaId, number> {
  const uses = new Map<SchemaId, number>();
  const use = (id: SchemaId): void => {
    const known = uses.get(id) ?? 0;
    uses.set(id, known + 1);
    if (known === 0) for (const { schema } of partsOf(nodeOf(schemas, id), schemas)) use(schema);
  };
  for (const { schema } of slots) use(schema);
  return uses;
}

/** Returns whether a type is worth a name. */
export function isNameable(node: SchemaNode): boolean {
  switch (node.kind) {
    case "object":
    case "array":
    case "tuple":
    case "record":
    case "partialRecord":
    case "union":
    case "intersection":
    case "template":
    case "nullable":
    case "readonly":
    case "brand":
      return true;
    case "literal":
      return node.values.length > 1;
    default:
      return false;
  }
}
